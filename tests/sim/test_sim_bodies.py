"""Organisations of random bodies, scaled down; `make sim BODIES=2000` is the whole of it. And that what is lost, made
or not said is noticed."""

from __future__ import annotations

from collections.abc import Callable

import pytest

pytest.importorskip("flask", reason="the sandbox's extra is not installed")

from simulation import bodies
from simulation.bodies import STORED, played
from syncer.model.json_values import Spec
from syncer.ops.pull import composition
from syncer.plan.drift import Drift

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("seed", range(4))
def test_what_an_organisation_holds_is_carried(seed: int) -> None:
    came = played(seed, size=30, hands=3)
    assert came.wrong == {}
    assert came.bodies.keys() == STORED.keys()
    assert came.hands > 0


@pytest.mark.parametrize("seed", range(2))
def test_what_was_pulled_makes_the_same_in_an_empty_organisation(seed: int) -> None:
    """It passes `validate --strict`, plans empty, and is applied as it is where nothing is yet."""
    assert played(seed, size=20, hands=0, promoting=False).wrong == {}


Patch = Callable[[pytest.MonkeyPatch], None]


def _loses_a_word(patch: pytest.MonkeyPatch) -> None:
    known = composition.known_fields

    def without(slug: str, spec: Spec) -> object:
        return known(slug, {name: each for name, each in spec.items() if name != "plural"} | {"plural": "x"})

    patch.setattr(
        composition, "known_fields", lambda slug, spec: without(slug, spec) if "plural" in spec else known(slug, spec)
    )


def _sees_no_drift(patch: pytest.MonkeyPatch) -> None:
    from dataclasses import replace

    seen: Callable[..., Drift] = bodies.World.drift
    patch.setattr(bodies.World, "drift", lambda world, **how: replace(seen(world, **how), objects=()))


BROKEN: dict[str, tuple[Patch, str]] = {
    "a pull that says another word": (_loses_a_word, "left out"),
    "a drift that says nothing": (_sees_no_drift, "drift"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_goes_wrong_is_noticed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    patch, sort = BROKEN[name]
    patch(monkeypatch)
    assert sort in played(2, size=30, hands=3).wrong
