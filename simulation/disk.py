"""A disk in memory that tells what is written from what is on the medium; knows no file of ours.

A crash leaves what was synced, and of the rest what a real disk may leave: part of a tail or zeros in its place, names
in the order in which they were given but not all of them. A failed fsync loses what it was called for, whatever later
calls say (docs/catalogue.md#e16, #e19).
"""

from __future__ import annotations

import errno
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random


@dataclass(eq=False, slots=True)
class File:
    """A file's bytes as programs see them, and as they are on the medium."""

    mode: int
    content: bytes = b""
    durable: bytes = b""
    spoilt: bool = False
    """A sync failed: the next ones say yes and do nothing for what is there now."""


@dataclass(slots=True)
class MemoryDisk:
    """`syncer.fs.disk.Disk` in memory. `effect(call, path, do, data)` stands around every change: it calls `do`
    (or not), and raises what goes wrong."""

    effect: Callable[[str, Path, Callable[[bytes], None], bytes], None] = lambda call, path, do, data: do(data)
    written: set[bytes] = field(default_factory=set)
    """Everything that was ever written, for a look at what must not be in it."""
    _names: dict[Path, File] = field(default_factory=dict)
    _durable: dict[Path, File] = field(default_factory=dict)
    _pending: list[tuple[Path | None, Path, File | None]] = field(default_factory=list)
    """(name that goes, name that comes, its file) in order; what no fsync_dir has brought to the medium."""
    _open: dict[int, tuple[Path, File]] = field(default_factory=dict)
    _last: int = 0

    def read(self, path: Path) -> bytes:
        """As `Disk`."""
        return self._file(path).content

    def mode(self, path: Path) -> int | None:
        """As `Disk`."""
        return self._names[path].mode if path in self._names else None

    def mkdir(self, folder: Path) -> None:
        """Every folder is there."""

    def create(self, path: Path, mode: int | None) -> int:
        """As `Disk`."""
        if path in self._names:
            raise FileExistsError(errno.EEXIST, "exists", str(path))
        self.effect("create", path, lambda _: self._name(None, path, File(0o644 if mode is None else mode)), b"")
        return self._handle(path)

    def append(self, path: Path, mode: int) -> int:
        """As `Disk`."""
        if path not in self._names:
            self.effect("append", path, lambda _: self._name(None, path, File(mode)), b"")
        return self._handle(path)

    def write(self, handle: int, data: bytes) -> None:
        """As `Disk`."""
        path, file = self._open[handle]
        self.written.add(bytes(data))

        def do(part: bytes) -> None:
            file.content += part

        self.effect("write", path, do, bytes(data))

    def fsync(self, handle: int) -> None:
        """As `Disk`."""
        path, file = self._open[handle]

        def do(_: bytes) -> None:
            if not file.spoilt:
                file.durable = file.content

        try:
            self.effect("fsync", path, do, b"")
        except OSError:
            file.spoilt = True
            raise

    def close(self, handle: int) -> None:
        """As `Disk`."""
        del self._open[handle]

    def replace(self, source: Path, target: Path) -> None:
        """As `Disk`."""
        file = self._file(source)
        self.effect("replace", target, lambda _: self._name(source, target, file), b"")

    def link(self, source: Path, target: Path) -> None:
        """As `Disk`."""
        file = self._file(source)
        self.effect("link", target, lambda _: self._name(None, target, file), b"")

    def fsync_dir(self, folder: Path) -> None:
        """As `Disk`; there is one folder's worth of names, so all of them are brought to the medium."""

        def do(_: bytes) -> None:
            self._settle(len(self._pending))

        self.effect("fsync_dir", folder, do, b"")

    def remove(self, path: Path) -> None:
        """As `Disk`."""
        self._file(path)
        self.effect("remove", path, lambda _: self._name(path, path, None), b"")

    def names(self, folder: Path) -> list[str]:
        """As `Disk`."""
        return sorted(path.name for path in self._names if path.parent == folder)

    def forget(self) -> None:
        """A new machine: nothing is there."""
        for kept in (self._names, self._durable, self._pending, self._open):
            kept.clear()

    def files(self) -> dict[Path, bytes]:
        """What is there."""
        return {path: file.content for path, file in self._names.items()}

    def put(self, files: dict[Path, bytes]) -> None:
        """These files and no others, on the medium."""
        self.forget()
        self._names = {path: File(0o600, content, content) for path, content in files.items()}
        self._durable = dict(self._names)

    def lose_power(self, dice: Random) -> None:
        """What is not on the medium may be gone, whole or in part."""
        self._settle(dice.randint(0, len(self._pending)))
        self._pending.clear()
        self._open.clear()
        self._names = dict(self._durable)
        for file in self._names.values():
            if file.content != file.durable and file.content.startswith(file.durable):
                tail = file.content[len(file.durable) :]
                kept = dice.randint(0, len(tail))
                zeros = b"\0" * (len(tail) - kept) if dice.random() < 0.25 else b""
                file.content = file.durable + tail[:kept] + zeros
            else:
                file.content = file.durable
            file.durable, file.spoilt = file.content, False

    def images(self) -> list[dict[Path, bytes]]:
        """Every disk that a crash may leave now, within bounds: one of the last three names may be missing, and all
        ends of files that are not synced are alike."""
        orders = [self._pending[:count] for count in range(len(self._pending) + 1)]
        for missing in range(max(0, len(self._pending) - 3), len(self._pending)):
            orders.append(self._pending[:missing] + self._pending[missing + 1 :])
        found: dict[frozenset[tuple[Path, bytes]], dict[Path, bytes]] = {}
        for order in orders:
            names = dict(self._durable)
            for gone, name, file in order:
                if gone is not None:
                    names.pop(gone, None)
                if file is not None:
                    names[name] = file
            for kept, zeros in ((1.0, False), (0.0, False), (0.5, False), (0.5, True), (0.0, True)):
                image = {path: _torn(file, kept, zeros=zeros) for path, file in names.items()}
                found[frozenset(image.items())] = image
        return list(found.values())

    def _settle(self, count: int) -> None:
        for gone, name, file in self._pending[:count]:
            if gone is not None:
                self._durable.pop(gone, None)
            if file is not None:
                self._durable[name] = file
        del self._pending[:count]

    def _name(self, gone: Path | None, name: Path, file: File | None) -> None:
        if gone is not None:
            self._names.pop(gone, None)
        if file is not None:
            self._names[name] = file
        self._pending.append((gone, name, file))

    def _file(self, path: Path) -> File:
        if path not in self._names:
            raise FileNotFoundError(errno.ENOENT, "not found", str(path))
        return self._names[path]

    def _handle(self, path: Path) -> int:
        self._last += 1
        self._open[self._last] = (path, self._file(path))
        return self._last


def _torn(file: File, kept: float, *, zeros: bool) -> bytes:
    """What is on the medium of a file of which the end was not synced."""
    if not file.content.startswith(file.durable):
        return file.durable
    tail = file.content[len(file.durable) :]
    part = tail[: round(len(tail) * kept)]
    return file.durable + part + (b"\0" * (len(tail) - len(part)) if zeros else b"")
