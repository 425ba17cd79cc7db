"""Watching a recording: one pass over its pictures, in which faces are found, followed and read."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, fields
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.face.engines import MEASURED, FaceLens, FaceReader, Found, Image, Progress
from pipeline.face.follow import CELLS, LIGHT, Follower, Track, changes, collisions, cut_through, thumbnail
from pipeline.face.identity import SAME_PERSON, STRANGER
from pipeline.face.part import Identifier, Part, read_face
from pipeline.face.seen import Seen, TrackSeen, find_problems
from pipeline.face.signals import signal_table
from pipeline.media.pictures import frames
from pipeline.media.probe import probe

WIDEST = 1920
"""Pixels to which wider pictures are shrunk: more tell nothing of a face and would fill the memory."""
LOOK_EVERY = 1.5
"""Seconds between looks for faces in the whole picture."""
LOOK_ALONE = 0.5
"""The same while nobody is there to be read. While all are followed safely, every other look is spared."""
SOONEST = 0.2
"""Seconds after a look before a cut calls for the next: bounds the work on flickering pictures."""
IDENTIFY_EVERY = 5.0
"""Seconds between identity embeddings of a face."""
GOOD_PORTRAIT = 0.3
"""Worth of a portrait from which its identity counts; a worse one only where there is none."""
ROW = ("time", "x", "y", *MEASURED)


@dataclass(slots=True)
class Look:
    """What is noted of a picture; see `pipeline.face.seen.Seen.looks`."""

    time: float
    looked: bool
    found: int
    read: int
    light: float
    detail: float
    lit: bool


@dataclass
class Stretch:
    """Pictures from one look to the next, and what is to be known of them.

    Where a look is spared, `found` is None.
    """

    pictures: list[tuple[float, Image]]
    looks: list[Look]
    found: Future[list[Found]] | None
    changed: NDArray[np.bool_]
    jobs: list[tuple[Track, Future[Part]]] = field(default_factory=list)


@dataclass
class Diary:
    """What is kept of one track."""

    rows: list[NDArray[np.float64]] = field(default_factory=list)
    likeness: float = -1.0
    portrait: Image = field(default_factory=lambda: np.zeros((1, 1, 3), np.uint8))
    identities: list[NDArray[np.float32]] = field(default_factory=list)
    good: bool = False
    identified: float = -np.inf


def watch(
    path: str | Path,
    reader: FaceReader,
    *,
    rate: float = 15.0,
    camera: int = 0,
    threads: int = 2,
    identifier: Identifier | None = None,
    stream: int = 0,
    progress: Progress = lambda share: None,
) -> Seen:
    """Find, follow and read all faces of a recording.

    Parameters
    ----------
    path : str or Path
        The recording.
    reader : FaceReader
        The engine.
    rate : float
        Pictures a second to analyse.
    camera : int
        What `camera` is to be in the tables.
    threads : int
        Faces read at once; decoding has a thread of its own. The result does not depend on it.
    identifier : Identifier, optional
        Without it tracks have no identity, and a face that was lost comes back as somebody else.
    stream : int
        Index among the picture streams.
    progress : callable
        Told the share that is done.

    Raises
    ------
    MediaError
        The recording cannot be read or has no such picture stream.
    """
    import cv2

    cv2.setNumThreads(1)  # faces are read side by side; OpenCV's own threads cost more than they bring
    recording = probe(path)
    wide = [video.width for video in recording.video]
    width = WIDEST if stream < len(wide) and wide[stream] > WIDEST else None
    scale = wide[stream] / WIDEST if width else 1.0
    pool = ThreadPoolExecutor(threads, thread_name_prefix="faces")
    watcher = Watcher(reader, identifier, pool, camera, scale)
    try:
        before: Stretch | None = None
        pictures = frames(path, rate=rate, stream=stream, width=width, threads=1)
        for stretch in watcher.stretches(pictures):
            if before is not None:
                watcher.collect(before)  # the pool read it while this stretch was decoded
            watcher.start(stretch)
            progress(min(1.0, stretch.looks[0].time / max(recording.duration, 1e-6)))
            before = stretch
        if before is not None:
            watcher.collect(before)
    finally:
        pool.shutdown(cancel_futures=True)
        watcher.close()
    progress(1.0)
    return watcher.seen()


class Watcher:
    """State of one pass: stretches go in at one end, tables come out at the other."""

    def __init__(
        self,
        reader: FaceReader,
        identifier: Identifier | None,
        pool: ThreadPoolExecutor,
        camera: int,
        scale: float,
    ) -> None:
        self._reader, self._identifier, self._pool = reader, identifier, pool
        self._camera, self._scale = camera, scale
        self._follower = Follower()
        self._lenses: list[FaceLens] = []
        self._free: list[FaceLens] = []
        self._diaries: dict[int, Diary] = {}
        self._looks: list[Look] = []
        self._all_found = self._safe = self._spared = False

    def stretches(self, pictures: Iterator[tuple[float, Image]]) -> Iterator[Stretch]:
        """Cut the pictures where it is time to look for faces, because of the clock or because of a cut."""
        stretch: Stretch | None = None
        nothing = np.zeros((CELLS, CELLS), bool)
        before: NDArray[np.float32] | None = None
        due = False
        for time, image in pictures:
            now = thumbnail(image)
            changed = nothing if before is None else changes(before, now)
            light = float(now.mean())
            lit = before is not None and not changed.any() and abs(light - float(before.mean())) > LIGHT
            since = np.inf if stretch is None else time - stretch.pictures[0][0]
            due = due or lit or bool(changed.any())  # a look may fall into a fade, then the next comes soon
            every = SOONEST if due else LOOK_EVERY if self._follower.tracks else LOOK_ALONE
            look = since >= every - 1e-3
            if look:
                if stretch is not None:
                    yield stretch
                self._spared = self._safe and not due and not self._spared
                due = False
                found = None if self._spared else self._pool.submit(self._reader.find, image)
                stretch = Stretch([], [], found, changed)
            assert stretch is not None
            stretch.changed = stretch.changed | changed
            stretch.pictures.append((time, image))
            stretch.looks.append(Look(time, look, -1, 0, light, float(now.std()), lit))
            before = now
        if stretch is not None:
            yield stretch

    def start(self, stretch: Stretch) -> None:
        """Look for faces in the first picture of a stretch and set the pool to reading all that are known."""
        time, image = stretch.pictures[0]
        height, width = image.shape[:2]
        for track in self._follower.tracks:
            track.suspect = cut_through(track.box, stretch.changed, width, height)
        if self._identifier is None:  # nobody can say whether it is still the same face
            self._end({track.number for track in self._follower.tracks if track.suspect})
        if stretch.found is None and not self._safe:  # somebody was lost since the look was spared
            stretch.found = self._pool.submit(self._reader.find, image)
        stretch.looks[0].looked = stretch.found is not None
        if stretch.found is not None:
            self._look(stretch.found.result(), stretch.looks[0])
        for track in self._follower.tracks:
            fresh = track.lens is None
            if fresh and not self._free:
                self._lenses.append(self._reader.lens())
                self._free.append(self._lenses[-1])
            if fresh:
                track.lens = self._free.pop()
            diary = self._diaries.setdefault(track.number, Diary())
            due = time - diary.identified >= IDENTIFY_EVERY or not diary.good or track.suspect
            identifier = self._identifier if due else None
            likeness = -1.0 if track.suspect else diary.likeness  # it may be the first of somebody else
            job = self._pool.submit(read_face, track, fresh, stretch.pictures, likeness, identifier)
            stretch.jobs.append((track, job))

    def _look(self, found: list[Found], look: Look) -> None:
        """Bring the tracks together with the faces that were found."""
        _, ended = self._follower.look(found, look.time)
        self._release(ended)
        look.found = len(found)
        self._all_found = len(found) == len(self._follower.tracks) and not any(
            track.missed for track in self._follower.tracks
        )

    def collect(self, stretch: Stretch) -> None:
        """Wait for what the pool reads, in the order of the tracks, and write it down."""
        parts = {track.number: (track, job.result()) for track, job in stretch.jobs}
        met = collisions({number: part.readings for number, (_, part) in parts.items()})
        for number in met:  # who of the two it was cannot be told
            parts[number][1].identity = parts[number][1].portrait = None
        height, width = stretch.pictures[0][1].shape[:2]
        self._looks += stretch.looks
        for number, (track, part) in parts.items():
            rows = []
            for look, reading in zip(stretch.looks, part.readings[: met.get(number)], strict=False):
                if reading is None:
                    continue
                x, y = reading.box.centre
                rows.append((look.time, x / width, y / height, *reading.values))
                track.box, track.time = reading.box, look.time
                look.read += 1
            if rows and self._is_stranger(self._diaries[number], track, part):
                self._follower.renumber(track)
                self._diaries[track.number] = Diary()
            self._note(self._diaries[track.number], track, rows, part)
        self._end({parts[number][0].number for number in met})
        read = [part.readings[-1] is not None for _, part in parts.values()]
        self._safe = self._all_found and not met and bool(read) and all(read)

    def _is_stranger(self, diary: Diary, track: Track, part: Part) -> bool:
        """Whether a followed face is somebody else's than before: a cut to a face at the same place, say."""
        if part.identity is None or part.worth < GOOD_PORTRAIT or not diary.good:
            return track.suspect and bool(diary.rows)
        known = np.mean(diary.identities, axis=0)
        limit = SAME_PERSON if track.suspect else STRANGER
        return float(np.linalg.norm(part.identity - known)) > limit

    def _note(self, diary: Diary, track: Track, rows: list[tuple[float, ...]], part: Part) -> None:
        """Add what was read of a face to what is kept of it."""
        if not rows:
            return
        table = np.array(rows)
        table[:, ROW.index("size")] *= self._scale
        table[:, ROW.index("quality")] *= track.score
        diary.rows.append(table)
        good = part.worth >= GOOD_PORTRAIT
        if part.identity is not None and (good or not diary.good):
            if good and not diary.good:
                diary.identities.clear()  # those of poor portraits were better than nothing
            diary.identities.append(part.identity)
            diary.good, diary.identified = good, rows[0][0]
        if part.portrait is not None and part.likeness > diary.likeness:
            diary.portrait, diary.likeness = part.portrait, part.likeness

    def _end(self, numbers: set[int]) -> None:
        self._release(self._follower.end(numbers))

    def _release(self, ended: list[Track]) -> None:
        self._free += [track.lens for track in ended if track.lens is not None]

    def close(self) -> None:
        """Give back all lenses."""
        for lens in self._lenses:
            lens.close()

    def seen(self) -> Seen:
        """Make tables of what was written down."""
        import pandas as pd

        read = {number: diary for number, diary in sorted(self._diaries.items()) if diary.rows}
        tables = [
            pd.DataFrame(np.concatenate(diary.rows), columns=[*ROW]).assign(camera=self._camera, track=number)
            for number, diary in read.items()
        ]
        signals = signal_table(pd.concat(tables) if tables else [])
        columns = [entry.name for entry in fields(Look)]
        looks = pd.DataFrame({name: [getattr(look, name) for look in self._looks] for name in columns})
        tracks = tuple(self._track(number, diary) for number, diary in read.items())
        return Seen(signals, tracks, looks, find_problems(signals, looks))

    def _track(self, number: int, diary: Diary) -> TrackSeen:
        table = np.concatenate(diary.rows)
        identities = diary.identities or [np.zeros(0, np.float32)]
        return TrackSeen(
            camera=self._camera,
            track=number,
            first=float(table[0, 0]),
            last=float(table[-1, 0]),
            frames=len(table),
            size=float(np.median(table[:, ROW.index("size")])),
            thumbnail=diary.portrait,
            identity=np.mean(identities, axis=0).astype(np.float32),
        )
