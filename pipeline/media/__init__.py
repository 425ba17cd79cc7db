"""Recordings in: what is in a file, its sound and its pictures with exact times."""
