"""The shipped example, promoted whole into an organisation that has nothing."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from simulation.bodies import Round, same_there
from simulation.promotions import Two, pulled
from syncer.kinds import KINDS
from tests.ops.test_promote_random import give_the_secret

World = Any
STADTWERK = Path(__file__).parents[2] / "examples" / "stadtwerk"

pytestmark = pytest.mark.slow


def test_it_applies_whole_and_is_the_same_there(make_world: Callable[..., World], tmp_path: Path) -> None:
    world = make_world()
    world.env |= {"SYNCER_BONITAET_API_KEY": "hush-hush-1", "SYNCER_BONITAETSPRUEFUNG_API_KEY": "hush-hush-1"}
    shutil.rmtree(world.folder / "config", ignore_errors=True)
    shutil.copytree(STADTWERK, world.folder, dirs_exist_ok=True)
    settings = yaml.safe_load((STADTWERK / "syncer.yaml").read_text("utf-8"))
    known = settings["environments"]["production"]
    here = {"org_id": "739224", "vars": known["vars"], "ids": known["ids"]}
    settings["environments"] = {"sandbox": settings["environments"]["sandbox"], "test": here}
    (world.folder / "syncer.yaml").write_text(yaml.safe_dump(settings), "utf-8")
    for file in world.folder.glob("config/**/*.yaml"):
        lines = file.read_text("utf-8").splitlines()
        as_test = (each.replace("production", "test") if "environments:" in each else each for each in lines)
        file.write_text("\n".join(as_test) + "\n", "utf-8")
    assert world.apply().code == 0
    two = Two(world, tmp_path / "promoted")
    pulled(two)
    give_the_secret(two)
    two.provide(two.promote())
    promotion = two.promote()
    assert [each.message for each in promotion.missing] == []
    made = two.within("other").apply()
    assert (made.code, made.problems) == (0, [])
    assert (two.changes("test"), two.changes("other")) == ({}, {})
    found = Round(0)
    same_there(found, two, known["ids"].values())
    assert found.wrong == {}, "\n".join(found.wrong["lost"])
    assert {each.address.kind for each in made.planned.plan.changes} == set(KINDS)
