"""How far two codings of the same meeting agree: coder and coder, or coder and machine."""
