"""The built-in diariser: segmentation-3.0 and CAM++ on onnxruntime, no torch, no account."""

from __future__ import annotations

import numpy as np

from pipeline import models
from pipeline.media.sound import Sound
from pipeline.networks import keep_open
from pipeline.speech.clustering import ClusterSettings, find_voices
from pipeline.speech.decoding import DecodeSettings, decode
from pipeline.speech.engines import Activity, Progress
from pipeline.speech.segmentation import FIRST_EDGE, FRAME_SECONDS, Segmentation
from pipeline.speech.voiceprints import StretchSettings, voiceprints


class EmbeddedDiariser:
    """Tells voices apart by their voiceprints and local segmentation.

    Parameters
    ----------
    threads : int
        Processor cores to use.
    """

    def __init__(self, *, threads: int = 2) -> None:
        self.threads = threads
        self.version = f"embedded-1-{models.digest('campplus')}"

    def diarise(
        self, sound: Sound, segmentation: Segmentation, *, speakers: int | None, progress: Progress
    ) -> Activity:
        """Who speaks when; see `pipeline.speech.engines.Diariser`."""
        session = keep_open(models.path("campplus", "campplus.onnx"), self.threads)
        prints = voiceprints(sound, segmentation, session, StretchSettings(), progress=progress)
        if len(prints.vectors) == 0:  # too little speech for a voiceprint: one voice, if any
            speech = segmentation.speech[:, None]
            return Activity(speech, speech >= 0.5, FRAME_SECONDS, FIRST_EDGE)
        centroids = find_voices(prints.vectors, ClusterSettings(), speakers=speakers)
        probability, active = decode(prints, centroids, segmentation, DecodeSettings())
        heard = np.flatnonzero(active.any(axis=0))
        first = active[:, heard].argmax(axis=0)
        order = heard[np.argsort(first, kind="stable")]
        warnings: tuple[str, ...] = ()
        if speakers is not None and len(order) != speakers:
            warnings = (
                f"{speakers} speakers were given but {len(order)} voices are heard; "
                "check who is who, and run again without --speakers if the result looks wrong.",
            )
        return Activity(probability[:, order], active[:, order], FRAME_SECONDS, FIRST_EDGE, warnings)
