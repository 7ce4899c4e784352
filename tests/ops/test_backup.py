"""What waits for the disk in an apply (N22 of docs/reliability.md#the-table), and what a run's file says after the
power went."""

from __future__ import annotations

import threading
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from simulation.manifests import Make
from syncer.fs.disk import RealDisk


class Counting(RealDisk):
    """How often each sort of file was synced."""

    def __init__(self) -> None:
        self.counted: Counter[str] = Counter()
        self._sorts: dict[int, str] = {}
        self._lock = threading.Lock()

    def create(self, path: Path, mode: int | None) -> int:
        handle = super().create(path, mode)
        self._sorts[handle] = "run" if "runs" in path.parts else "state"
        return handle

    def append(self, path: Path, mode: int) -> int:
        handle = super().append(path, mode)
        self._sorts[handle] = "journal"
        return handle

    def fsync(self, handle: int) -> None:
        super().fsync(handle)
        with self._lock:
            self.counted[self._sorts[handle]] += 1


REASONS = 10


def test_a_writing_call_waits_for_the_disk_twice_at_most(make_world: Any, make: Make) -> None:
    """A create for its intent and its outcome, an update for what it overwrites and for what the state is to say; a
    run's file also begins and ends, and the journal begins."""
    world = make_world()
    names = [f"r{number}" for number in range(REASONS)]
    found = []
    for status in ("ACTIVE", "INACTIVE"):
        world.put(*[make.reason(name, status=status) for name in names])
        world.disk = Counting()
        done = world.apply()
        assert (done.code, len(done.calls)) == (0, REASONS)
        found.append((world.disk.counted["journal"], world.disk.counted["run"]))
    assert found == [(2 * REASONS + 1, 2), (REASONS + 1, REASONS + 2)]


class Dying(RealDisk):
    """The process dies before it keeps how the first change ended."""

    def __init__(self, crash: type[BaseException]) -> None:
        self.crash = crash

    def write(self, handle: int, data: bytes) -> None:
        if b'{"result"' in data:
            raise self.crash
        super().write(handle, data)


def test_what_the_power_took_from_a_run_is_there_again(make_world: Any, make: Make, crash: type[BaseException]) -> None:
    """The record of a create was not waited for: the journal gives it back."""
    world = make_world()
    world.put(make.reason("won"))
    quick, world.disk = world.disk, Dying(crash)
    with pytest.raises(crash):
        world.apply()
    (path,) = world.runs.folder.iterdir()
    path.write_bytes(path.read_bytes().partition(b"\n")[0] + b"\n")
    world.disk = quick
    assert world.apply().code == 0
    (first,) = [run for run in world.runs.list()[0] if run.path == path]
    (kept,) = first.changes
    assert (kept.address, kept.before["action"], kept.result["outcome"]) == ("ClosingReason/won", "create", "done")
    assert [kept.result["live_id"]] == [entry.live_id for entry in world.state().entries.values()]
