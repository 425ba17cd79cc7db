"""The same person in several meetings, by voice: learnt only when asked, kept here, forgotten when asked.

A voiceprint is biometric data. Nothing in this room runs unless ``rapport voices`` is called.
"""
