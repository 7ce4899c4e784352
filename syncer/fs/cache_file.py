"""A file in the user's cache folder that only saves time: whole and ours, or as good as not there.

Whatever goes wrong with it (no home, no room, no permission, another user's, one that a checkout brought), work goes on
as without it.
"""

from __future__ import annotations

import contextlib
import os
import stat
import sys
from collections.abc import Mapping
from pathlib import Path

FOLDER = "syncer"
MOST_BYTES = 64 << 20
"""What one file may weigh; more is neither read nor written."""
MOST_OF_ALL = 256 << 20
"""What all files of the folder may weigh together; those written longest ago go first."""
SUFFIX = ".cache"
_LEFT_OVER = 86_400
"""Seconds after which a temporary file is nobody's any more: its writer was killed."""


def cache_folder(env: Mapping[str, str], platform: str = sys.platform) -> Path | None:
    """The folder of this user's caches, as the platform has it; None where the process does not know its user's home.

    `XDG_CACHE_HOME` counts on every platform; a relative one counts as none, as its specification asks.
    """
    named, home = env.get("XDG_CACHE_HOME", ""), env.get("HOME", "")
    if os.path.isabs(named):
        return Path(named) / FOLDER
    if platform == "win32":
        local = env.get("LOCALAPPDATA", "")
        return Path(local) / FOLDER / "Cache" if os.path.isabs(local) else None
    if not os.path.isabs(home):
        return None
    return Path(home) / ("Library/Caches" if platform == "darwin" else ".cache") / FOLDER


class CacheFile:
    """One file of that folder. Neither call raises because of the disk or of what stands there."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def load(self) -> bytes:
        """What stands in it; nothing where it is not there, too large, no regular file, another user's, or one that
        others may read or write: this program makes none such, but git does."""
        try:
            handle = os.open(self.path, os.O_RDONLY | _flag("O_NOFOLLOW") | _flag("O_NONBLOCK") | _flag("O_CLOEXEC"))
        except OSError:
            return b""
        try:
            status = os.fstat(handle)
            if not _ours(status) or status.st_size > MOST_BYTES:
                return b""
            with os.fdopen(handle, "rb", closefd=False) as stream:
                return stream.read(MOST_BYTES + 1)
        except OSError:
            return b""
        finally:
            os.close(handle)

    def save(self, content: bytes) -> bool:
        """Put `content` in its place, for this user only, whole or not at all; whether that was done. What has not
        been written for long makes room."""
        if len(content) > MOST_BYTES:
            return False
        waiting = self.path.with_name(f".{self.path.name}.{os.urandom(8).hex()}.tmp")
        try:
            for folder in (self.path.parent.parent, self.path.parent):  # a home that isn't there is not made
                folder.mkdir(mode=0o700, exist_ok=True)
            self._write(waiting, content)
        except OSError:
            with contextlib.suppress(OSError):
                waiting.unlink()
            return False
        self._make_room()
        return True

    def _write(self, waiting: Path, content: bytes) -> None:
        """By way of a file beside it. Not synced: what a crash leaves of it is not whole, which who reads it sees."""
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _flag("O_NOFOLLOW") | _flag("O_CLOEXEC") | _flag("O_BINARY")
        with open(os.open(waiting, flags, 0o600), "wb", buffering=0) as stream:
            rest = memoryview(content)
            while rest:
                rest = rest[stream.write(rest) :]
        waiting.replace(self.path)

    def _make_room(self) -> None:
        with contextlib.suppress(OSError):
            there = [(each.stat(follow_symlinks=False), each.path) for each in os.scandir(self.path.parent)]
            newest = max(status.st_mtime for status, _ in there)
            total = 0
            for status, path in sorted(there, key=lambda each: each[0].st_mtime_ns, reverse=True):
                total += status.st_size
                left_over = path.endswith(".tmp") and newest - status.st_mtime > _LEFT_OVER
                if left_over or (total > MOST_OF_ALL and path.endswith(SUFFIX) and path != str(self.path)):
                    with contextlib.suppress(OSError):
                        os.unlink(path)


def _ours(status: os.stat_result) -> bool:
    if not stat.S_ISREG(status.st_mode):
        return False
    if not hasattr(os, "geteuid"):  # Windows: the folder is the user's own
        return True
    return status.st_uid == os.geteuid() and not status.st_mode & 0o077


def _flag(name: str) -> int:
    return int(getattr(os, name, 0))
