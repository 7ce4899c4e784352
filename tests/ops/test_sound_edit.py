"""What no manifest may say holds back itself, and nothing else of its object."""

from __future__ import annotations

import json
from typing import Any

import pytest

from simulation.manifests import Make
from simulation.world import World
from syncer.model.json_values import show_path
from tests.ops.test_write_back import SET_BY_THE_PLATFORM, said, taken_over

Json = Any
TOKEN = "Bearer abcdefghijklmnopqrstuvwxyz0123456789"
SITE = "GET /v1/entity/schemas/site"


def label(schema: Json, index: int, text: Json) -> None:
    schema["attributes"][index]["label"] = text


def gain(schema: Json, **more: Json) -> None:
    schema["attributes"].append({"name": "new", "type": "string", "label": "New", **more})


ROWS: dict[str, tuple[Any, list[str], list[str]]] = {
    "one text among others": (
        lambda live: (label(live, 0, TOKEN), label(live, 1, "By hand"), live.update(icon="home")),
        ["attributes[1].label", "icon"],
        ["attributes[0].label"],
    ),
    "two": (
        lambda live: (label(live, 0, TOKEN), label(live, 2, f"{TOKEN}1"), label(live, 1, "By hand")),
        ["attributes[1].label"],
        ["attributes[0].label", "attributes[2].label"],
    ),
    "in a whole value": (
        lambda live: live.update(plural=TOKEN, name="Sites"),
        ["name"],
        ["plural"],
    ),
    "an item that went, beside it": (
        lambda live: (label(live, 0, TOKEN), live["attributes"].pop()),
        ["attributes[2]"],
        ["attributes[0].label"],
    ),
    "where an item came": (
        lambda live: (gain(live, deprecated=True, placeholder=TOKEN), label(live, 1, "By hand")),
        ["attributes[1].label"],
        ["attributes[3]"],
    ),
}


@pytest.fixture
def applied(world: World, make: type[Make]) -> World:
    attributes = [make.text(name) for name in ("a", "b", "c")]
    world.put(
        make.schema("site", *attributes, icon="house", plural="Places", metadata={"policy": {"prune": ["attributes"]}})
    )
    assert world.apply().problems == []
    return world


@pytest.mark.parametrize(("by_hand", "taken_paths", "left"), ROWS.values(), ids=ROWS)
def test_all_else_is_taken_over(applied: World, by_hand: Any, taken_paths: list[str], left: list[str]) -> None:
    live = applied.ask(SITE)
    by_hand(live)
    applied.ask("PUT /v1/entity/schemas/site", {k: v for k, v in live.items() if k not in SET_BY_THE_PLATFORM})
    taken = taken_over(applied)
    (one,) = taken.objects
    assert sorted(show_path(each.path, "").lstrip(".") for each in one.taken) == taken_paths
    assert sorted(show_path(each.path, "").lstrip(".") for each in one.left if each.why == "unsound") == left
    assert [str(each) for each in taken.unwritten] == ["EntitySchema/site"]
    assert {each.rule for each in taken.problems} - {"undeclared"} == {"unsound-live"}
    after = json.loads(taken.changes.files["config/EntitySchema-site.json"].after or b"")
    assert TOKEN not in json.dumps(after)


def test_where_nothing_else_changed_the_manifest_stays(applied: World) -> None:
    live = applied.ask(SITE)
    label(live, 0, TOKEN)
    applied.ask("PUT /v1/entity/schemas/site", {k: v for k, v in live.items() if k not in SET_BY_THE_PLATFORM})
    taken = taken_over(applied)
    assert ([each.taken for each in taken.objects], list(taken.changes.files)) == ([()], [])
    message, _ = said(taken)
    assert message.startswith("EntitySchema/site was left as it is: what is live is no sound manifest: ")
