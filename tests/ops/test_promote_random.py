"""Random organisations are carried to another one with ids of its own: then both plans are empty, and stay so."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest
import yaml

from simulation.promotions import Two, pulled
from simulation.repositories import organisation, repository
from simulation.world import writes
from syncer.kinds import KINDS
from syncer.model.diagnostic import InvalidInput

Json, World = Any, Any
MANY = int(os.environ.get("SYNCER_EXAMPLES") or 20)
SECRET = "SYNCER_BONITAETSPRUEFUNG_API_KEY"
COMPONENT = "f17093e0-9c05-5cab-abfe-f19df8a94894"
_HERE = Path(__file__).parent
_spec = importlib.util.spec_from_file_location("pull_random", _HERE / "test_pull_random.py")
assert _spec is not None
assert _spec.loader is not None
pull_random = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(pull_random)


def ids_of_theirs(document: Json) -> Json:
    """The same objects under other ids."""
    return json.loads(json.dumps(document).replace('"foreign', '"theirs').replace("RRRR", "SSSS"))


def live_ids(world: World, two: Two) -> tuple[set[str], set[str]]:
    """The ids that either platform gave to flows, reasons and automations."""
    lists = {
        "/v1/workflows/closing-reasons?includeInactive=true": "reasons",
        "/v2/flows/templates": "results",
        "/v1/automation/flows?include_flows=true&size=100": "results",
    }
    found = [
        {each["id"] for path, items in lists.items() for each in ask(f"GET {path}")[items]}
        for ask in (world.ask, two.ask)
    ]
    return found[0], found[1]


def everything(world: World) -> Json:
    """All that is live in the source."""
    return {kind: world.listed(kind) for kind in (*KINDS, "AutomationFlow")}


def give_the_secret(two: Two) -> None:
    """What a person does who is told to: the line that the manifest's comment has, put where it says."""
    for path in two.world.folder.rglob("*.yaml"):
        if SECRET in (text := path.read_text("utf-8")):
            document = yaml.safe_load(text)
            values = document["spec"].setdefault("option_values", [])
            if not any(each["component_id"] == COMPONENT for each in values):
                values.append({"component_id": COMPONENT, "options": []})
            component = next(each for each in values if each["component_id"] == COMPONENT)
            component["options"].append({"key": "api_key", "value": f"${{env.{SECRET}}}"})
            path.write_text(yaml.safe_dump(document, allow_unicode=True), "utf-8")


@pytest.mark.parametrize("number", range(MANY))
def test_random_organisation(number: int, make_world: Callable[..., World], tmp_path: Path) -> None:
    dice = Random(number)
    world = make_world(flow_export=dice.random() < 0.7)
    world.env[SECRET] = "hush-hush-2"
    world.seed(organisation(dice))
    world.put(*repository(dice))
    with contextlib.suppress(InvalidInput):  # two live objects of one title: a repository that cannot be applied
        world.apply()
    pull_random.by_hand(world, dice)
    before, seen = everything(world), len(world.requests())
    two = Two(world, tmp_path / "promoted")
    two.seed(ids_of_theirs(organisation(dice)))
    with_manifests = dice.random() < 0.5
    if with_manifests:
        pulled(two)
    promotion = two.promote()
    if any("api_key" in each.message for each in promotion.missing):
        if not with_manifests:
            pulled(two)
        give_the_secret(two)
        promotion = two.promote()
    if promotion.missing:
        assert two.provide(promotion) == [each.message.split("`")[1] for each in promotion.missing]
        promotion = two.promote()
    assert ([str(each) for each in promotion.missing], promotion.left) == ([], [])
    assert two.changes("test") == {}
    assert [each for each in world.requests()[seen:] if writes(each)] == []
    made = two.within("other").apply()
    assert (made.code, made.problems) == (0, [])
    assert (two.changes("test"), two.changes("other")) == ({}, {})
    assert everything(world) == before
    here, there = live_ids(world, two)
    assert here & there == set()
    assert len(promotion.chosen) == sum(len(world.listed(kind)) for kind in KINDS)
    known = two.files()
    again = two.promote()
    assert (again.missing, again.pulled.drafts, again.variables) == ([], [], ())
    assert {each.how for each in again.pairs} <= {"link", "lookup", "ids", "slug"}
    assert two.files() == known
    for name in [each for each in known if each.endswith((".yaml", ".html")) and each != "syncer.yaml"]:
        texts = known[name].decode()
        assert not [id for id in here | there if f" {id}\n" in texts or f'"{id}"' in texts], name
