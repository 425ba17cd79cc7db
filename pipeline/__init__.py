"""Recorded sales meetings: transcribed, diarised, coded and scored for rapport, on your own machine.

The folders tell the order in which a meeting flows::

    media -> speech, voice, face -> people -> timeline -> rapport -> exports, review, corpus

Importing this package is cheap: every heavy library is imported inside the function that needs it.
"""

__version__ = "0.1.0"
