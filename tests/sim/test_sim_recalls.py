"""Plan and drift with and without what they recall, scaled down; `make sim MEMORY=200` is the whole of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest

pytest.importorskip("flask", reason="the sandbox's extra is not installed")

from simulation.recalls import recalled
from syncer.model.kind import Context
from syncer.plan.agreement import Agreements


@pytest.mark.parametrize("seed", range(3))
def test_a_life_says_the_same_with_and_without(seed: int) -> None:
    came = recalled((seed, 6))
    assert (came.wrong, came.steps.total(), came.runs.total()) == ([], 6, 18)


def test_every_way_is_gone() -> None:
    runs = Counter[str]()
    for seed in (2, 4):
        runs += recalled((seed, 8)).runs
    assert {"whole", "in part", "to check"} <= set(runs)


BLIND: dict[str, Callable[[Context], Context]] = {
    "the live object": lambda context: context._replace(live={}),
    "the manifest": lambda context: context._replace(want={}),
}


@pytest.mark.parametrize("name", BLIND)
def test_a_digest_that_overlooks_an_input_is_seen(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = Agreements.digest
    monkeypatch.setattr(Agreements, "digest", lambda self, context, *more: whole(self, BLIND[name](context), *more))
    assert any(recalled((seed, 20)).wrong for seed in range(6))
