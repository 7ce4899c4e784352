"""Runs commands and says how long they took and how much memory they held; knows nothing of what they do."""

from __future__ import annotations

import math
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path


class Unmeasured(Exception):
    """A command did not do its work, so its time means nothing."""


@dataclass(frozen=True)
class Run:
    """One run: wall clock seconds, peak resident memory in MB, exit code, what it printed (both streams), CPU seconds.

    CPU seconds are those of the process and of all children that it waited for, in user and in kernel mode. `written`
    are the bytes that they handed to `write` and its like (`wchar` of /proc/PID/io): to files, pipes and the terminal,
    not to sockets, and also what a file system keeps in memory. None where the system doesn't count them.
    """

    seconds: float
    peak_mb: float
    code: int
    output: str
    cpu: float = 0.0
    written: int | None = None


@dataclass(frozen=True)
class Median:
    """The medians of several runs."""

    seconds: float
    peak_mb: float
    cpu: float = 0.0


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
        written = _written(process.pid)
        _, status, usage = os.wait4(process.pid, 0)  # its memory too, which subprocess does not tell
        seconds = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        text = output.read().decode("utf-8", "replace")
    if process.returncode not in expect:
        shown = " ".join(map(str, command))
        raise Unmeasured(f"`{shown[:200]}` ended with exit code {process.returncode}:\n{text[-2000:]}")
    unit = 1 if sys.platform == "darwin" else 1024
    cpu = usage.ru_utime + usage.ru_stime
    return Run(seconds, usage.ru_maxrss * unit / 1e6, process.returncode, text, cpu, written)


def _written(pid: int) -> int | None:
    """Waits until the process ends, without taking its exit status: until that is taken, its counts can be read."""
    if sys.platform != "linux":
        return None
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    try:
        counts = Path(f"/proc/{pid}/io").read_text("ascii")
    except OSError:
        return None
    return next(int(line.removeprefix("wchar:")) for line in counts.splitlines() if line.startswith("wchar:"))


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
        name: Median(*(statistics.median(pick(r) for r in each) for pick in (_SECONDS, _PEAK, _CPU)))
        for name, each in runs.items()
    }


_SECONDS, _PEAK, _CPU = attrgetter("seconds"), attrgetter("peak_mb"), attrgetter("cpu")


def in_pairs(old: Callable[[], Run], new: Callable[[], Run], pairs: int) -> list[tuple[Run, Run]]:
    """(old, new) so many times, in the order old, new, new, old and so on; each ran once before, to warm up.

    What else the machine does, it does to both of a pair; and what the first of a pair leaves to the second (a warm
    cache, a busy disk) it leaves to each of the two alike.
    """
    old()
    new()
    found = []
    for turn in range(pairs):
        if turn % 2:
            after = new()
            found.append((old(), after))
        else:
            before = old()
            found.append((before, new()))
    return found


def ratio(pairs: Sequence[tuple[float, float]]) -> float:
    """The median of new ÷ old, pair by pair; infinite where an old value is 0."""
    return statistics.median(new / old if old else math.inf for old, new in pairs)
