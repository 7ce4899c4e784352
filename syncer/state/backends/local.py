"""State in a file beside syncer.yaml: one run at a time on this machine."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from syncer.fs.disk import DISK, Disk
from syncer.model.diagnostic import InvalidInput, Problem, Refused
from syncer.state.backends.backend import NOTHING, BlobChanged, Version, lift_by
from syncer.state.state_file import read, write

if TYPE_CHECKING:
    from syncer.state.lock import Holder, Lock


@dataclass(frozen=True, slots=True)
class FileBlob:
    """The state file; its version is its place on the disk, its size and its time."""

    path: Path
    disk: Disk = DISK

    def get(self) -> tuple[bytes, Version]:
        """As `Body`; InvalidInput for a link, FIFO or folder in its place."""
        before = self._stamp()
        raw = read(self.path, self.disk)
        return NOTHING if raw is None else (raw, before)

    def put(self, text: bytes, seen: Version) -> Version:
        """As `Body`; NotDurable where the disk fails."""
        if self._stamp() != (seen or _ABSENT):
            raise BlobChanged
        write(self.path, text, self.disk)
        return self._stamp()

    def set_aside(self) -> str:
        """As `Body`: renamed to `NAME.json.damaged`."""
        aside = self.path.with_suffix(".json.damaged")
        with contextlib.suppress(FileNotFoundError):
            self.disk.replace(self.path, aside)
        return aside.name

    def beside(self) -> list[tuple[str, bytes]]:
        """As `Body`; a link, FIFO or folder among them is passed over."""
        found = []
        for path in sorted(self.path.parent.glob("*.json")):
            with contextlib.suppress(InvalidInput):
                if path != self.path:
                    found.append((path.stem, read(path, self.disk) or b""))
        return found

    def _stamp(self) -> tuple[int, int, int]:
        """Of what is there; a disk that is only imitated has the same stamp always."""
        try:
            found = os.lstat(self.path)
        except OSError:
            return _ABSENT
        return (found.st_ino, found.st_size, found.st_mtime_ns)


_ABSENT = (0, 0, 0)


@dataclass(slots=True)
class FileLock:
    """The lock file beside the state, and the system's own lock on it. A dead run's is taken over with a note."""

    path: Path
    environment: str
    _lock: Lock | None = field(default=None, init=False)

    def take(self, me: Holder) -> str:
        """As `Gate`; InvalidInput where the folder cannot be written."""
        from syncer.state.lock import Lock

        lock = Lock(self.path, me, f"if that run is surely over, {lift_by(self.environment)}")
        lock.take()
        self._lock = lock
        return lock.note

    def release(self) -> None:
        """As `Gate`."""
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    def still_in(self) -> bool:
        """As `Gate`: the system's own lock ends with its process."""
        return self._lock is not None

    def in_doubt(self) -> bool:
        """As `Gate`: it is held, or it is not."""
        return False

    def holder(self) -> Holder | None:
        """As `Gate`."""
        from syncer.state.lock import peek

        return peek(self.path)[0]

    def lift(self, seen: Holder) -> None:
        """The file goes; Refused where its run is alive on this machine, or the lock is another's by now."""
        from syncer.state.lock import peek, who

        holder, alive = peek(self.path)
        if alive:
            hint = f"stop that run; the lock goes with it: `kill {seen.pid}`"
            raise Refused(Problem("lock-alive", f"the run of {who(seen)} is under way on this machine", hint=hint))
        if holder is None:
            return
        if holder != seen:
            raise Refused(Problem("lock-changed", f"the lock is {who(holder)}'s by now", hint="look again"))
        self.path.unlink(missing_ok=True)
