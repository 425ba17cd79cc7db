"""What the tests of faces share: the engine, the network of identities, the sample meeting as it was seen."""

from __future__ import annotations

import pytest

from pipeline import models
from pipeline.errors import ModelError
from pipeline.face.identity import Embedder
from pipeline.face.mediapipe_reader import MediapipeReader
from pipeline.face.seen import Seen
from pipeline.face.watch import watch
from tests.conftest import SAMPLE


@pytest.fixture(scope="session")
def reader() -> MediapipeReader:
    models.ensure(["face_landmarker", "centerface"])
    return MediapipeReader()


@pytest.fixture(scope="session")
def identifier() -> Embedder:
    try:
        models.ensure(["dlib-faces"])
        return Embedder(models.path("dlib-faces", "dlib-faces.onnx"))
    except ModelError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def sample_seen(reader: MediapipeReader) -> Seen:
    """The sample meeting, seen without identities."""
    return watch(SAMPLE, reader, rate=15.0, camera=3)
