"""Writes many new files: each whole or not at all, all of them on the medium when it returns; it replaces none.

Bringing a file to the medium is waiting, so several wait side by side, and a folder's names are brought there once.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from queue import Empty, SimpleQueue

from syncer.fs.disk import RealDisk, replace_file

WORKERS = 8

PATIENCE = 5.0
"""Seconds that an interrupt waits for the files which are being written."""


class _NamesLater(RealDisk):
    """A disk that leaves folders to whoever writes into them."""

    def fsync_dir(self, folder: Path) -> None:
        """Later, once."""


def write_new(files: Mapping[Path, bytes], tell: Callable[[Path], None] = lambda path: None) -> None:
    """Write these files, and call `tell` for each that stands there. OSError (`filename` says where) as soon as one
    cannot be written or something is there already: those told of are whole, and no others exist."""
    disk = _NamesLater()

    def write(path: Path) -> None:
        if os.path.lexists(path):
            raise FileExistsError(17, "something is there already", str(path))
        replace_file(path, files[path], disk=disk)

    try:
        _side_by_side(write, list(files), tell)
    finally:
        folders = {path.parent for path in files if path.parent.is_dir()}
        _side_by_side(RealDisk().fsync_dir, sorted(folders), lambda folder: None)


def _side_by_side(do: Callable[[Path], None], paths: Sequence[Path], done: Callable[[Path], None]) -> None:
    """Do it with each path; `done` is called here. OSError as soon as one fails, and nothing more is begun then.

    No pool: what Ctrl-C breaks off in the middle of handing work to one may leave its locks taken, and its end waits
    for them for ever. These threads share one queue, which is whole at any moment, and nobody has to wait for them.
    In one piece: they share what is local here.
    """
    said: SimpleQueue[tuple[Path, OSError | None] | None] = SimpleQueue()
    waiting, turn, stopped = iter(paths), threading.Lock(), threading.Event()

    def work() -> None:
        try:
            while not stopped.is_set():
                with turn:
                    path = next(waiting, None)
                if path is None:
                    return
                try:
                    do(path)
                except OSError as error:
                    said.put((path, error))
                    return
                said.put((path, None))
        finally:
            said.put(None)

    failed: list[OSError] = []

    def take(news: tuple[Path, OSError | None] | None) -> bool:
        if news is None:
            return True
        path, error = news
        if error is None:
            done(path)
            return False
        stopped.set()
        failed.append(OSError(error.errno, error.strerror or type(error).__name__, str(path)))
        return False

    working = 0
    try:
        for _ in range(min(WORKERS, len(paths))):
            threading.Thread(target=work, name="write", daemon=True).start()
            working += 1
        while working:
            working -= take(said.get())
    except BaseException:
        stopped.set()
        try:
            while working:
                working -= take(said.get(timeout=PATIENCE))
        except Empty:
            pass
        raise
    if failed:
        raise failed[0]
