"""A meeting in one file for a participant: what was noted of it, to read, to hear and to answer."""
