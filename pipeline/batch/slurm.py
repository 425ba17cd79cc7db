"""Jobs of SLURM as workers, through dask-jobqueue."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pipeline.errors import SettingsError
from pipeline.settings import first_fault, read_yaml

if TYPE_CHECKING:
    from dask_jobqueue import SLURMCluster

QUIET = 60.0
"""Seconds without a job that works after which that is said."""


class SlurmSettings(BaseModel):
    """What a batch asks of SLURM. Other keys go to `dask_jobqueue.SLURMCluster` as they are."""

    model_config = ConfigDict(extra="allow", frozen=True)

    jobs: int = Field(default=1, ge=1)
    """How many jobs at once; each works on one meeting at a time."""
    cores: int = Field(default=2, ge=1)
    """Cores of a job, all for its meeting."""
    memory: str = "4GB"
    resources: dict[str, float] = Field(default_factory=dict)
    """What workers offer, such as ``GPU: 1``."""


def read_slurm(path: Path) -> SlurmSettings:
    """Read what a batch asks of SLURM.

    Raises
    ------
    SettingsError
        Where the file is missing or wrong.
    """
    try:
        return SlurmSettings.model_validate(read_yaml(path, "configuration of SLURM"))
    except ValidationError as error:
        raise SettingsError(f"In the configuration of SLURM {path}, {first_fault(error)}.") from error


def cluster_of(wanted: SlurmSettings, needed: Mapping[str, float], out: Path) -> SLURMCluster:
    """A cluster without jobs yet.

    Parameters
    ----------
    wanted : SlurmSettings
    needed : mapping
        Resources that a meeting asks of its worker.
    out : Path
        A folder that all nodes share, for the keys by which scheduler and workers trust each other.

    Raises
    ------
    SettingsError
        Where this machine has no SLURM, the extra is missing, or a key or resource is wrong.
    """
    if shutil.which("sbatch") is None:
        raise SettingsError("There is no sbatch on this machine; run this where SLURM's commands are.")
    try:
        from dask_jobqueue import SLURMCluster
    except ImportError as error:
        raise SettingsError(
            "--slurm needs dask-jobqueue; install it with: pip install 'rapport-pipeline[batch]'."
        ) from error
    if lacking := [name for name in needed if not wanted.resources.get(name)]:
        raise SettingsError(
            f"The configuration wants a {lacking[0]}; write `resources: {{{lacking[0]}: 1}}` into the "
            "configuration of SLURM, and ask SLURM for one in job_extra_directives."
        )
    extra = dict(wanted.model_extra or {})
    arguments = [*extra.pop("worker_extra_args", []), "--no-dashboard", "--memory-limit", "0"]
    if wanted.resources:
        arguments += ["--resources", ",".join(f"{name}={n:g}" for name, n in wanted.resources.items())]
    options: dict[str, Any] = {"shared_temp_directory": str(out.resolve()), "security": True, **extra}
    options["scheduler_options"] = {"dashboard_address": "127.0.0.1:0", **extra.get("scheduler_options", {})}
    try:
        return SLURMCluster(
            **options,
            cores=1,  # Dask's word for meetings at once
            processes=1,
            job_cls=_telling_job(),
            job_cpu=wanted.cores,
            memory=wanted.memory,
            worker_extra_args=arguments,
        )
    except (ValueError, TypeError) as error:
        said = str(error).partition("\n")[0].partition(". Very likely")[0]
        raise SettingsError(f"The configuration of SLURM is not understood: {said}.") from error


def news_of(cluster: SLURMCluster, clock: Callable[[], float] = time.monotonic) -> Callable[[], str]:
    """Watch over the jobs, of which Dask itself tells nothing.

    Parameters
    ----------
    cluster : SLURMCluster
    clock : callable
        Tells seconds.

    Returns
    -------
    callable
        Gives a sentence where no job has worked for a minute, once, else nothing. It raises SettingsError
        where SLURM took none of the jobs.
    """
    since, told = clock(), False

    def news() -> str:
        nonlocal since, told
        jobs = list(cluster.workers.values())
        if jobs and all(job.refused for job in jobs):
            raise SettingsError(
                f"SLURM refuses the jobs ({jobs[0].refused}); mend the configuration of SLURM."
            )
        if cluster.scheduler_info["workers"]:
            since, told = clock(), False
        if told or clock() - since < QUIET:
            return ""
        told = True
        return "No job of SLURM is at work; squeue and the jobs' logs tell why. Waiting for one."

    return news


def _telling_job() -> type[Any]:
    """Dask's job of SLURM, which also keeps what SLURM said when it refused it."""
    from dask_jobqueue.slurm import SLURMJob
    from distributed.core import Status

    class TellingJob(SLURMJob):  # type: ignore[misc]
        refused = ""

        async def _submit_job(self, script_filename: str) -> Any:
            try:
                return await super()._submit_job(script_filename)
            except RuntimeError as error:
                said = str(error).partition("stderr:")[2].split("\n")
                self.refused = next(
                    (line.removeprefix("sbatch: error: ") for line in said if line.strip()), "without a word"
                )
                self.status = Status.failed  # as a cluster that closes wants it
                raise

    return TellingJob
