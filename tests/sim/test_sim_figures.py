"""The simulator's other figures, scaled down: cuts, images of the disk, two applies at once, real kills, the summary.

`make sim CUTS=1`, `IMAGES=1`, `MEETINGS=1` and `KILLS=200` are the whole of it.
"""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("flask", reason="the sandbox's extra is not installed")
pytest.importorskip("waitress", reason="the sandbox's extra is not installed")

from simulation.cuts import cuts
from simulation.disk import MemoryDisk
from simulation.images import imaged
from simulation.kills import killed
from simulation.meeting import in_one_copy, in_two_copies
from simulation.summary import Summary, sent


def test_every_cut_of_the_state_is_refused() -> None:
    found = cuts("state", 23, 80)
    assert (found.refused, found.problems) == (found.images, [])
    assert (found.images > 200, found.applied) == (True, 4)


def test_every_cut_of_the_journal_is_a_prefix() -> None:
    found = cuts("journal", 37, 100)
    assert (found.prefixes, found.problems) == (found.images, [])
    assert (found.images > 300, found.applied) == (True, 5)


@pytest.mark.parametrize("number", range(1, 53, 6))
def test_every_disk_that_a_crash_may_leave_recovers(number: int) -> None:
    found = imaged(number)
    assert (found.reached, found.images >= 1, found.problems) == (True, True, [])


def test_images_lose_reorder_cut_and_zero(tmp_path: Path) -> None:
    disk = MemoryDisk()
    one, two = tmp_path / "one", tmp_path / "two"
    for path in (one, two):
        handle = disk.create(path, 0o600)
        disk.write(handle, b"1234")
    images = disk.images()
    assert {frozenset(each) for each in images} == {
        frozenset(), frozenset({one}), frozenset({two}), frozenset({one, two}),
    }  # fmt: skip
    assert {each[two] for each in images if two in each} == {b"1234", b"", b"12", b"12\0\0", b"\0\0\0\0"}


@pytest.mark.parametrize("number", range(1, 70, 9))
def test_a_second_apply_in_one_copy_is_refused(number: int) -> None:
    found = in_one_copy(number)
    assert (found.reached, found.problems) == (True, [])


@pytest.mark.parametrize("number", range(1, 64, 9))
def test_what_has_a_key_is_made_once_by_two_copies(number: int) -> None:
    found = in_two_copies(number, keyed=True)
    assert (found.reached, found.twins, found.problems) == (True, 0, [])


def test_two_copies_without_a_lock_may_make_twins_of_the_rest() -> None:
    """What the table of figures admits; where this is no longer so, the documents can promise more."""
    assert in_two_copies(40, keyed=False).twins > 0


@pytest.mark.slow
def test_real_kills() -> None:
    found = killed(4, seed=3, jobs=2)
    assert (found.kills, found.problems) == (4, [])


def test_the_summary_sees_what_is_sent_too_often() -> None:
    create = sent("POST", "/v1/workflows/closing-reasons", b"{}", lost=True)
    update = sent("PUT", "/v2/flows/templates/1", b"{}", lost=False)
    lost = sent("PUT", "/v2/flows/templates/2", b"{}", lost=True)
    summary = Summary()
    summary.run([create, update, lost, sent("PUT", "/v2/flows/templates/2", b"{}", lost=False)])
    assert (summary.problems, summary.again) == ([], 1)
    summary.run([create, create, update, update, sent("DELETE", "/x", b"", lost=True)])
    assert [each.partition(":")[0] for each in summary.problems] == [
        "create reached the platform 2 times in one run",
        "update reached the platform 2 times in one run",
    ]
    assert dict(summary.calls) == {"create": 3, "update": 5, "delete": 1}
