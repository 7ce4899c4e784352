"""Walks and spoilt manifests, scaled down; and that each invariant, and each limit, is seen when it is broken.

`make sim STEPS=200x50`, `make sim MANIFESTS=100000` and `make sim COST=100` are the whole of it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

pytest.importorskip("flask", reason="the sandbox's extra is not installed")

from simulation import apps
from simulation.commands import INVARIANTS, Walk
from simulation.cost import MOST_FSYNCS, measured
from simulation.findings import CANARY, linked
from simulation.fuzz import MEGABYTES, SECONDS, amiss, fuzzed
from simulation.gauges import GaugedWorld
from simulation.manifests import Make
from simulation.parts import HOUSE, manifests
from simulation.rate import MOST_MORE, rated
from simulation.repositories import GUARDED
from simulation.spoiling import repository
from simulation.walks import Walking, walk
from syncer.model.address import parse_address
from syncer.ops.pull.write_back import WriteBackResult

Json = Any


@pytest.mark.parametrize("seed", range(12))
def test_a_walk_keeps_every_invariant(seed: int) -> None:
    came = walk((seed, 30))
    assert (came.violations, came.steps.total()) == ([], 30)


def test_the_same_seed_is_the_same_walk() -> None:
    assert walk((3, 25)) == walk((3, 25))


def test_walks_go_everywhere() -> None:
    """Every command and every edit, runs that crash, are interrupted, refused, partly done."""
    steps, codes = Counter[str](), Counter[int]()
    for seed in range(20):  # a few do; which ones depends on what the product has come to do
        came = walk((seed, 50))
        steps += came.steps
        codes += came.codes
        if len(steps) == 25 and {0, 3, 4, -9} <= set(codes):
            return
    assert (len(steps), sorted(codes)) == (25, "with 0, 3, 4 and -9 among them")


@pytest.fixture
def walking(tmp_path: Path) -> Iterator[Walking]:
    """A walk that has applied once: a guarded reason, another one, and one of somebody else's."""
    world = GaugedWorld(tmp_path, env={"SYNCER_KEY": CANARY})
    world.begin(Random(7))
    world.gauge()
    world.ask("POST /v1/workflows/closing-reasons", {"title": "Anderes"})
    world.seed({"app_configurations": [apps.configuration()]})
    found = Walking(world, Random(7), Walk(7))
    world.put(Make.reason("guarded", metadata={"protect": True}), Make.reason("won"), *manifests())
    found.step("apply", found.good_apply)
    assert found.came.violations == []
    yield found
    world.close()


def _reason(walking: Walking, owner: str) -> str:
    return next(id for (_, id), address in linked(walking.world).items() if address == owner)


def _create(title: str) -> Callable[[Walking], object]:
    return lambda walking: walking.world.ask("POST /v1/workflows/closing-reasons", {"title": title})


def _change_others(walking: Walking) -> None:
    ((kind, id),) = (key for key in walking.hands.before if key[0] == "closing_reason")
    walking.world.stored(kind, id, lambda body: {**body, "title": "x"})


def _delete_guarded(walking: Walking) -> None:
    walking.world.ask(f"DELETE /v2/workflows/closing-reasons/{_reason(walking, GUARDED)}")


def _damage_state(walking: Walking) -> None:
    files = walking.world.memory.files()
    walking.world.memory.put({path: content.replace(b'"', b"'", 1) for path, content in files.items()})


def _too_many_at_once(walking: Walking) -> None:
    walking.world.most_flying = 5


def _too_fast(walking: Walking) -> None:
    walking.world.most_writes = 14


def _blind(walking: Walking) -> None:
    report = walking.world.drift()
    walking.world.drift = lambda **how: report  # type: ignore[method-assign]
    walking.scalar_by_hand()


def _house(walking: Walking, change: Callable[[Json], object]) -> None:
    """Somebody changes the flow with parts, past everybody."""
    id = next(id for (_, id), owner in linked(walking.world).items() if owner == HOUSE)
    walking.world.stored("flow", id, lambda body: change(body) or body)


def _noted_elsewhere(walking: Walking) -> None:
    _house(walking, lambda body: body["tasks"][0].update(x_mark=body["tasks"][1]["id"]))


def _remembered_otherwise(walking: Walking) -> None:
    walking.known = dict.fromkeys(walking._remembered(), "another")


def _named_otherwise(walking: Walking) -> None:
    _house(walking, lambda body: body["phases"][0].update(name="Otherwise"))
    walking.names_kept()


def _pulled_in_vain(walking: Walking) -> None:
    _house(walking, lambda body: body["phases"][0].update(name="Otherwise"))
    walking._all_of_it(WriteBackResult(), (), walking._by_hand_alone())


def _held_back(walking: Walking) -> None:
    _house(walking, lambda body: body["phases"][0].update(name="Otherwise"))
    house = parse_address(HOUSE)
    assert house is not None
    walking._all_of_it(WriteBackResult(unwritten=[house]), (), walking._by_hand_alone())


def _dishonest(walking: Walking) -> None:
    walking.world.put(Make.reason("lost"))
    walking.honest(0, 0)


def _wrote_and_refused(walking: Walking) -> None:
    walking.honest(4, 1)


def _stuck(walking: Walking) -> None:
    walking.world.put(Make.reason("new", metadata={"aliases": ["won"]}), Make.reason("newer"))
    walking.world.fault(method="POST", path="/v1/workflows/closing-reasons", status=400)
    walking.good_apply()


def _app(walking: Walking, change: Callable[[Json], object]) -> None:
    """The app is installed with a secret, and a later look finds it otherwise."""
    world = walking.world
    world.ask(f"POST /v1/app/{apps.APP}", {"version": "1.0.0", "option_values": apps.portal()})
    walking.look_again()
    world.stored("installation", apps.APP, lambda body: change(body) and body)


def _secret_gone(walking: Walking) -> None:
    _app(walking, lambda body: body["values"][apps.COMPONENT].pop("pin"))


def _secret_replaced(walking: Walking) -> None:
    _app(walking, lambda body: body["values"][apps.COMPONENT].update(pin="sealed:another") or True)


def _left_on(walking: Walking) -> None:
    body = {"flow_name": "Left", "enabled": True, "triggers": [], "actions": []}
    id = walking.world.ask("POST /v1/automation/flows", body)["id"]
    walking.hands.claimed.add(("automation", id))
    walking.automations_declared()


def _switched_on_again(walking: Walking) -> None:
    body = {"flow_name": "Hot", "enabled": True, "triggers": [], "actions": []}
    id = walking.world.ask("POST /v1/automation/flows", body)["id"]
    walking.hands.claimed.add(("automation", id))
    walking.stopped.add(id)


BREAKS: dict[str, tuple[int, str, Callable[[Walking], object]]] = {
    # what happens: the invariant, the step it is said to be, how
    "a second object of a title": (1, "apply", _create("Won")),
    "an object that nobody knows": (2, "apply", _create("Woher")),
    "somebody else's object changed": (3, "apply", _change_others),
    "the guarded object deleted": (4, "apply", _delete_guarded),
    "the state damaged": (5, "apply", _damage_state),
    "a plan that writes": (6, "plan", _change_others),
    "done, and the plan is not empty": (7, "apply", _dishonest),
    "nothing wrong, and not done": (7, "apply", _stuck),
    "refused, and something was written": (8, "apply", _wrote_and_refused),
    "a secret said": (9, "apply", lambda walking: walking.world.said.append(f"key {CANARY}")),
    "five requests of four workers": (10, "apply", _too_many_at_once),
    "fourteen writes where ten are allowed": (10, "apply", _too_fast),
    "a drift that sees nothing": (11, "apply", _blind),
    "a part with another's note": (12, "parts by hand", _noted_elsewhere),
    "a key with another id": (12, "apply", _remembered_otherwise),
    "a part with another's name": (12, "parts by hand", _named_otherwise),
    "a pull that takes nothing over": (13, "parts by hand", _pulled_in_vain),
    "a pull that holds a sound flow back": (13, "parts by hand", _held_back),
    "a secret gone": (14, "apply", _secret_gone),
    "a secret replaced": (14, "apply", _secret_replaced),
    "an automation of no file": (15, "apply", _left_on),
    "a stopped automation that is on": (16, "apply", _switched_on_again),
}


@pytest.mark.parametrize(("invariant", "step", "break_it"), BREAKS.values(), ids=BREAKS)
def test_a_broken_invariant_is_seen(
    walking: Walking, invariant: int, step: str, break_it: Callable[[Walking], object]
) -> None:
    walking.step(step, lambda: break_it(walking))
    assert any(each.startswith(INVARIANTS[invariant]) for each in walking.came.violations), walking.came.violations


def test_every_invariant_is_broken_once() -> None:
    assert {number for number, _, _ in BREAKS.values()} == set(INVARIANTS)


# --- spoilt manifests


def test_spoilt_manifests_are_borne() -> None:
    came = fuzzed(1000, 1000, 1)
    assert (came.failures, set(came.codes), came.codes.total()) == ([], {0, 3}, 1000)
    assert (came.slowest < SECONDS, came.largest < MEGABYTES) == (True, True)
    assert len(came.rules) > 25  # the spoilt ones get beyond the reader of YAML


def test_the_same_number_is_the_same_input() -> None:
    assert [repository(Random(f"manifest {each}")) for each in range(20)] == [
        repository(Random(f"manifest {each}")) for each in range(20)
    ]


ENDED = {
    # how a validate ended: code, form, stdout, stderr → what is wrong
    "valid": ((0, "text", "", "1 manifest in 1 file: valid\n"), []),
    "refused": ((3, "json", '{"problems": []}', ""), []),
    "a bug": ((1, "text", "", "error[bug]: x\n"), ["exit code 1: error[bug]: x"]),
    "a traceback": ((3, "text", "", "Traceback (most"), ["a traceback: Traceback (most"]),
    "the terminal repainted": ((3, "text", "\x1b[2J", ""), ["what it says holds a control character, or the token"]),
    "the token": ((3, "text", "canary-token", ""), ["what it says holds a control character, or the token"]),
    "half an answer": ((3, "sarif", "{", ""), ["--format sarif is no JSON: '{'"]),
    "silent": ((3, "text", "", "\n"), ["exit code 3 and not a word"]),
}


@pytest.mark.parametrize(("ended", "wrong"), ENDED.values(), ids=ENDED)
def test_what_is_wrong_with_an_end_is_seen(ended: tuple[int, str, str, str], wrong: list[str]) -> None:
    assert amiss(*ended) == wrong


# --- pace, and the journal's cost


def test_a_large_apply_keeps_the_pace() -> None:
    came = rated(600, 0)
    assert (came.code, came.refused > 0, came.refused_by_quota) == (0, True, 0)
    assert came.plain < came.requests <= MOST_MORE * came.plain
    assert 60 <= came.seconds < 120  # more than a minute's quota


def test_two_fsyncs_of_the_journal_a_writing_call() -> None:
    cost = measured(12, rounds=1, latency=0)
    assert cost.writes >= 12
    assert cost.writes < cost.journal_syncs <= MOST_FSYNCS * cost.writes + 2  # opened and compacted once
