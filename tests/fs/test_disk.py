"""Files replaced whole, and read only where they are plain files."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from syncer.fs.disk import DISK, RealDisk, remove_leftovers, replace_file


def test_a_file_is_made_with_its_folders(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "x.json"
    replace_file(path, b"1", 0o600)
    assert (path.read_bytes(), stat.S_IMODE(path.stat().st_mode), os.listdir(path.parent)) == (b"1", 0o600, ["x.json"])


MODES = {
    # case: (mode of the file there, mode asked for, mode after)
    "kept": (0o640, None, 0o640),
    "given": (0o644, 0o600, 0o600),
    "given, beyond the umask": (0o600, 0o666, 0o666),
    "executable stays so": (0o755, None, 0o755),
}


@pytest.mark.parametrize(("before", "asked", "after"), MODES.values(), ids=MODES)
def test_permissions(tmp_path: Path, before: int, asked: int | None, after: int) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"old")
    path.chmod(before)
    replace_file(path, b"new", asked)
    assert (path.read_bytes(), stat.S_IMODE(path.stat().st_mode)) == (b"new", after)


def test_a_new_file_follows_the_umask(tmp_path: Path) -> None:
    (tmp_path / "other").touch()
    replace_file(tmp_path / "x", b"")
    assert (tmp_path / "x").stat().st_mode == (tmp_path / "other").stat().st_mode


def test_a_link_is_replaced_and_not_followed(tmp_path: Path) -> None:
    target, link = tmp_path / "target", tmp_path / "link"
    target.write_bytes(b"target")
    link.symlink_to(target)
    replace_file(link, b"new")
    assert (link.is_symlink(), link.read_bytes(), target.read_bytes()) == (False, b"new", b"target")


def test_the_order_of_what_makes_it_durable(tmp_path: Path) -> None:
    seen: list[str] = []

    class Watching(RealDisk):
        def write(self, handle: int, data: bytes) -> None:
            seen.append("write")
            super().write(handle, data)

        def fsync(self, handle: int) -> None:
            seen.append("fsync")
            super().fsync(handle)

        def replace(self, source: Path, target: Path) -> None:
            seen.append(f"replace in {source.parent == target.parent}")
            super().replace(source, target)

        def fsync_dir(self, folder: Path) -> None:
            seen.append("fsync folder")
            super().fsync_dir(folder)

    replace_file(tmp_path / "x", b"1", disk=Watching())
    assert seen == ["write", "fsync", "replace in True", "fsync folder"]


@pytest.mark.parametrize("call", ["create", "write", "fsync", "replace"])
def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path: Path, call: str) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "full")

    disk = type("Broken", (RealDisk,), {call: fail})()
    path = tmp_path / "x"
    path.write_bytes(b"old")
    with pytest.raises(OSError, match="full"):
        replace_file(path, b"new", disk=disk)
    assert (path.read_bytes(), os.listdir(tmp_path)) == (b"old", ["x"])


def test_leftovers(tmp_path: Path) -> None:
    names = [".x.0123456789abcdef.tmp", ".x.0123456789ABCDEF.tmp", ".x.tmp", ".xy.0123456789abcdef.tmp", "x"]
    for name in names:
        (tmp_path / name).touch()
    remove_leftovers(tmp_path / "x")
    assert DISK.names(tmp_path) == sorted(names[1:])
    remove_leftovers(tmp_path / "none" / "x")


def test_only_plain_files_are_read_appended_or_linked(tmp_path: Path) -> None:
    fifo, link, folder = tmp_path / "fifo", tmp_path / "link", tmp_path / "folder"
    os.mkfifo(fifo)
    link.symlink_to(tmp_path / "x")
    folder.mkdir()
    for path in (fifo, link, folder):
        with pytest.raises(OSError, match=r"."):
            DISK.read(path)
        with pytest.raises(OSError, match=r"."):
            DISK.append(path, 0o600)
        with pytest.raises(OSError, match=r"."):
            DISK.link(path, tmp_path / "second")
    assert DISK.names(tmp_path) == ["fifo", "folder", "link"]
