"""Pulls and promotions that are committed, thrown away or reverted, between two organisations, scaled down; and that
each invariant is seen when it is broken. `make sim REVIEWS=200x50` is the whole of it.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import pytest

pytest.importorskip("flask", reason="the sandbox's extra is not installed")

from simulation.promotions import Two
from simulation.reviews import INVARIANTS, PROJECT, Review, Reviewing, review
from simulation.world import World

ORDERS = [
    (command, outcome, *order)
    for command in ("pull", "promote")
    for outcome in ("commit", "discard", "revert")
    for order in itertools.permutations(("reviewed", "apply", "changed by hand"))
]


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Callable[[int], Reviewing]]:
    """`made(seed)`: a walk that has not begun, between two organisations that have something of their own."""
    worlds: list[World] = []

    def walk(seed: int) -> Reviewing:
        world = World(tmp_path / f"world-{seed}")
        worlds.append(world)
        found = Reviewing(Two(world, tmp_path / f"between-{seed}", PROJECT), Random(seed), Review(seed))
        found.begin()
        return found

    yield walk
    for each in worlds:
        each.close()


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_a_walk_keeps_every_invariant(seed: int) -> None:
    came = review((seed, 30))
    assert (came.violations, came.steps.total()) == ([], 30)


@pytest.mark.slow
@pytest.mark.parametrize(("seed", "steps"), [(18, 10)])
def test_what_failed_once_holds(seed: int, steps: int) -> None:
    """18: a state that a pull began made drift into a change of ours."""
    assert review((seed, steps)).violations == []


def test_the_same_seed_is_the_same_walk() -> None:
    assert review((3, 8)) == review((3, 8))


@pytest.mark.slow
@pytest.mark.parametrize("number", range(len(ORDERS)), ids=lambda number: " ".join(ORDERS[number]).replace(" by ", "-"))
def test_a_review_of_any_outcome_leaves_nothing_behind(number: int, made: Callable[[int], Reviewing]) -> None:
    """The command and what becomes of it, an apply, a change by hand, in every order; then the other way round."""
    command, outcome, *order = ORDERS[number]
    walk = made(number)
    for name in (*order, *reversed(order)):
        for step in (command, "commit", "revert") if (name, outcome) == ("reviewed", "revert") else (command, outcome):
            walk.step(step if name == "reviewed" else name)
            if name != "reviewed":
                break
    assert walk.came.violations == []


def _off(walk: Reviewing) -> str:
    """An apply that switches off what nobody ever applied."""
    ((_, id), *_) = (key for key, text in walk.live("test").items() if json.loads(text).get("title") == "Nur hier")
    before = walk.live("test")
    walk._ask("test", f"PATCH /v2/workflows/closing-reasons/{id}", {"status": "INACTIVE"})
    walk._hold_to_managed("test", before, walk.live("test"))
    return id


def _attribute_gone(walk: Reviewing) -> str:
    before = walk.live("other")
    walk._put_schema("other", "site", ["street"])
    walk._hold_to_managed("other", before, walk.live("other"))
    return "count"


def _damaged(walk: Reviewing) -> str:
    path = walk.two.view("test").state_path
    path.parent.mkdir(parents=True)
    path.write_text("{", "utf-8")
    return path.name


def _forgetful(walk: Reviewing) -> str:
    """A pull that takes what it wrote for what was declared."""
    seen = iter([{"Kind/x label B"}, set()])
    walk._drift = lambda environment: next(seen)
    return walk.pull_thrown_away()


BREAKS: dict[str, tuple[int, str, Callable[[Reviewing], str]]] = {
    # what happens: the invariant, the step it is said to be, how
    "a reason switched off that nobody applied": (1, "apply", _off),
    "an attribute gone that nobody applied": (1, "apply", _attribute_gone),
    "a pull that writes": (2, "pull", lambda walk: walk._reason("test", "Von wem")),
    "the state damaged": (3, "commit", _damaged),
    "drift that is gone": (4, "pull, thrown away", _forgetful),
}


@pytest.mark.parametrize(("invariant", "step", "break_it"), BREAKS.values(), ids=BREAKS)
def test_a_broken_invariant_is_seen(
    invariant: int, step: str, break_it: Callable[[Reviewing], str], made: Callable[[int], Reviewing]
) -> None:
    walk = made(1)
    walk.moves[step] = (1, lambda: break_it(walk))
    walk.step(step)
    assert any(each.startswith(INVARIANTS[invariant]) for each in walk.came.violations), walk.came.violations
