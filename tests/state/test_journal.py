"""The journal: durable before anything is sent, replayed from any prefix, refused when damaged."""

from __future__ import annotations

import errno
import os
import stat
import threading
from pathlib import Path

import pytest

from syncer.fs.disk import NotDurable, RealDisk
from syncer.model.diagnostic import InvalidInput
from syncer.model.json_values import Secret
from syncer.model.secret_text import secret_text
from syncer.state.journal import Intent, Journal, SettledIntent, body_digest, frame, open_calls, read_records

CREATE = Intent(
    run="r1",
    address="ClosingReason/won",
    kind="ClosingReason",
    step="create",
    method="POST",
    path="/v1/workflows/closing-reasons",
    seek={"path": "/v1/workflows/closing-reasons", "items": "reasons", "field": "title", "value": "Gewonnen ä\n"},
    before=("a", "b"),
    digest="sha256:1",
    time=1_800_000_000.5,
)
UPDATE = Intent("r1", "FlowTemplate/f", "FlowTemplate", "update", "PUT", "/v2/flows/templates/t1", live_id="t1")


def numbered(intent: Intent, op: str) -> Intent:
    return Intent(**{name: getattr(intent, name) for name in Intent.__slots__ if name != "op"}, op=op)  # type: ignore[arg-type]


def journal(folder: Path) -> Path:
    return folder / ".syncer" / "state" / "sandbox.journal"


def test_an_intent_is_unsettled_until_it_is_settled(tmp_path: Path) -> None:
    path = journal(tmp_path)
    with Journal(path) as open_:
        assert (open_.intent(CREATE), open_.intent(UPDATE)) == ("r1-1", "r1-2")
        assert open_.unsettled() == [numbered(CREATE, "r1-1"), numbered(UPDATE, "r1-2")]
        open_.settle("r1-1", "APPLIED", "x1")
        assert open_.unsettled() == [numbered(UPDATE, "r1-2")]
    with Journal(path) as again:
        assert again.unsettled() == [numbered(UPDATE, "r1-2")]
        assert again.settled() == [SettledIntent(numbered(CREATE, "r1-1"), "APPLIED", "x1")]
        assert (again.note, stat.S_IMODE(path.stat().st_mode)) == ("", 0o600)


def test_what_is_open_is_told_without_writing(tmp_path: Path) -> None:
    path = journal(tmp_path)
    assert open_calls(path) == []
    assert not path.exists()
    with Journal(path) as open_:
        open_.intent(CREATE)
        open_.settle(open_.intent(UPDATE), "APPLIED", "t1")
    before = path.read_bytes()
    said = (
        "ClosingReason/won: an earlier apply was cut off in `create`; the next apply looks first whether it took effect"
    )
    assert open_calls(path) == [("ClosingReason/won", said)]
    assert path.read_bytes() == before


def test_an_ambiguous_outcome_settles_nothing(tmp_path: Path) -> None:
    with Journal(journal(tmp_path)) as open_:
        op = open_.intent(CREATE)
        open_.settle(op, "AMBIGUOUS")
        assert open_.unsettled() == [numbered(CREATE, op)]
        open_.settle(op, "REJECTED")
        assert open_.unsettled() == []
        with pytest.raises(KeyError):
            open_.settle(op, "APPLIED")


def test_compacting_forgets_what_is_settled(tmp_path: Path) -> None:
    path = journal(tmp_path)
    with Journal(path) as open_:
        for _ in range(3):
            open_.settle(open_.intent(CREATE), "APPLIED", "x")
        open_.intent(UPDATE)
        large = path.stat().st_size
        open_.compact()
        assert (open_.settled(), open_.unsettled()) == ([], [numbered(UPDATE, "r1-4")])
        assert path.stat().st_size < large / 3
        assert open_.intent(CREATE) == "r1-5"
    with Journal(path) as again:
        assert [each.op for each in again.unsettled()] == ["r1-4", "r1-5"]
        assert again.intent(CREATE) == "r1-6"
    assert sorted(os.listdir(path.parent)) == ["sandbox.journal"]


def test_each_record_is_on_the_medium_before_the_caller_goes_on(tmp_path: Path) -> None:
    seen: list[str] = []

    class Watching(RealDisk):
        def write(self, handle: int, data: bytes) -> None:
            seen.append("write")
            super().write(handle, data)

        def fsync(self, handle: int) -> None:
            seen.append("fsync")
            super().fsync(handle)

    with Journal(journal(tmp_path), Watching()) as open_:
        seen.clear()
        op = open_.intent(CREATE)
        seen.append("sent")
        open_.settle(op, "APPLIED", "x")
    assert seen == ["write", "fsync", "sent", "write", "fsync"]


def test_e07_a_journal_cut_anywhere_gives_its_whole_records(tmp_path: Path) -> None:
    path = journal(tmp_path)
    with Journal(path) as open_:
        open_.intent(CREATE)
        open_.intent(UPDATE)
        open_.settle("r1-1", "APPLIED", "x")
    whole = path.read_bytes()
    ends = [place + 1 for place in range(len(whole)) if whole[place : place + 1] == b"\n"]
    for length in range(len(whole) + 1):
        path.write_bytes(whole[:length])
        found = read_records(path)
        assert len(found.records) == sum(end <= length for end in ends)
        assert bool(found.note) == (length not in {0, *ends})
        if length % 50 and length not in ends:
            continue
        with Journal(path) as open_:
            assert len(open_.unsettled()) == (0, 0, 1, 2, 1)[len(found.records)]
            assert open_.note == found.note
        assert read_records(path).note == ""


def test_e19_a_tail_of_zeros_is_a_torn_one(tmp_path: Path) -> None:
    path = journal(tmp_path)
    with Journal(path) as open_:
        open_.intent(CREATE)
    whole = path.read_bytes()
    torn = frame({"intent": {"run": "x" * 100}})
    for tail in (b"\0" * 700, torn[:60] + b"\0" * 40 + torn[100:], torn[:30] + b"\0" * 512):
        path.write_bytes(whole + tail)
        with Journal(path) as open_:
            assert len(open_.unsettled()) == 1
            assert open_.note == "journal `sandbox.journal`: a record cut off by a crash was dropped"


def test_e08_a_flipped_bit_is_refused_with_its_line(tmp_path: Path) -> None:
    path = journal(tmp_path)
    with Journal(path) as open_:
        open_.intent(CREATE)
        open_.settle("r1-1", "APPLIED", "x")
    whole = path.read_bytes()
    for place in range(len(whole) - 1):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0x04]) + whole[place + 1 :])
        with pytest.raises(InvalidInput) as caught:
            Journal(path)
        (problem,) = caught.value.problems
        assert problem.at is not None
        assert problem.at.line == whole.count(b"\n", 0, place) + 1
        assert problem.message == "journal is damaged: a record does not match its checksum"
        assert problem.hint


DAMAGE = {
    "a newer format": (frame({"journal": 3}), 1, "journal is not of format 2"),
    "no header": (frame({"settled": "r1-1"}), 1, "journal is not of format 2"),
    "an unknown record": (
        frame({"journal": 1}) + frame({"attempt": 1}), 2, "journal holds a record nobody wrote",
    ),
    "an intent of another form": (
        frame({"journal": 1}) + frame({"intent": {"before": [], "op": "r-1"}}),
        2, "journal holds a record nobody wrote",
    ),
    "a settlement of nothing": (
        frame({"journal": 1}) + frame({"settled": "r1-9", "outcome": "APPLIED", "live_id": ""}),
        2, "journal holds a record nobody wrote",
    ),
    "merge conflict": (
        b"<<<<<<< HEAD\n" + frame({"journal": 1}), 1, "journal is damaged: a record does not match its checksum",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("content", "line", "message"), DAMAGE.values(), ids=DAMAGE)
def test_damage(tmp_path: Path, content: bytes, line: int, message: str) -> None:
    path = tmp_path / "x.journal"
    path.write_bytes(content)
    with pytest.raises(InvalidInput) as caught:
        Journal(path)
    (problem,) = caught.value.problems
    assert problem.at is not None
    assert (problem.at.line, problem.message, caught.value.__cause__) == (line, message, None)
    assert path.read_bytes() == content


def test_e13_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "x.journal").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(InvalidInput, match="journal cannot be read: it is no regular file of ours"):
        Journal(tmp_path / "x.journal")


class Failing(RealDisk):
    """Fails the n-th write or fsync from now on, and says what was tried after it."""

    def __init__(self) -> None:
        self.left = 10**9
        self.code = errno.EIO
        self.after: list[str] = []

    def _count(self, what: str) -> None:
        if self.left == 0:
            self.after.append(what)
        else:
            self.left -= 1
        if self.left == 0 and not self.after:
            self.after.append(what)
            raise OSError(self.code, "the n-th call")

    def write(self, handle: int, data: bytes) -> None:
        self._count("write")
        super().write(handle, data)

    def fsync(self, handle: int) -> None:
        self._count("fsync")
        super().fsync(handle)


@pytest.mark.parametrize("calls", [1, 2, 3, 4])
def test_e01_e16_after_a_failure_nothing_is_tried_again(tmp_path: Path, calls: int) -> None:
    disk = Failing()
    open_ = Journal(journal(tmp_path), disk)
    disk.left = calls
    with pytest.raises(NotDurable) as caught:
        open_.settle(open_.intent(CREATE), "APPLIED", "x")
    assert (caught.value.exit_code, str(caught.value)) == (
        5,
        "journal can no longer be written: the disk is full or failing",
    )
    for retry in (lambda: open_.intent(UPDATE), open_.compact):
        with pytest.raises(NotDurable):
            retry()
    assert len(disk.after) == 1
    open_.close()
    with Journal(journal(tmp_path)) as again:
        assert len(again.unsettled()) + len(again.settled()) <= 1


def test_compacting_onto_a_full_disk_ends_the_run_but_loses_nothing(tmp_path: Path) -> None:
    disk = Failing()
    open_ = Journal(journal(tmp_path), disk)
    open_.intent(UPDATE)
    open_.settle(open_.intent(CREATE), "APPLIED", "x")
    disk.left = 1
    with pytest.raises(NotDurable):
        open_.compact()
    open_.close()
    with Journal(journal(tmp_path)) as again:
        assert [each.op for each in again.unsettled()] == ["r1-1"]
        assert [each.live_id for each in again.settled()] == ["x"]


def test_e02_a_place_that_cannot_be_written_is_found_before_the_first_request(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file where the folder should be")
    with pytest.raises(InvalidInput) as caught:
        Journal(tmp_path / "state" / "x.journal")
    assert caught.value.exit_code == 3


def test_a_closed_journal_is_not_written(tmp_path: Path) -> None:
    open_ = Journal(journal(tmp_path))
    open_.close()
    open_.close()
    with pytest.raises(RuntimeError, match="the journal is closed"):
        open_.intent(CREATE)


def test_threads_write_whole_records(tmp_path: Path) -> None:
    path = journal(tmp_path)
    with Journal(path) as open_:

        def work() -> None:
            for _ in range(20):
                open_.settle(open_.intent(CREATE), "APPLIED", "x")

        threads = [threading.Thread(target=work) for _ in range(8)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
    with Journal(path) as again:
        assert (len(again.settled()), len({each.intent.op for each in again.settled()}), again.note) == (160, 160, "")


def test_the_digest_of_a_body_says_nothing_about_its_secrets() -> None:
    body = {"b": 1, "a": [Secret("KEY", "p-canary")]}
    assert body_digest(body) == body_digest({"a": [Secret("KEY", "other")], "b": 1})
    assert body_digest(body) != body_digest({"a": [Secret("OTHER", "p-canary")], "b": 1})
    to_a, to_b = (secret_text([host, Secret("KEY", "p-canary")]) for host in ("//a.example/", "//b.example/"))
    assert body_digest(to_a) != body_digest(to_b)
    assert body_digest(to_a) == body_digest(secret_text(["//a.example/", Secret("KEY", "other")]))
    assert body_digest(body).startswith("sha256:")
