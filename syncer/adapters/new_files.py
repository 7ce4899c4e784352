"""Writes many new files: each whole or not at all, all of them on the medium when it returns; it replaces none.

Bringing a file to the medium is waiting, so several wait side by side, and a folder's names are brought there once.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path

from syncer.adapters.disk import RealDisk, replace_file

WORKERS = 8


class _NamesLater(RealDisk):
    """A disk that leaves folders to whoever writes into them."""

    def fsync_dir(self, folder: Path) -> None:
        """Later, once."""


def write_new(files: Mapping[Path, bytes], tell: Callable[[Path], None] = lambda path: None) -> None:
    """Write these files, and call `tell` for each that stands there. OSError (`filename` says where) as soon as one
    cannot be written or something is there already: those told of are whole, and no others exist."""
    from concurrent.futures import ThreadPoolExecutor

    disk, stopped = _NamesLater(), list[OSError]()

    def write(path: Path) -> None:
        if stopped:
            return
        try:
            if os.path.lexists(path):
                raise FileExistsError(17, "something is there already", str(path))
            replace_file(path, files[path], disk=disk)
        except OSError as error:
            stopped.append(OSError(error.errno, error.strerror or type(error).__name__, str(path)))
            return
        tell(path)

    with ThreadPoolExecutor(WORKERS) as pool:
        list(pool.map(write, files))
        list(pool.map(RealDisk().fsync_dir, {path.parent for path in files if path.parent.is_dir()}))
    if stopped:
        raise stopped[0]
