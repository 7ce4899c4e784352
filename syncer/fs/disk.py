"""The disk as a few calls that can be counted, failed and replayed; knows no file of ours.

Everything that must survive a crash goes through a `Disk`: tests give one that breaks at a chosen call. What is read
for its content only (manifests) needs none of this.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import stat
from collections.abc import Iterable
from pathlib import Path
from typing import Protocol

from syncer.model.diagnostic import PartlyDone


class NotDurable(PartlyDone):
    """Something that must be remembered could not be brought to the medium: nothing more may be sent, whatever a second
    try would say (docs/catalogue.md#e16)."""


class Disk(Protocol):
    """Each call either does what it says or raises `OSError`; nothing is durable before `fsync` or `fsync_dir`."""

    def read(self, path: Path) -> bytes:
        """The whole of a regular file; a symbolic link, folder, FIFO or device raises `OSError` and is not opened."""

    def mode(self, path: Path) -> int | None:
        """The permissions of a regular file, None where there is none."""

    def mkdir(self, folder: Path) -> None:
        """The folder and those above it; fine if it is there."""

    def create(self, path: Path, mode: int | None) -> int:
        """A new file of exactly these permissions (None: what the umask leaves of 0666), open for writing;
        `FileExistsError` if something is there."""

    def append(self, path: Path, mode: int) -> int:
        """A regular file open for writing at its end, made if it isn't there."""

    def write(self, handle: int, data: bytes) -> None:
        """All of the bytes."""

    def fsync(self, handle: int) -> None:
        """What was written to the handle is on the medium."""

    def close(self, handle: int) -> None:
        """The handle is given back."""

    def replace(self, source: Path, target: Path) -> None:
        """`target` is `source` from now on: the old file or the new one, never a part."""

    def link(self, source: Path, target: Path) -> None:
        """`target` is a second name of the regular file `source`; `FileExistsError` if something is there."""

    def fsync_dir(self, folder: Path) -> None:
        """The names in the folder are on the medium."""

    def remove(self, path: Path) -> None:
        """The file is gone; `FileNotFoundError` if it wasn't there."""

    def names(self, folder: Path) -> list[str]:
        """The names in a folder, sorted; none where there is no folder."""


class RealDisk:
    """The disk of this machine; each method is the one of `Disk`."""

    def read(self, path: Path) -> bytes:
        """O_NONBLOCK: opening a FIFO must not wait for a writer."""
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            _must_be_regular(os.fstat(handle), path)
            parts = []
            while part := os.read(handle, 1 << 20):
                parts.append(part)
            return b"".join(parts)
        finally:
            os.close(handle)

    def mode(self, path: Path) -> int | None:
        """Without following a symbolic link: what replaces it has permissions of its own."""
        try:
            status = path.lstat()
        except FileNotFoundError:
            return None
        return stat.S_IMODE(status.st_mode) if stat.S_ISREG(status.st_mode) else None

    def mkdir(self, folder: Path) -> None:
        """As `mkdir -p`."""
        folder.mkdir(parents=True, exist_ok=True)

    def create(self, path: Path, mode: int | None) -> int:
        """The umask would take bits away, so given permissions are set once more."""
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        handle = os.open(path, flags, 0o666 if mode is None else mode)
        if mode is not None:
            os.fchmod(handle, mode)
        return handle

    def append(self, path: Path, mode: int) -> int:
        """O_NONBLOCK as in `read`."""
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        handle = os.open(path, flags, mode)
        try:
            _must_be_regular(os.fstat(handle), path)
        except OSError:
            os.close(handle)
            raise
        return handle

    def write(self, handle: int, data: bytes) -> None:
        """A short write is continued; the rest then fails with its own reason."""
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(handle, rest) :]

    def fsync(self, handle: int) -> None:
        """As the system does it."""
        os.fsync(handle)

    def close(self, handle: int) -> None:
        """As the system does it."""
        os.close(handle)

    def replace(self, source: Path, target: Path) -> None:
        """As the system does it."""
        os.replace(source, target)

    def link(self, source: Path, target: Path) -> None:
        """A hard link; a symbolic link's target is not reached through it."""
        _must_be_regular(source.lstat(), source)
        os.link(source, target, follow_symlinks=False)

    def fsync_dir(self, folder: Path) -> None:
        """Some file systems can't, and say so: there the rename is all there is."""
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(handle)
        except OSError as error:
            if error.errno not in {errno.EINVAL, errno.ENOTSUP}:
                raise
        finally:
            os.close(handle)

    def remove(self, path: Path) -> None:
        """As the system does it."""
        path.unlink()

    def names(self, folder: Path) -> list[str]:
        """As the system does it, in order."""
        try:
            return sorted(os.listdir(folder))
        except FileNotFoundError:
            return []


DISK = RealDisk()


def replace_file(path: Path, data: bytes, mode: int | None = None, *, disk: Disk = DISK) -> None:
    """Write `data` to `path` by way of a temporary file beside it (docs/catalogue.md#a13 to #a15): after a crash at any
    instant there is the old file or the new one, whole. The folder is made if it isn't there.

    `mode` are the new file's permissions; left out, those of the file it replaces, else what the umask leaves of 0666.
    A symbolic link is replaced, not followed. OSError where the disk says no: then the old file is as it was, unless
    the failure came after the rename, when the folder was synced; in either case nothing is half written.
    """
    disk.mkdir(path.parent)
    waiting = path.with_name(f".{path.name[:200]}.{os.urandom(8).hex()}.tmp")
    handle = disk.create(waiting, disk.mode(path) if mode is None else mode)
    try:
        try:
            disk.write(handle, data)
            disk.fsync(handle)
        finally:
            disk.close(handle)
        disk.replace(waiting, path)
    except Exception:
        with contextlib.suppress(OSError):
            disk.remove(waiting)
        raise
    disk.fsync_dir(path.parent)


def remove_leftovers(path: Path, disk: Disk = DISK) -> None:
    """Remove what crashes left beside a file; nothing ever reads it (docs/catalogue.md#e15). Only for the one that
    holds the lock: it would take another writer's temporary file for a leftover."""
    leftover = re.compile(re.escape(f".{path.name[:200]}.") + r"[0-9a-f]{16}\.tmp")
    for name in disk.names(path.parent):
        if leftover.fullmatch(name):
            with contextlib.suppress(FileNotFoundError):
                disk.remove(path.parent / name)


def remove_leftovers_of(paths: Iterable[Path], disk: Disk = DISK) -> None:
    """The same for many files at once; every folder is looked through once."""
    folders: dict[Path, set[str]] = {}
    for path in paths:
        folders.setdefault(path.parent, set()).add(path.name[:200])
    for folder, names in folders.items():
        with contextlib.suppress(OSError):  # whoever writes there says what is wrong
            for name in disk.names(folder):
                found = re.fullmatch(_LEFTOVER, name)
                if found and found[1] in names:
                    disk.remove(folder / name)


_LEFTOVER = r"(?s)\.(.+)\.[0-9a-f]{16}\.tmp"


def _must_be_regular(status: os.stat_result, path: Path) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise OSError(errno.EINVAL, "not a regular file", str(path))
