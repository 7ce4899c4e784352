"""Many new files at once: all of them, or those before the one that failed, and an end at once when interrupted."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from syncer.fs import bulk_writer
from syncer.fs.bulk_writer import FEW, write_new


def files(folder: Path, number: int) -> dict[Path, bytes]:
    return {folder / f"{n % 5}" / f"{n:03}.yaml": b"%d" % n for n in range(number)}


def there(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_all_of_them(tmp_path: Path) -> None:
    told: list[Path] = []
    wanted = files(tmp_path, 100)
    write_new(wanted, told.append)
    assert (there(tmp_path), sorted(told)) == (wanted, sorted(wanted))
    write_new({})


def test_nothing_is_replaced(tmp_path: Path) -> None:
    wanted, told = files(tmp_path, 100), list[Path]()
    (tmp_path / "3").mkdir()
    (tmp_path / "3" / "053.yaml").write_text("mine")
    with pytest.raises(OSError, match="something is there already") as stopped:
        write_new(wanted, told.append)
    assert stopped.value.filename == str(tmp_path / "3" / "053.yaml")
    assert there(tmp_path) == {path: wanted[path] for path in told} | {tmp_path / "3" / "053.yaml": b"mine"}


def test_an_interrupt_ends_it_at_once_and_leaves_whole_files(tmp_path: Path) -> None:
    wanted, told = files(tmp_path, 400), list[Path]()

    def tell(path: Path) -> None:
        told.append(path)
        if len(told) == 20:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_new(wanted, tell)
    left = there(tmp_path)
    assert left == {path: wanted[path] for path in told}
    assert 20 <= len(left) < 400


Calls = list[tuple[str, str]]


def watched(monkeypatch: pytest.MonkeyPatch, folder: Path, calls: Calls, fails: str = "") -> None:
    """Note what is asked of the system, in order; the first call of the sort `fails` is refused."""

    def watch(word: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def instead(what: Any, *more: Any) -> Any:
            path = os.readlink(f"/proc/self/fd/{what}") if isinstance(what, int) else str(what)
            calls.append((word, Path(path).relative_to(folder).as_posix()))
            if word == fails and sum(each == word for each, _ in calls) == 1:
                raise OSError(errno.EIO, "input/output error")
            return call(what, *more)

        return instead

    monkeypatch.setattr(os, "fsync", watch("fsync", os.fsync))
    monkeypatch.setattr(os, "replace", watch("replace", os.replace))
    together = bulk_writer._sync_file_system()
    assert together is not None
    monkeypatch.setattr(bulk_writer, "_sync_file_system", lambda: watch("syncfs", together))


needs_syncfs = pytest.mark.skipif(bulk_writer._sync_file_system() is None, reason="syncfs of Linux")


@needs_syncfs
@pytest.mark.parametrize("number", [1, FEW, FEW + 1, 300])
def test_nothing_has_its_name_before_all_are_on_the_medium(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    calls: Calls = []
    watched(monkeypatch, tmp_path, calls)
    wanted = files(tmp_path, number)
    write_new(wanted)
    words, folders = [word for word, _ in calls], sorted({path.parent.name for path in wanted})
    first, last = words.index("replace"), len(words) - words[::-1].index("replace")
    assert (words.count("replace"), last - first) == (number, number)
    before, after = calls[:first], calls[last:]
    if number > FEW:  # by one call each, whatever the folders
        assert (before, after) == ([("syncfs", "0")], [("syncfs", "0")])
    else:
        assert [word for word, _ in before] == ["fsync"] * number
        assert sorted(after) == [("fsync", folder) for folder in folders]


@needs_syncfs
@pytest.mark.parametrize(("number", "fails"), [(FEW, "fsync"), (300, "syncfs"), (300, "replace")])
def test_what_the_disk_refuses_is_said_and_leaves_nothing_half_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, fails: str
) -> None:
    calls: Calls = []
    watched(monkeypatch, tmp_path, calls, fails)
    with pytest.raises(OSError, match="input/output error") as stopped:
        write_new(files(tmp_path, number))
    where = {"fsync": tmp_path / "0" / "000.yaml", "syncfs": tmp_path / "0", "replace": tmp_path / "0" / "000.yaml"}
    assert (stopped.value.filename, there(tmp_path)) == (str(where[fails]), {})


def test_where_no_call_brings_a_whole_file_system_each_file_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced, fsync = list[int](), os.fsync
    monkeypatch.setattr(os, "fsync", lambda handle: (synced.append(handle), fsync(handle)))
    monkeypatch.setattr(os, "uname", lambda: os.uname_result(("Linux", "", "5.7.19", "", "")))
    bulk_writer._sync_file_system.cache_clear()
    try:
        assert bulk_writer._sync_file_system() is None
        wanted = files(tmp_path, 100)
        write_new(wanted)
    finally:
        bulk_writer._sync_file_system.cache_clear()
    assert (there(tmp_path), len(synced)) == (wanted, 100 + 5)  # and the five folders
