"""The state of an environment that was renamed: found by its organisation, taken over whole or not at all."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from syncer.fs.disk import DISK, Disk, RealDisk
from syncer.model.address import Address
from syncer.model.diagnostic import InvalidInput, PlatformError, Problem, Refused, SyncerError
from syncer.model.resource import Managed
from syncer.state.backends.backend import Backend
from syncer.state.backends.factory import local_place
from syncer.state.backends.former_state import tombstone
from syncer.state.backends.local import FileBlob
from syncer.state.backends.migration import move
from syncer.state.journal import Journal
from syncer.state.lock import Holder
from syncer.state.state_file import State, encode

ORG = "739224"
WON = Address("ClosingReason", "won")
STATE = State(ORG, 4, {WON: Managed(WON, "x1", {"title": "Gewonnen"}, protect=True)}, found=True, salt="ab" * 16)
ME = Holder("anna", "laptop", 4711, "boot", 1_800_000_000.0)


class Killed(BaseException):
    """What ends a run in the middle: nobody catches it."""


class Ending(RealDisk):
    """A disk whose n-th call that changes something is the last one that the run makes, or all but makes."""

    def __init__(self, ends_at: int, done: bool) -> None:
        self.calls, self.ends_at, self.done = 0, ends_at, done

    def replace(self, source: Path, target: Path) -> None:
        self._step(lambda: RealDisk.replace(self, source, target))

    def link(self, source: Path, target: Path) -> None:
        self._step(lambda: RealDisk.link(self, source, target))

    def write(self, handle: int, data: bytes) -> None:
        self._step(lambda: RealDisk.write(self, handle, data))

    def fsync(self, handle: int) -> None:
        self._step(lambda: RealDisk.fsync(self, handle))

    def fsync_dir(self, folder: Path) -> None:
        self._step(lambda: RealDisk.fsync_dir(self, folder))

    def _step(self, do: Callable[[], None]) -> None:
        self.calls += 1
        last = self.calls == self.ends_at
        try:
            if not last or self.done:
                do()
        finally:
            if last:
                raise Killed


def place(folder: Path, environment: str, *, named: tuple[str, ...] = ("prod",), disk: Disk = DISK) -> Backend:
    found = local_place(folder / f"{environment}.json", environment, org_id=ORG, disk=disk)
    found.named = None if environment == "production" else named
    return found


def left(folder: Path, text: bytes = encode("production", STATE).encode()) -> Path:
    """A state under the former name."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "production.json").write_bytes(text)
    return folder


def refusal(of: Backend) -> tuple[str, str, int] | None:
    """What stands in the way of loading: rule, message, exit code."""
    try:
        of.load()
    except SyncerError as error:
        (problem,) = error.problems
        return problem.rule, problem.message, error.exit_code
    return None


MESSAGE = (
    "nothing is remembered of `prod`, and there is a state of the same organisation for `production`, which syncer.yaml"
    " no longer names"
)
RENAMED = ("state-renamed", MESSAGE, 4)
SOUND = encode("production", STATE).encode()
LEFT: dict[str, tuple[bytes | None, tuple[str, ...], tuple[str, str, int] | None]] = {
    # what stands under the former name, the environments of syncer.yaml, what loading the new one's state says
    "a state of the organisation": (SOUND, ("prod",), RENAMED),
    "damaged behind its head": (SOUND[:-40], ("prod",), RENAMED),
    "of an environment that is there": (SOUND, ("prod", "production"), None),
    "of another organisation": (encode("production", State("911042", 1, found=True)).encode(), ("prod",), None),
    "moved to a bucket": (
        tombstone("production", "s3://acme/x", ORG), ("prod",),
        ("state-renamed", f"{MESSAGE}; it was moved to `s3://acme/x`", 4),
    ),
    "taken over already": (tombstone("production", "local", ORG, "live"), ("prod",), None),
    "moved by an older syncer": (b'{"environment": "production", "moved_to": "x"}', ("prod",), None),
    "no state at all": (b"{}", ("prod",), None),
    "nothing": (None, ("prod",), None),
}  # fmt: skip


@pytest.mark.parametrize("case", LEFT)
def test_a_state_under_a_former_name_is_found_by_its_organisation(case: str, tmp_path: Path) -> None:
    text, named, said = LEFT[case]
    if text is not None:
        left(tmp_path, text)
    before = {each.name: each.read_bytes() for each in tmp_path.iterdir()}
    assert refusal(place(tmp_path, "prod", named=named)) == said
    assert {each.name: each.read_bytes() for each in tmp_path.iterdir()} == before


def test_what_cannot_be_listed_is_said(tmp_path: Path) -> None:
    class Closed(FileBlob):
        def beside(self) -> list[tuple[str, bytes]]:
            raise PlatformError(Problem("state-store", "object store of `s3://acme/x` refuses these credentials (403)"))

    it = place(left(tmp_path), "prod")
    it.body = Closed(tmp_path / "prod.json")
    assert it.load() == State()
    assert it.notes() == [
        "state: nothing is remembered yet; whether it is under a former name of the environment was not looked at: "
        "object store of `s3://acme/x` refuses these credentials (403)"
    ]


def test_it_is_taken_over_whole(tmp_path: Path) -> None:
    source, target = place(left(tmp_path), "production"), place(tmp_path, "prod")
    assert move(source, target, "local", ME, tell=print) == 1
    assert target.load() == STATE
    assert target.text() == encode("prod", STATE).encode()
    assert refusal(source) == ("state-moved", "state of `production` was taken over by environment `prod`", 4)
    assert json.loads(source.text()) == {
        "format_version": 1, "environment": "production", "taken_by": "prod", "moved_to": "local",
    }  # fmt: skip
    assert refusal(place(tmp_path, "live", named=("live", "prod"))) is None
    back = local_place(tmp_path / "production.json", "production", org_id=ORG)
    assert move(place(tmp_path, "prod"), back, "local", ME, tell=print) == 1
    assert back.load() == STATE


@pytest.mark.parametrize("done", [False, True])
def test_cut_off_at_any_call_of_the_disk_there_is_the_old_or_the_new_one(done: bool, tmp_path: Path) -> None:
    ends = []
    for number in range(1, 100):
        folder = left(tmp_path / str(number))
        disk = Ending(number, done)
        source, target = (place(folder, name, disk=disk) for name in ("production", "prod"))
        source.body, target.body = (FileBlob(folder / f"{name}.json", disk) for name in ("production", "prod"))
        try:
            move(source, target, "local", ME, tell=print)
        except Killed:
            pass
        else:
            break
        now = refusal(place(folder, "prod"))
        assert now in {None, RENAMED}
        ends.append((now is None, refusal(place(folder, "production")) is None))
        if now is not None or ends[-1][1]:
            assert move(place(folder, "production"), place(folder, "prod"), "local", ME, tell=lambda _: None) == 1
        assert place(folder, "prod").load() == STATE
    assert sorted(set(ends)) == [(False, True), (True, False), (True, True)]


def test_what_is_not_taken_over(tmp_path: Path) -> None:
    """Each leaves both sides as they were."""
    found = {}
    for case in ("another organisation", "a state of its own", "cut off", "nothing", "damaged"):
        folder = tmp_path / case
        text = encode("production", replace(STATE, open_runs=("run1",) * (case == "cut off"))).encode()
        if case == "another organisation":
            text = encode("production", State("911042", 4, STATE.entries, found=True)).encode()
        left(folder, text[:-40] if case == "damaged" else text)
        if case == "nothing":
            (folder / "production.json").unlink()
        if case == "a state of its own":
            (folder / "prod.json").write_text(encode("prod", State(ORG, 9, found=True)))
        if case == "cut off":
            with Journal(folder / "production.journal") as journal:
                journal.begin("run1", STATE.serial)
        before = {each.name: each.read_bytes() for each in folder.iterdir()}
        with pytest.raises((Refused, InvalidInput)) as caught:
            move(place(folder, "production"), place(folder, "prod"), "local", ME, tell=print)
        found[case] = (caught.value.problems[0].rule, caught.value.exit_code)
        assert {each.name: each.read_bytes() for each in folder.iterdir()} == before
    assert found == {
        "another organisation": ("state", 3), "a state of its own": ("state-there", 4), "cut off": ("not-settled", 4),
        "nothing": ("nothing-to-move", 4), "damaged": ("state", 3),
    }  # fmt: skip
