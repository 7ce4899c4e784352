"""The simulator, scaled down: some seeds, a sample of the crashes, of the crashes in recovery and of the failing calls.

`make sim SEEDS=1000`, `make sim CRASHES=1` and `make sim CALLS=1` are the whole of it.
"""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import Any

import httpx
import pytest

pytest.importorskip("flask", reason="the sandbox's extra is not installed")

from simulation.broken import WAYS, BrokenWorld, Fate, SimulatedCrash
from simulation.counting import HOWS, Failing, failed
from simulation.disk import MemoryDisk
from simulation.faults import Cell, cells, faulted
from simulation.findings import CANARY, aftermath, linked, no_secret, nothing_twice_or_lost
from simulation.guards import noticed
from simulation.hostile import let_through, links, runner_commands, screen_commands, strings
from simulation.instants import ENTRY, INSTANTS, LATER, OPERATIONS, Case, crashed
from simulation.manifests import Make
from simulation.responses import heard, spoilt
from simulation.seeds import live
from syncer.ops.apply.state_store import FIRST

LAST_CALL = 500
"""More than an apply of the counting sort makes."""


@pytest.fixture
def world(tmp_path: Path) -> Any:
    found = BrokenWorld(tmp_path, env={"SYNCER_KEY": CANARY})
    found.begin(Random(7))
    yield found
    found.close()


@pytest.mark.parametrize("seed", range(40))
def test_a_seed_ends_well(seed: int) -> None:
    assert live(seed).problems == []


def test_the_same_seed_is_the_same_life() -> None:
    assert live(11) == live(11)


SAMPLE = [
    Case(operation, instant, 0, 1 + 3 * (number % 2))
    for place, operation in enumerate(OPERATIONS)
    for number, instant in enumerate(INSTANTS)
    if number % 4 == place % 4
]
PAIRS = [
    Case("import", one, 0, 1, other)
    for place, one in enumerate(INSTANTS)
    for number, other in enumerate(INSTANTS)
    if (place + number) % 7 == 0
]


AT_THE_END = [
    Case(operation, instant, 0, 1 + 3 * (number % 2), "", FIRST)
    for place, operation in enumerate(OPERATIONS)
    for number, instant in enumerate((*LATER, *ENTRY))
    if number % 4 == place % 4
]


@pytest.mark.parametrize("case", [*SAMPLE, *PAIRS, *AT_THE_END], ids=str)
def test_a_crash_is_survived(case: Case) -> None:
    came = crashed(case)
    assert (came.count, came.problems) == (2 if case.then else 1, [])


@pytest.mark.parametrize("how", HOWS)
@pytest.mark.parametrize("number", range(5, 285, 28))
def test_a_failing_call_is_survived(number: int, how: str) -> None:
    came = failed(Failing(number, how))
    assert (came.reached, came.problems) == (True, [])


def test_counting_ends_with_the_last_call() -> None:
    assert not failed(Failing(LAST_CALL, "done")).reached


# --- the simulator sees what it is there for


class Always(Fate):
    """One thing goes wrong with every write."""

    def __init__(self, way: str) -> None:
        self.way = way

    def request(self, request: httpx.Request, *, writes: bool) -> str:
        return self.way if writes else ""


@pytest.mark.parametrize("way", WAYS)
def test_what_is_said_to_be_done_is_done(world: BrokenWorld, way: str) -> None:
    before = world.texts()
    world.put(Make.reason("won"))
    world.tried(Always(way))
    world.land(everything=True)
    done = way.endswith((", done", "done late")) or way == "slow"
    assert len(world.listed("ClosingReason")) == done
    assert world.faults[way] >= 1
    assert aftermath(world, before, ()) == []


def test_a_second_object_is_seen(world: BrokenWorld) -> None:
    world.put(Make.reason("won"))
    before = world.texts()
    world.tried(Fate())
    second = world.ask("POST /v1/workflows/closing-reasons", {"title": "Won", "status": "ACTIVE"})["id"]
    other = world.ask("POST /v1/workflows/closing-reasons", {"title": "Other", "status": "ACTIVE"})["id"]
    assert nothing_twice_or_lost(world, before, ()) == (
        [f"closing_reason {second} is a second one"],
        [f"closing_reason {other} is live and nobody knows it"],
    )


def test_a_link_to_nothing_is_seen(world: BrokenWorld) -> None:
    world.put(Make.reason("won"))
    world.tried(Fate())
    ((key, _),) = linked(world).items()
    world.ask(f"DELETE /v2/workflows/closing-reasons/{key[1]}")
    assert nothing_twice_or_lost(world, world.texts(), ()) == (
        [],
        [f"ClosingReason/won is linked to {key}, which is not there"],
    )


def test_a_secret_is_seen(world: BrokenWorld) -> None:
    assert no_secret(world) == []
    world.said.append(f"the key {CANARY} was not accepted")
    assert no_secret(world) == [f"secret said: the key {CANARY} was not accepted"]


def test_a_crash_takes_what_was_not_synced(tmp_path: Path) -> None:
    """A file that was written but not synced is there in part; a name that was not synced may be gone."""
    seen = set()
    for seed in range(40):
        disk = MemoryDisk()
        path = tmp_path / "journal"
        handle = disk.create(path, 0o600)
        disk.write(handle, b"one\n")
        disk.fsync(handle)
        disk.fsync_dir(tmp_path)
        disk.write(handle, b"two\n")
        disk.replace(path, tmp_path / "renamed")
        disk.lose_power(Random(seed))
        seen |= set(disk.files().items())
    names = {path.name for path, _ in seen}
    assert names == {"journal", "renamed"}
    assert {content for _, content in seen} >= {b"one\n", b"one\ntwo\n", b"one\ntw", b"one\n\0\0\0\0"}


def test_nothing_has_an_effect_after_a_crash(world: BrokenWorld) -> None:
    """Not even what the process does on its way out, and what its other workers had begun."""

    class Dies(Fate):
        def request(self, request: httpx.Request, *, writes: bool) -> str:
            if writes:
                raise world.crash()
            return ""

    world.put(*[Make.reason(name) for name in ("a", "b", "c")])
    assert world.tried(Dies(), workers=4)[0] == -9
    assert (world.committed, world.listed("ClosingReason")) == ([], [])
    world.dead = True
    with pytest.raises(SimulatedCrash):
        world.disk.create(world.folder / "new", 0o600)


# --- the network, hostile replies and hostile texts, scaled down


@pytest.mark.parametrize("cell", cells()[::97], ids=str)
def test_a_network_fault_is_taken_for_what_it_is(cell: Cell) -> None:
    ended = faulted(cell)
    assert (ended.struck, ended.problems) == (True, [])


def test_the_matrix_is_as_large_as_promised() -> None:
    """N4: at least 300 cells, and each row of docs/catalogue.md#network in one."""
    assert len(cells()) >= 2_800
    rows = {word for cell in cells() for word in cell.fault.split(" ") if word[:1] == "B" and word[1:].isdigit()}
    assert rows == {f"B{number:02}" for number in range(1, 30)}


def test_spoilt_replies_are_borne() -> None:
    found = [heard(seed) for seed in range(150)]
    assert [each for each in found if each.problem] == []
    assert len({each.call for each in found}) >= 20


def test_replies_are_spoilt_in_many_ways() -> None:
    bodies = {spoilt(b'{"id": "a", "list": [1, {"b": null}]}', Random(seed)) for seed in range(200)}
    assert len(bodies) > 100


@pytest.mark.parametrize("text", strings(140, 13), ids=ascii)
def test_a_hostile_text_commands_nothing(text: str) -> None:
    assert let_through(text) == []


def test_those_who_obey_see_the_attacks() -> None:
    assert screen_commands("a\x1b]52;c;x\x07\x1b[2J\r\u202e") == ["\x1b]52;c;x\x07", "\x1b[2J", "\r", "\u202e"]
    assert runner_commands("::error::x\n  ::add-mask::a\nfoo ##[add-mask]a\n## a\n::") == [
        "::error::x",
        "  ::add-mask::a",
        "foo ##[add-mask]a",
    ]
    assert links(r"[a](http://x) \[b](http://y)") == ["[a](http://x)"]


@pytest.mark.parametrize("name", ["not_vanished", "protected"])
def test_a_guard_taken_away_is_noticed(name: str) -> None:
    """`make sim GUARDS=1` takes all of them."""
    assert noticed(name) >= 1
