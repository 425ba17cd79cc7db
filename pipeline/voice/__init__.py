"""How it was said: prosody, breaths, voice quality, laughter."""
