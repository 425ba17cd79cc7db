"""Recorded sales meetings: transcribed, diarised, coded and scored for rapport, on your own machine.

The folders tell the order in which a meeting flows::

    media -> speech, voice, face -> people -> timeline -> rapport -> exports, review, corpus

Importing this package is cheap: every heavy library is imported inside the function that needs it.
"""

import os

__version__ = "0.1.0"

# onnxruntime's published builds report their use to Microsoft unless told not to before they are loaded.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"

# The number of threads changes the last digit of what NumPy's BLAS multiplies, and so, after a recogniser of
# 8 bits, a word's time by 20 ms. One thread makes results the same on every number of cores, in any process.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
