"""The stages of a run: each computes, keeps and loads one kind of result.

A stage is named, versioned and keyed by its settings and inputs; `Run.stage` decides whether it has to be
computed. The functions that do the work live in the rooms (`pipeline.media`, `pipeline.speech`, ...) and know
nothing of files and keys.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline import models
from pipeline.errors import MediaError
from pipeline.face.engines import FaceReader
from pipeline.face.seen import Seen
from pipeline.fetching import hash_file
from pipeline.media.clock import Clock
from pipeline.media.decode import TrackSpec, decode_audio
from pipeline.media.probe import Recording, fingerprint
from pipeline.media.sound import Sound
from pipeline.media.sync import SURE, find_offset, independent_channels
from pipeline.progress import Reporter, Speeds
from pipeline.settings import Settings
from pipeline.speech.edges import Span
from pipeline.speech.engines import Activity, Diariser, Encoding, Transcriber, Word
from pipeline.speech.passages import PackedPassage
from pipeline.speech.segmentation import FIRST_EDGE, FRAME_SECONDS, Segmentation, segment
from pipeline.speech.transcribe import Transcript, check_language, recover, transcribe
from pipeline.store import Store, stage_key, write_whole
from pipeline.voice.laughter import WEIGHTS, Encoder, Head, spread, unknown

INDEPENDENT = 0.9
"""How sure it must be that two channels carry one speaker each before that is assumed unasked."""


@dataclass(frozen=True)
class Kept:
    """A stage's result on disk.

    Attributes
    ----------
    folder : Path
        Its files.
    key : str
        What it was computed from.
    version : str
        Version of the stage and its engine.
    """

    folder: Path
    key: str
    version: str = ""


class Run:
    """One meeting on its way through the stages.

    Parameters
    ----------
    store : Store
        Where results are kept.
    settings : Settings
        The configuration.
    reporter : Reporter
        Told what happens.
    speeds : Speeds
        Learns how long stages take.
    """

    def __init__(self, store: Store, settings: Settings, reporter: Reporter, speeds: Speeds) -> None:
        self.store, self.settings, self.reporter, self.speeds = store, settings, reporter, speeds
        self.duration = 0.0
        self.record: list[dict[str, Any]] = []
        self.warnings: list[str] = []

    def stage(
        self,
        name: str,
        version: str,
        settings: Any,
        inputs: Sequence[str],
        compute: Callable[[Path], Sequence[str] | None],
    ) -> Kept:
        """Compute a stage unless its result is there.

        `compute` writes files into a folder and returns what the user should know.
        """
        key = stage_key(name, version, settings, list(inputs))
        begun, folder = time.monotonic(), self.store.find(name, key)
        cached = folder is not None
        if folder is None:
            self.reporter.stage(name)

            def make(target: Path) -> None:
                warnings = list(compute(target) or ())
                (target / "warnings.json").write_text(json.dumps(warnings), encoding="utf-8")

            folder = self.store.make(name, key, make)
            self.speeds.learn(name, time.monotonic() - begun, self.duration)
        seconds = time.monotonic() - begun
        self.reporter.stage_done(name, seconds, cached)
        self.record.append(
            {
                "stage": name,
                "version": version,
                "key": key,
                "seconds": round(seconds, 3),
                "cached": cached,
                "peak_memory_mb": peak_memory(),
            }
        )
        for warning in json.loads((folder / "warnings.json").read_text(encoding="utf-8")):
            self.warn(warning)
        return Kept(folder, key, version)

    def warn(self, text: str) -> None:
        """Tell the user once, and note it for the manifest."""
        if text not in self.warnings:
            self.warnings.append(text)
            self.reporter.warning(text)

    def fingerprint(self, path: Path) -> str:
        """Hash of a file's content, remembered while its size and date stay the same."""
        notes = self.store.root / "fingerprints.json"
        known: dict[str, str] = json.loads(notes.read_text()) if notes.is_file() else {}
        about = path.stat()
        name = f"{path.resolve()} {about.st_size} {about.st_mtime_ns}"
        if name not in known:
            known[name] = fingerprint(path)
            write_whole(notes, json.dumps(known))
        return known[name]


def peak_memory() -> int | None:
    """Most memory that this process has used so far, in MB; None where the system does not tell.

    Linux's own record is read because `getrusage` also counts what the starting process had used.
    """
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii")
    except OSError:
        return None
    return round(int(status.split("VmHWM:")[1].split()[0]) / 1024)


# ------------------------------------------------------------------------------------------ sound


def track_file(kept: Kept, spec: TrackSpec) -> Path:
    """The decoded track of a stream and channel."""
    return kept.folder / f"stream-{spec.stream}-channel-{spec.channel}.wav"


def decode(run: Run, recording: Recording, specs: Sequence[TrackSpec]) -> Kept:
    """Decode the wanted tracks of one file in one pass."""

    def compute(folder: Path) -> list[str]:
        outputs = {spec: track_file(Kept(folder, ""), spec) for spec in specs}
        tracks = decode_audio(recording.path, outputs, progress=run.reporter.progress)
        return list(dict.fromkeys(problem for track in tracks.values() for problem in track.problems))

    wanted = [asdict(spec) for spec in specs]
    return run.stage("decode", "1", wanted, [run.fingerprint(recording.path)], compute)


def synchronise(run: Run, reference: tuple[Kept, Sound], other: tuple[Kept, Sound], name: str) -> Clock:
    """How another file's time becomes the reference's, found from the common sound."""

    def compute(folder: Path) -> list[str]:
        offset = find_offset(reference[1], other[1])
        clock, warning = offset.clock, f"{name}: {offset.problem}" if offset.problem else ""
        if offset.confidence < SURE:
            clock, warning = Clock(), f"{warning} They are taken to start together."
        found = {"found": asdict(offset), "used": asdict(clock)}
        (folder / "offset.json").write_text(json.dumps(found))
        return [warning] if warning else []

    kept = run.stage("synchronise", "2", None, [reference[0].key, other[0].key], compute)
    return Clock(**json.loads((kept.folder / "offset.json").read_text())["used"])


def separate_channels(run: Run, kept: Kept, specs: Sequence[TrackSpec]) -> bool:
    """Whether the channels of a recording carry one speaker each."""

    def compute(folder: Path) -> None:
        share = independent_channels([Sound.open(track_file(kept, spec)) for spec in specs])
        (folder / "independent.json").write_text(json.dumps(share))

    result = run.stage("compare channels", "1", [asdict(spec) for spec in specs], [kept.key], compute)
    return float(json.loads((result.folder / "independent.json").read_text())) >= INDEPENDENT


# -------------------------------------------------------------------------------------- pictures


def watch_faces(run: Run, reader: FaceReader, recording: Recording, camera: int) -> Seen:
    """Faces followed through one recording and read in every picture, in the recording's time."""
    from pipeline.face.identity import Embedder
    from pipeline.face.watch import watch

    rate, threads = run.settings.face.rate, run.settings.threads

    def compute(folder: Path) -> list[str]:
        seen = watch(
            recording.path,
            reader,
            rate=rate,
            camera=camera,
            threads=threads,
            identifier=Embedder(models.path("dlib-faces", "dlib-faces.onnx")),
            progress=run.reporter.progress,
        )
        seen.save(folder)
        return [f"{recording.path.name}: {problem}" for problem in seen.problems]

    version = f"2-{reader.version}-{models.digest('dlib-faces')}"
    wanted = {"rate": rate, "camera": camera}
    kept = run.stage("watch faces", version, wanted, [run.fingerprint(recording.path)], compute)
    return Seen.load(kept.folder)


# ----------------------------------------------------------------------------------------- speech


def find_activity(run: Run, sound: Sound, key: str) -> tuple[Kept, Segmentation]:
    """Speech activity of a track."""
    from pipeline.networks import keep_open

    def compute(folder: Path) -> None:
        network = models.path("segmentation-3.0", "segmentation-3.0.onnx")
        session = keep_open(network, run.settings.threads)
        segment(sound, session, progress=run.reporter.progress).save(folder / "segmentation.npz")

    kept = run.stage("find speech", f"1-{models.digest('segmentation-3.0')}", None, [key], compute)
    segmentation = Segmentation.load(kept.folder / "segmentation.npz")
    return kept, segmentation


def require_speech(segmentations: Sequence[Segmentation], name: str) -> None:
    """Raise MediaError where nobody speaks in any of the tracks."""
    if all(segmentation.speech.max(initial=0) < 0.5 for segmentation in segmentations):
        raise MediaError(
            f"No speech is heard in {name}; check that it is the right file and that the microphone was on."
        )


def find_words(
    run: Run,
    engine: Transcriber,
    sound: Sound,
    activity: tuple[Kept, Segmentation],
    key: str,
    language: str | None,
) -> tuple[Kept, Transcript]:
    """Words of a track."""
    speech = run.settings.speech
    check_language(engine, language)

    def compute(folder: Path) -> list[str]:
        head = Head.load()
        reads = encoder_for(head, engine) is not None
        curve = unknown(sound.duration)

        def overhear(passage: PackedPassage, states: NDArray[np.floating]) -> None:
            spread(curve, states, passage.pieces, head, silence=passage.silence)

        transcript = transcribe(
            sound,
            activity[1],
            engine,
            language=language,
            prompt=speech.prompt,
            guard=speech.guard,
            progress=run.reporter.progress,
            overhear=overhear if reads else None,
        )
        if reads:
            np.save(overheard_laughter(Kept(folder, "")), curve)
        (folder / "transcript.json").write_text(json.dumps(asdict(transcript)), encoding="utf-8")
        return [transcript.problem] if transcript.problem else []

    wanted = {"language": language, "prompt": speech.prompt, "guard": asdict(speech.guard)}
    kept = run.stage("transcribe", f"1-{engine.version}", wanted, [key, activity[0].key], compute)
    content = json.loads((kept.folder / "transcript.json").read_text(encoding="utf-8"))
    content["words"] = tuple(Word(**word) for word in content["words"])
    return kept, Transcript(**content | {"doubts": tuple(content["doubts"])})


def encoder_for(head: Head, engine: Transcriber) -> Encoder | None:
    """The transcriber's own encoder, if it is the one that the head reads."""
    if isinstance(engine, Encoding) and engine.encoder == head.encoder:
        return engine.encode
    return None


def laughter_head() -> str:
    """Short hash of the head that tells laughter."""
    return hash_file(WEIGHTS)[:12]


def overheard_laughter(words: Kept) -> Path:
    """How probable laughter is where words were looked for; there only if the head reads the transcriber."""
    return words.folder / f"laughter-{laughter_head()}.npy"


def find_short_answers(
    run: Run, engine: Transcriber, sound: Sound, key: str, regions: Sequence[Span], language: str | None
) -> list[Word]:
    """Words in short stretches of speech that the first pass left without any."""

    def compute(folder: Path) -> None:
        words = recover(sound, regions, engine, language=language, progress=run.reporter.progress)
        (folder / "words.json").write_text(json.dumps([asdict(w) for w in words]), encoding="utf-8")

    wanted = {"language": language, "regions": regions}
    kept = run.stage("find short answers", f"1-{engine.version}", wanted, [key], compute)
    return [Word(**word) for word in json.loads((kept.folder / "words.json").read_text(encoding="utf-8"))]


def find_speakers(
    run: Run,
    engine: Diariser,
    sound: Sound,
    activity: tuple[Kept, Segmentation],
    key: str,
    speakers: int | None,
) -> tuple[Kept, Activity]:
    """Who speaks when in a mixed track."""

    def compute(folder: Path) -> list[str]:
        found = engine.diarise(sound, activity[1], speakers=speakers, progress=run.reporter.progress)
        if found.probability.shape[1] == 0:
            speech = activity[1].speech[:, None]
            warning = "The diariser heard nobody; everything is taken for one voice."
            found = Activity(speech, speech >= 0.5, FRAME_SECONDS, FIRST_EDGE, (*found.warnings, warning))
        np.savez(
            folder / "activity.npz",
            probability=found.probability,
            active=found.active,
            step=found.step,
            start=found.start,
        )
        return list(found.warnings)

    kept = run.stage("diarise", f"1-{engine.version}", speakers, [key, activity[0].key], compute)
    with np.load(kept.folder / "activity.npz") as arrays:
        found = Activity(
            arrays["probability"], arrays["active"], float(arrays["step"]), float(arrays["start"])
        )
    return kept, found
