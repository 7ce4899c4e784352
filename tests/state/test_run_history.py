"""The files of runs: cut at every byte, damaged, on a disk that fails."""

from __future__ import annotations

from pathlib import Path

import pytest

from syncer.fs.disk import NotDurable, RealDisk
from syncer.model.diagnostic import InvalidInput
from syncer.state.run_history import RunHeader, RunHistory

HEADER = RunHeader("0123abcd", 1772442843.25, "test", "739224", "epilot.io", "p" * 32, "me on a machine", "1.2.3")
CHANGES = [{"address": f"ClosingReason/{name}", "action": "update", "live_id": name} for name in ("won", "lost")]


def recorded(runs: RunHistory) -> Path:
    recorder = runs.begin(HEADER)
    recorder.change(CHANGES[0])
    recorder.change(CHANGES[1])
    recorder.result({"address": "ClosingReason/lost", "outcome": "done"})
    recorder.close()
    recorder.close()
    return runs.folder / "20260302T091403.250000Z-0123abcd.run"


def test_what_is_kept_is_read_again(tmp_path: Path) -> None:
    runs = RunHistory(tmp_path / "runs" / "test")
    path = recorded(runs)
    run = runs.read("0123abcd")
    assert (run.header, run.path, run.note) == (HEADER, path, "")
    assert [(each.address, dict(each.before), dict(each.result), each.line) for each in run.changes] == [
        ("ClosingReason/won", CHANGES[0], {}, 2),
        ("ClosingReason/lost", CHANGES[1], {"address": "ClosingReason/lost", "outcome": "done"}, 3),
    ]
    assert run.counts == {"cut off": 1, "done": 1}
    assert path.stat().st_mode & 0o777 == 0o600


def test_cut_at_every_byte(tmp_path: Path) -> None:
    """What is whole is read, what is torn is dropped with a word, and nothing else happens."""
    runs = RunHistory(tmp_path)
    path = recorded(runs)
    whole = path.read_bytes()
    ends = [position + 1 for position, byte in enumerate(whole) if byte == 10]
    for length in range(len(whole) + 1):
        path.write_bytes(whole[:length])
        complete = sum(end <= length for end in ends)
        if not complete:
            with pytest.raises(InvalidInput):
                runs.read("0123abcd")
            continue
        run = runs.read("0123abcd")
        assert len(run.changes) == min(2, complete - 1)
        assert bool(run.note) == (length not in ends)


def test_damage_is_refused(tmp_path: Path) -> None:
    runs = RunHistory(tmp_path)
    path = recorded(runs)
    path.write_bytes(path.read_bytes().replace(b'"won"', b'"own"', 1))
    with pytest.raises(InvalidInput) as error:
        runs.read("0123abcd")
    assert [(each.rule, each.message) for each in error.value.problems] == [
        ("run", "run is damaged: a record does not match its checksum")
    ]
    found, said = runs.list()
    assert (found, said) == ([], [f"{path.name}: run is damaged: a record does not match its checksum"])


def test_a_file_of_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine", "utf-8")
    runs = RunHistory(tmp_path)
    recorded(runs)
    assert [run.header.id for run in runs.list()[0]] == ["0123abcd"]


class Failing(RealDisk):
    """Each fsync after the first so many fails."""

    def __init__(self, good: int) -> None:
        self.good = good

    def fsync(self, handle: int) -> None:
        self.good -= 1
        if self.good < 0:
            raise OSError(5, "input/output error")


def test_a_change_that_cannot_be_kept_may_not_be_made(tmp_path: Path) -> None:
    recorder = RunHistory(tmp_path, Failing(2)).begin(HEADER)
    recorder.change(CHANGES[0])
    for _ in range(2):  # a second try would say nothing: what was lost stays lost
        with pytest.raises(NotDurable):
            recorder.change(CHANGES[1])
    recorder.result({"address": "ClosingReason/won", "outcome": "done"})
    recorder.close()


def test_a_run_that_cannot_begin_sends_nothing(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput) as error:
        RunHistory(tmp_path, Failing(0)).begin(HEADER)
    assert error.value.problems[0].message == (
        "what is about to be changed cannot be kept for an undo, so it is not changed"
    )


def test_a_create_that_is_in_the_journal_waits_for_nothing(tmp_path: Path) -> None:
    """Its record is on the medium with the next one that must be, or once somebody asks for it."""
    disk = Counting()
    recorder = RunHistory(tmp_path, disk).begin(HEADER)
    begun = disk.synced
    steps = []
    for durable in (False, False, True, False):
        recorder.change(CHANGES[0], durable=durable)
        steps.append(disk.synced - begun)
    for _ in range(2):
        recorder.sync()
        steps.append(disk.synced - begun)
    assert steps == [0, 0, 1, 1, 2, 2]
    assert recorder.close()


def test_a_create_that_cannot_be_made_sure_of_may_not_be_made(tmp_path: Path) -> None:
    recorder = RunHistory(tmp_path, Failing(1)).begin(HEADER)
    recorder.change(CHANGES[0], durable=False)
    for _ in range(2):
        with pytest.raises(NotDurable):
            recorder.sync()
    with pytest.raises(NotDurable):
        recorder.change(CHANGES[1], durable=False)
    assert not recorder.close()


def test_what_a_crash_took_from_a_run_is_added(tmp_path: Path) -> None:
    """Cut at every byte after its first record: what it made stands in it again, once, and what was there stays."""
    runs = RunHistory(tmp_path)
    path = recorded(runs)
    whole = path.read_bytes()
    made = {"ClosingReason/won": "w1", "ClosingReason/new": "n1"}
    for length in range(whole.index(b"\n") + 1, len(whole) + 1):
        path.write_bytes(whole[:length])
        there = {each.address: each for each in runs.read("0123abcd").changes}
        for _ in range(2):
            runs.complete("0123abcd", made)
            run = runs.read("0123abcd")
            assert run.header == HEADER
            found = {each.address: each for each in run.changes}
            assert {**found, **there} == found
            assert set(found) == {*there, *made}
            for address, live_id in made.items():
                if address not in there:
                    assert dict(found[address].result) == {"address": address, "outcome": "done", "live_id": live_id}


def test_what_cannot_be_read_is_not_added_to(tmp_path: Path) -> None:
    runs = RunHistory(tmp_path)
    path = recorded(runs)
    damaged = path.read_bytes().replace(b'"won"', b'"own"', 1)
    path.write_bytes(damaged)
    runs.complete("0123abcd", {"ClosingReason/new": "n1"})
    runs.complete("ffffffff", {"ClosingReason/new": "n1"})
    assert (path.read_bytes(), len(list(tmp_path.iterdir()))) == (damaged, 1)


class Counting(RealDisk):
    """Says how often a file was synced."""

    def __init__(self) -> None:
        self.synced = 0

    def fsync(self, handle: int) -> None:
        self.synced += 1
        super().fsync(handle)
