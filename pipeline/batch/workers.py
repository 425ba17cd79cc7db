"""Who does the work: processes of this machine, a running scheduler's workers, jobs of SLURM; all Dask's."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.errors import SettingsError
from pipeline.settings import Settings

if TYPE_CHECKING:
    from distributed import Client

MEMORY = 2 * 1024**3
"""Bytes that a worker is reckoned with: about 1.5 GB for the embedded configuration, and some room."""
PATIENCE = 30.0
"""Seconds in which a scheduler must answer."""
GPU = "GPU"
"""The resource of workers that configurations with a graphics card ask for."""
SILENT = logging.CRITICAL + 1
"""Above every level of Dask's messages: the batch says itself what went wrong."""


@dataclass(frozen=True)
class Crew:
    """The workers of a batch.

    Attributes
    ----------
    client : Client
        Through which they are asked.
    threads : int
        Processor cores that a meeting may use.
    said : str
        Who they are, for the user.
    news : callable
        Gives a sentence for the user where there is something to say of them, and raises SettingsError where
        there will be none.
    """

    client: Client
    threads: int
    said: str
    news: Callable[[], str] = str


def require_dask() -> None:
    """Raise SettingsError where the extra is missing; keep Dask's own messages away from the user."""
    try:
        import cryptography  # noqa: F401
        import distributed  # noqa: F401
    except ImportError as error:
        raise SettingsError(
            "rapport batch needs Dask; install it with: pip install 'rapport-pipeline[batch]'."
        ) from error
    for name in ("distributed", "distributed.client", "asyncio", "tornado", "tornado.application"):
        logging.getLogger(name).setLevel(SILENT)


def resources(settings: Settings) -> dict[str, float]:
    """What a meeting needs of a worker: a GPU where an engine is configured to use one."""
    engines = (
        settings.speech.transcriber,
        settings.speech.diariser,
        settings.voice.pitch,
        settings.face.reader,
    )
    wanted = any(str(engine.options.get("device", "")).startswith("cuda") for engine in engines)
    return {GPU: 1} if wanted else {}


def default_workers() -> int:
    """A worker for each core, as far as there is memory for it."""
    from dask.system import CPU_COUNT
    from distributed.system import MEMORY_LIMIT

    return max(1, min(CPU_COUNT, MEMORY_LIMIT // MEMORY))


@contextmanager
def local(count: int, settings: Settings) -> Iterator[Crew]:
    """Processes of this machine, which nobody else can reach.

    The cores are shared among them. They listen to this machine only and trust only who has the key, which
    is made for this batch and is never written. No dashboard is opened, and Dask does not guard
    their memory: to end a process that nears its share would only begin its meeting anew.
    """
    import dask
    from dask.system import CPU_COUNT
    from distributed import Client, LocalCluster

    threads = max(1, CPU_COUNT // count)
    environment = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS"), threads)
    configuration = {
        **_configuration(),
        "distributed.nanny.pre-spawn-environ": {
            **environment,
            "OPENBLAS_NUM_THREADS": 1,  # of another number results are others
            "MALLOC_TRIM_THRESHOLD_": 65536,
        },
    }
    with dask.config.set(configuration):
        cluster = LocalCluster(
            n_workers=count,
            threads_per_worker=1,
            processes=True,
            host="127.0.0.1",
            security=True,
            dashboard_address="127.0.0.1:0",
            memory_limit=None,
            resources=resources(settings),
            silence_logs=SILENT,
        )
        with cluster, Client(cluster, set_as_default=False) as client:
            client.register_plugin(_deaf_to_interrupts())
            yield Crew(client, threads, f"{_counted(count, 'worker')} with {_counted(threads, 'core')} each")


@contextmanager
def scheduler(address: str, settings: Settings, patience: float = PATIENCE) -> Iterator[Crew]:
    """The workers of a scheduler that runs already, given by its address or the JSON file that it wrote."""
    import dask
    from distributed import Client

    where = {"scheduler_file": address} if Path(address).is_file() else {"address": address}
    with dask.config.set(_configuration()):
        try:
            client = Client(**where, timeout=patience, set_as_default=False)
        except (OSError, ValueError, ImportError) as error:
            raise SettingsError(
                f"No scheduler answers at {address} ({_first_line(error)}); start one with: dask scheduler."
            ) from error
        with client:
            workers = client.scheduler_info()["workers"].values()
            _require(address, list(workers), resources(settings))
            said = f"{_counted(len(workers), 'worker')} of {address}"
            yield Crew(client, settings.threads, said)


def _require(address: str, workers: list[Mapping[str, Any]], wanted: Mapping[str, float]) -> None:
    """Raise SettingsError where no worker could ever do the work."""
    if not workers:
        raise SettingsError(
            f"The scheduler {address} has no workers; start some: dask worker {address} --nthreads 1."
        )
    for name in wanted:
        if not any(worker.get("resources", {}).get(name) for worker in workers):
            raise SettingsError(
                f"The configuration wants a {name}, but no worker of {address} offers one; start workers "
                f"with: dask worker {address} --nthreads 1 --resources {name}=1."
            )


@contextmanager
def slurm(path: Path, settings: Settings, meetings: int, out: Path) -> Iterator[Crew]:
    """Jobs of SLURM, each a worker, which end with the batch; their keys are in the outputs for so long."""
    import dask
    from distributed import Client

    from pipeline.batch.slurm import cluster_of, news_of, read_slurm

    wanted = read_slurm(path)
    jobs = min(wanted.jobs, meetings)
    with dask.config.set(_configuration()):
        cluster = cluster_of(wanted, resources(settings), out)
        with cluster, Client(cluster, set_as_default=False) as client:
            cluster.adapt(minimum_jobs=jobs, maximum_jobs=jobs)  # a job whose time is over gets a successor
            yield Crew(client, wanted.cores, f"{_counted(jobs, 'job')} of SLURM", news_of(cluster))


def _configuration() -> dict[str, Any]:
    """Dask's settings for tasks that take minutes to hours and hold the processor for long."""
    return {
        "distributed.scheduler.worker-ttl": "30 minutes",
        "distributed.scheduler.worker-saturation": 1.0,  # no meeting waits for one worker while another idles
        "distributed.comm.timeouts.tcp": "120 s",
        "distributed.scheduler.http.routes": [],  # nothing is told over HTTP
        "distributed.worker.http.routes": [],
    }


def _deaf_to_interrupts() -> Any:
    """Keep Ctrl-C, which a terminal sends to all processes, from ending workers: the batch answers it."""
    import signal

    from distributed import WorkerPlugin

    class DeafToInterrupts(WorkerPlugin):  # type: ignore[misc]
        def setup(self, worker: Any) -> None:
            signal.signal(signal.SIGINT, signal.SIG_IGN)

    return DeafToInterrupts()


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _first_line(error: BaseException) -> str:
    return str(error).strip().partition("\n")[0] or type(error).__name__
