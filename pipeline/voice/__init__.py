"""How it was said: laughter, breath, pitch, pace, loudness, voice quality."""
