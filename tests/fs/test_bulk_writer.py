"""Many new files at once: all of them, or those before the one that failed, and an end at once when interrupted."""

from __future__ import annotations

from pathlib import Path

import pytest

from syncer.fs.bulk_writer import write_new


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
