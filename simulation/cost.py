"""What it costs to remember: fsyncs for each writing call, and how much slower an apply is for them (N22 of
docs/reliability.md#the-table).

Real files on the disk of this machine, real workers; only the platform's latency is made up.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import httpx

from simulation.manifests import Make
from simulation.world import QuickDisk, World
from syncer.fs.disk import RealDisk

MOST_FSYNCS = 2
"""Of the journal, for each writing call."""
MOST_SLOWER = 5.0
"""Per cent."""
LATENCY = 0.1
"""Seconds that a request takes: less than the platform's replies, so that the disk weighs more than it would."""
WORKERS = 8


class CountingDisk(RealDisk):
    """The real disk; counts the fsyncs of each sort of file and takes their time."""

    def __init__(self) -> None:
        self.counted: Counter[str] = Counter()
        self.took: list[float] = []
        self._sorts: dict[int, str] = {}
        self._lock = threading.Lock()

    def create(self, path: Path, mode: int | None) -> int:
        """As `RealDisk`."""
        handle = super().create(path, mode)
        self._sorts[handle] = _sort(path)
        return handle

    def append(self, path: Path, mode: int) -> int:
        """As `RealDisk`."""
        handle = super().append(path, mode)
        self._sorts[handle] = _sort(path)
        return handle

    def fsync(self, handle: int) -> None:
        """Counted and timed."""
        began = time.perf_counter()
        super().fsync(handle)
        with self._lock:
            self.took.append(time.perf_counter() - began)
            self.counted[self._sorts.get(handle, "other")] += 1

    def fsync_dir(self, folder: Path) -> None:
        """Counted; a folder that is synced belongs to the file that was just put there."""
        super().fsync_dir(folder)
        with self._lock:
            self.counted["folders"] += 1


def _sort(path: Path) -> str:
    return "journal" if ".journal" in path.name else "kept for an undo" if "runs" in path.parts else "state"


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one apply; times in seconds."""

    writes: int
    by_file: Counter[str]
    one: float
    tries: int
    slower: float
    """Per cent, by the quickest of several applies with fsync and without, in turn."""
    latency: float

    @property
    def journal_syncs(self) -> int:
        """Those that a writing call waits for."""
        return self.by_file["journal"]


def measured(changes: int, rounds: int = 5, latency: float = LATENCY) -> Cost:
    """Applies of so many changes, with the real disk and with one that does not wait for the medium, in turn."""
    real, quick = [], []
    disk, writes = CountingDisk(), 0
    for _ in range(rounds):
        disk = CountingDisk()
        writes, seconds = _apply(disk, changes, latency)
        real.append(seconds)
        quick.append(_apply(QuickDisk(), changes, latency)[1])
    slower = 100 * (min(real) / min(quick) - 1)  # what else the machine does only ever makes one slower
    return Cost(writes, disk.counted, statistics.median(disk.took), len(disk.took), slower, latency)


def _apply(disk: RealDisk, changes: int, latency: float) -> tuple[int, float]:
    """(writing calls, seconds) of an apply that creates reasons, and flows with two steps each."""
    with tempfile.TemporaryDirectory(prefix="syncer-cost-", dir=_scratch()) as folder:
        world = World(Path(folder), disk=disk)
        flows = changes // 4
        world.put(*[Make.reason(f"r{each:04}") for each in range(changes - flows)])
        world.put(*[Make.flow(f"f{each:04}", enabled=True) for each in range(flows)])

        def wait(request: httpx.Request) -> None:
            time.sleep(latency)

        world.wire.before = wait
        began = time.perf_counter()
        run = world.apply(workers=WORKERS)
        seconds = time.perf_counter() - began
        world.close()
    assert run.code == 0, run.problems
    return len(run.calls), seconds


def _scratch() -> Path:
    """A folder on the disk that the repository is on: /tmp may be memory, which has nothing to wait for."""
    place = Path(__file__).parents[1] / ".bench"
    os.makedirs(place, exist_ok=True)
    return place
