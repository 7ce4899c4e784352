"""A journal read over a state: what it adds, where the state's own word stands, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from syncer.model.address import Address
from syncer.model.diagnostic import InvalidInput
from syncer.model.json_values import Json
from syncer.model.resource import Managed
from syncer.state.journal import Records
from syncer.state.replay import Replay, replay
from syncer.state.state_file import State

A, B, FLOW = Address("ClosingReason", "a"), Address("ClosingReason", "b"), Address("FlowTemplate", "f")
ONE = Managed(A, "1", {"title": "A"})
TWO = Managed(B, "2", {"title": "B"})
RUN: Json = {"run": "r", "serial": 5}


def entries(**rows: Json) -> Json:
    """A record of closing reasons: name → id and title, None for one that is gone."""
    said = {
        f"ClosingReason/{name}": row
        and {"address": f"ClosingReason/{name}", "live_id": row[0], "declared": {"title": row[1]}}
        for name, row in rows.items()
    }
    return {"entries": said}


def call(op: str, address: str, live_id: str, part: Json = None, outcome: str = "APPLIED") -> list[Json]:
    """An intent, and how it ended."""
    seek = {"part": part} if part else {}
    return [
        {"intent": {"op": op, "address": address, "seek": seek}},
        {"settled": op, "outcome": outcome, "live_id": live_id},
    ]


def state(serial: int, *known: Managed, runs: tuple[str, ...] = (), found: bool = True) -> State:
    return State("1", serial, {each.address: each for each in known}, found, open_runs=runs)


CHANGED = [RUN, entries(a=("1", "neu")), entries(b=("2", "B"), c=None)]
NEW = Managed(A, "1", {"title": "neu"})
CASES: dict[str, tuple[State, list[Json], Replay]] = {
    "no journal": (state(5, ONE), [], Replay(state(5, ONE), 0, ours=False)),
    "the run's own first save": (
        state(5, ONE, runs=("r",)), CHANGED, Replay(state(5, NEW, TWO), 2, ours=True),
    ),
    "its own save in the middle, which has some of it": (
        state(6, NEW, runs=("r",)), CHANGED, Replay(state(6, NEW, TWO), 1, ours=True),
    ),
    "its own save in the middle, which has all of it": (
        state(7, NEW, TWO, runs=("r",)), CHANGED, Replay(state(7, NEW, TWO), 0, ours=True),
    ),
    "its last save: the journal was not emptied": (
        state(8, NEW, TWO), CHANGED, Replay(state(8, NEW, TWO), 0, ours=False),
    ),
    "newer: somebody has written since": (
        state(9, ONE), CHANGED, Replay(state(9, ONE), 0, ours=False),
    ),
    "older: a backup was put back": (state(4, ONE), CHANGED, Replay(state(4, NEW, TWO), 2, ours=False)),
    "no state": (
        state(0, found=False), CHANGED, Replay(state(0, NEW, TWO, found=False), 2, ours=False),
    ),
    "another's run is open": (
        state(5, ONE, runs=("other",)), [], Replay(state(5, ONE, runs=("other",)), 0, ours=False),
    ),
    "both are open": (
        state(5, ONE, runs=("other", "r")), CHANGED, Replay(state(5, NEW, TWO, runs=("other",)), 2, ours=True),
    ),
    "a later record of an address counts": (
        state(5, runs=("r",)), [RUN, entries(b=("2", "x")), entries(b=("2", "B"))],
        Replay(state(5, TWO), 1, ours=True),
    ),
    "what is taken out is out": (
        state(5, ONE, TWO, runs=("r",)), [RUN, entries(a=None, c=None)], Replay(state(5, TWO), 1, ours=True),
    ),
    "what was made, and not read back": (
        state(5, ONE, runs=("r",)), [RUN, *call("r-1", "ClosingReason/b", "2")],
        Replay(state(5, ONE, Managed(B, "2")), 1, ours=True),
    ),
    "a part that was made": (
        state(5, Managed(FLOW, "t"), runs=("r",)), [RUN, *call("r-1", "FlowTemplate/f", "m1", ["automations", "mail"])],
        Replay(state(5, Managed(FLOW, "t", {}, {"automations": {"mail": "m1"}})), 1, ours=True),
    ),
    "what was not made": (
        state(5, ONE, runs=("r",)), [RUN, *call("r-1", "ClosingReason/b", "", outcome="REJECTED")],
        Replay(state(5, ONE), 0, ours=True),
    ),
    "a journal of an earlier version, of whatever state": (
        state(9, ONE), call("r-1", "ClosingReason/b", "2"), Replay(state(9, ONE, Managed(B, "2")), 1, ours=False),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("before", "records", "expected"), CASES.values(), ids=CASES)
def test_what_a_journal_adds(before: State, records: list[Json], expected: Replay) -> None:
    assert replay(before, Records(({"journal": 2}, *records)), "x.journal") == expected


@pytest.mark.parametrize(("before", "records", "expected"), CASES.values(), ids=CASES)
def test_reading_it_twice_adds_nothing(before: State, records: list[Json], expected: Replay) -> None:
    again = replay(expected.state, Records(({"journal": 2}, *records)), "x.journal")
    assert again.state.entries == expected.state.entries


ROW = {"address": "ClosingReason/a", "live_id": "1"}
BAD: dict[str, tuple[Any, int, str]] = {
    "no rows": ({"entries": ["ClosingReason/a"]}, 3, "a record nobody wrote"),
    "no address": ({"entries": {"a": {**ROW, "address": "a"}}}, 3, "a record nobody wrote"),
    "an unknown kind": (
        {"entries": {"Banana/a": {**ROW, "address": "Banana/a"}}}, 3, "a record nobody wrote",
    ),
    "another's row": ({"entries": {"ClosingReason/b": ROW}}, 3, "a record nobody wrote"),
    "an id that is no text": ({"entries": {"ClosingReason/a": {**ROW, "live_id": 1}}}, 3, "a record nobody wrote"),
    "a field nobody knows": ({"entries": {"ClosingReason/a": {**ROW, "x": 1}}}, 3, "a record nobody wrote"),
    "a marker nobody wrote": (
        {"entries": {"ClosingReason/a": {**ROW, "declared": {"x": {"$ref": {"y": 1}}}}}}, 3, "a record nobody wrote",
    ),
    "a settled call that was never begun": (
        {"settled": "r-9", "outcome": "APPLIED", "live_id": "1"}, 3, "a record nobody wrote",
    ),
    "two addresses of one object": (
        {"entries": {"ClosingReason/b": {**ROW, "address": "ClosingReason/b"}}}, 1,
        "journal links `ClosingReason/b` to the live object of `ClosingReason/a` in the state",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("record", "line", "message"), BAD.values(), ids=BAD)
def test_what_nobody_wrote_is_refused_with_its_line(record: Json, line: int, message: str) -> None:
    records = Records(({"journal": 2}, RUN, record))
    with pytest.raises(InvalidInput, match=message) as caught:
        replay(state(5, ONE, runs=("r",)), records, "x.journal", {"ClosingReason"})
    (problem,) = caught.value.problems
    assert (problem.rule, problem.at.line if problem.at else 0) == ("journal", line)
    assert "delete the journal" in problem.hint


def test_a_run_whose_state_is_no_number_is_refused() -> None:
    with pytest.raises(InvalidInput, match="a record nobody wrote"):
        replay(state(5, ONE), Records(({"journal": 2}, {"run": "r", "serial": "5"})), "x.journal")
