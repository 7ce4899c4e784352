"""Runs commands and says how long they took and how much memory they held; knows nothing of what they do."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


class Unmeasured(Exception):
    """A command did not do its work, so its time means nothing."""


@dataclass(frozen=True)
class Run:
    """One run: wall clock seconds, peak resident memory in MB, exit code and what it printed (both streams)."""

    seconds: float
    peak_mb: float
    code: int
    output: str


@dataclass(frozen=True)
class Median:
    """The medians of several runs."""

    seconds: float
    peak_mb: float


def environment(**ours: str) -> dict[str, str]:
    """This process's environment for every contestant alike, with `ours` added.

    Without anybody's own tokens and settings, and without `PYTHON*`: PYTHONDONTWRITEBYTECODE would have one of them
    compile its sources at every start.
    """
    strange = ("SYNCER_", "EPILOT_", "PYTHON", "TF_")
    return {name: value for name, value in os.environ.items() if not name.startswith(strange)} | ours


def run(
    command: Sequence[object], cwd: Path, environ: Mapping[str, str] | None = None, expect: Sequence[int] = (0,)
) -> Run:
    """Run a command to its end; `Unmeasured` with the end of its output where the exit code is not an expected one."""
    with tempfile.TemporaryFile() as output:
        began = time.perf_counter()
        process = subprocess.Popen(
            list(map(str, command)),
            cwd=cwd,
            env=environment() if environ is None else environ,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        _, status, usage = os.wait4(process.pid, 0)  # its memory too, which subprocess does not tell
        seconds = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        text = output.read().decode("utf-8", "replace")
    if process.returncode not in expect:
        shown = " ".join(map(str, command))
        raise Unmeasured(f"`{shown[:200]}` ended with exit code {process.returncode}:\n{text[-2000:]}")
    unit = 1 if sys.platform == "darwin" else 1024
    return Run(seconds, usage.ru_maxrss * unit / 1e6, process.returncode, text)


def side_by_side(contestants: Mapping[str, Callable[[], Run]], rounds: int) -> dict[str, Median]:
    """Each contestant once to warm up, then `rounds` times in turns, each round beginning with another."""
    names = list(contestants)
    for name in names:
        contestants[name]()
    runs: dict[str, list[Run]] = {name: [] for name in names}
    for turn in range(rounds):
        first = turn % len(names)
        for name in names[first:] + names[:first]:
            runs[name].append(contestants[name]())
    return {
        name: Median(statistics.median(r.seconds for r in each), statistics.median(r.peak_mb for r in each))
        for name, each in runs.items()
    }
