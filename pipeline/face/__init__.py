"""What faces did: find and follow them, read their signals, turn these into nods, shakes, smiles and gaze."""
