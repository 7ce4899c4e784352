"""Random repositories, one after the other, and the second apply taken back: whatever was there is there again."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

import pytest

from simulation.findings import CANARY
from simulation.repositories import organisation, repository
from simulation.world import World

Json = Any
KEYS = {"EntitySchema": "slug", "ClosingReason": "id", "RetentionConfig": "id"}
"""Kinds that are the same object after an undo whatever happened, unless they were deleted, and what tells which."""
SET_ANEW = {"version", "updated_at", "lastUpdateTime", "last_updated_at", "created_at", "creationTime", "id"}


def by_key(world: World) -> dict[tuple[str, str], Json]:
    """Every object of those kinds, without what each write sets anew."""
    return {
        (kind, each[key]): {name: each[name] for name in each if name not in SET_ANEW}
        for kind, key in KEYS.items()
        for each in world.listed(kind)
    }


@pytest.mark.parametrize("seed", range(12))
def test_what_was_there_is_there_again(make_world: Callable[..., World], seed: int) -> None:
    dice = Random(seed)
    world = make_world(flow_export=dice.random() < 0.7)
    world.env = {"SYNCER_KEY": CANARY}
    world.seed(organisation(dice))
    world.only_these(*repository(dice, tuple(world.manifests)))
    assert world.apply().code == 0
    first = by_key(world)
    world.only_these(*repository(dice, tuple(world.manifests)))
    assert world.apply().code == 0
    plan = world.undone().plan
    assert not [each for each in plan.notices if each.rule in ("undo-conflict", "undo-impossible")]
    back = world.apply(saved=plan, undo=plan.undo)
    assert back.code == 0, back.problems
    third = by_key(world)
    erased = {key for key in first if key[0] == "ClosingReason" and key not in third}
    assert {key: third.get(key) for key in first.keys() - erased} == {key: first[key] for key in first.keys() - erased}
    texts = [each["title"] for (kind, _), each in third.items() if kind == "ClosingReason"]
    assert [first[key]["title"] for key in sorted(erased) if first[key]["title"] not in texts] == []
    assert not [path for path in world.runs.folder.iterdir() if CANARY in path.read_text("ascii")]
