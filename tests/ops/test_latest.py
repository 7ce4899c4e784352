"""A platform that refuses `latest=true`, since it has retired freezing, is asked again without."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from simulation.manifests import Make
from simulation.world import World
from syncer.api.routes import without_retired

QUERIES = {
    "/v2/entity/schemas?full=true&latest=true": "/v2/entity/schemas?full=true",
    "/v1/entity/schemas/mast?latest=true": "/v1/entity/schemas/mast",
    "/v1/entity/schemas/mast/versions?versions_size=1": "/v1/entity/schemas/mast/versions?versions_size=1",
    "/v1/entity/schemas/latest": "/v1/entity/schemas/latest",
}


@pytest.mark.parametrize(("path", "bare"), QUERIES.items())
def test_a_path_less_what_is_retired(path: str, bare: str) -> None:
    assert without_retired(path) == bare


@pytest.mark.parametrize("how", ["honoured", "ignored", "refused"])
def test_schemas_are_written_and_agree_whatever_becomes_of_the_parameter(
    make_world: Callable[..., World], how: str
) -> None:
    world = make_world(schema_latest=how)
    world.put(Make.schema("mast", Make.text("height")))
    assert world.apply().problems == []
    world.converges()
    world.put(Make.schema("mast", Make.text("height"), plural="Masten"))
    assert world.changes() == {"EntitySchema/mast": ["update", "plural (ours)"]}
    assert world.apply().problems == []
    world.converges()


def test_the_parameter_is_tried_once_in_a_run(make_world: Callable[..., World]) -> None:
    world = make_world(schema_latest="refused")
    world.put(Make.schema("mast", Make.text("height")))
    run = world.apply()
    tried = [each for each in run.requests if each["method"] == "GET" and each["status"] == 400]
    assert len(tried) == 1


def test_another_refusal_of_the_same_read_is_told(make_world: Callable[..., World]) -> None:
    world = make_world()
    world.put(Make.schema("mast", Make.text("height")))
    world.fault(method="GET", path="/v2/entity/schemas", status=400, times=2)
    with pytest.raises(Exception, match="400"):
        world.plan()


def freeze(world: World, version: Any) -> None:
    world.ask("POST /v1/entity/schemas/mast/freeze", {"version_id": version})


def test_what_a_frozen_schema_means_is_said(world: World) -> None:
    world.put(Make.schema("mast", Make.text("height")))
    world.apply()
    freeze(world, world.one("EntitySchema", slug="mast")["id"])
    world.put(Make.schema("mast", Make.text("height"), plural="Masten"))
    assert [each.message for each in world.plan().plan.notices] == [
        "the schema is frozen: the change is stored, and not served to anybody until it is unfrozen"
    ]
