"""Work in processes of their own, so that it takes no time from corrections and answers."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import lru_cache
from multiprocessing.connection import wait
from typing import Any, TypeVar

Answer = TypeVar("Answer")
MOST = 2
"""Processes: one codes, and one writes the draft that somebody waits for."""


def apart(work: Callable[..., Answer], *given: Any) -> Answer:
    """What a function of a module answers in another process; its exceptions are raised here.

    Raises
    ------
    BrokenProcessPool
        Where that process ended twice before it answered, as for want of memory.
    """
    try:
        return _processes().submit(work, *given).result()
    except BrokenProcessPool:
        _processes.cache_clear()
        return _processes().submit(work, *given).result()


@lru_cache(maxsize=1)
def _processes() -> ProcessPoolExecutor:
    """The processes, each begun when it is needed; this one's threads and locks are no part of them."""
    return ProcessPoolExecutor(MOST, multiprocessing.get_context("spawn"), _begin)


def _begin() -> None:
    """Give way to the server, and end with it, however it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the server's
    if hasattr(os, "nice"):
        os.nice(5)
    if parent := multiprocessing.parent_process():
        threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()


def _end_with(sentinel: Any) -> None:
    wait([sentinel])
    os._exit(0)
