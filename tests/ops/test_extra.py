"""What only the platform knows, from a manifest to the organisation and back: listed, reviewed, removed, promoted."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from syncer.model.address import Address
from syncer.ops.plan import PlanResult

Json, World = Any, Any


def with_new(document: Json, place: list[Any], value: Json, *paths: str) -> Json:
    """A manifest with a field `x_new` in the mapping at a place of its spec."""
    made = copy.deepcopy(document)
    holder = made["spec"]
    for step in place:
        holder = holder[step]
    holder["x_new"] = value
    made["metadata"]["extra"] = list(paths)
    return made


def reviewed(planned: PlanResult, address: str) -> list[tuple[str, str, str]]:
    """Class, path and reason of each field that a change is reviewed by, but for those that are safe."""
    change = next(each for each in planned.plan.changes if str(each.address) == address)
    return [(each.level, each.path, each.reason) for each in change.fields if each.level != "safe"]


STREET = {"name": "street", "label": "S", "type": "string"}
CASES: dict[str, tuple[str, tuple[Any, ...], list[Any], str, str, str]] = {
    # what: maker, its arguments, where in the spec, the path of `extra`, the field of a create, the stored kind
    "a schema": ("schema", ("site", STREET), [], "x_new", "x_new", "schema"),
    "an attribute": (
        "schema", ("site", STREET), ["attributes", 0],
        "attributes[street].x_new", "attributes", "schema",
    ),
    "a flow": ("flow", ("house",), [], "x_new", "x_new", "flow"),
    "a task": ("flow", ("house",), ["tasks", 0], "tasks[call].x_new", "tasks", "flow"),
    "any task": ("flow", ("house",), ["tasks", 0], "tasks[*].x_new", "tasks", "flow"),
}  # fmt: skip


@pytest.mark.parametrize(("maker", "given", "place", "path", "top", "kind"), CASES.values(), ids=CASES)
def test_a_field_goes_live_is_reviewed_and_goes_again(
    world: World, make: Any, maker: str, given: Any, place: list[Any], path: str, top: str, kind: str
) -> None:
    """Never safe, neither when it is made nor when it is changed or removed; `null` takes it back."""
    document = getattr(make, maker)(*given)
    address = f"{document['kind']}/{document['metadata']['name']}"
    shown = path.replace("[*]", "[call]")
    said = f"syncer does not know `{shown}`"

    def held() -> str:
        id = world.state().entries[Address(*address.split("/"))].live_id
        return repr(world.stored(kind, id))

    world.put(with_new(document, place, {"a": 1}, path))
    assert reviewed(world.plan(), address) == [("risky", top, said)]
    assert (world.apply().code, world.changes()) == (0, {})
    assert "'x_new': {'a': 1}" in held()
    world.put(with_new(document, place, {"a": 2}, path))
    assert reviewed(world.plan(), address) == [("risky", f"{shown}.a", said)]
    world.put(with_new(document, place, None, path))
    assert reviewed(world.plan(), address) == [("risky", shown, said)]
    assert (world.apply().code, world.changes()) == (0, {})
    assert "x_new" not in held()


def test_an_undo_says_it_too(world: World, make: Any) -> None:
    document = make.schema("site", make.text("street"))
    world.put(document)
    world.apply()
    world.put(with_new(document, ["attributes", 0], 7, "attributes[street].x_new"))
    world.apply()
    assert [(each.level, each.path) for each in world.undone().plan.changes[0].fields] == [
        ("risky", "attributes[street].x_new")
    ]


def test_a_secret_below_it_is_hidden_and_said(world: World, make: Any) -> None:
    """It is no field for secrets, for nobody here knows what becomes of it."""
    world.env["SYNCER_HUSH"] = "hush-hush-9"
    world.put(with_new(make.schema("site", make.text("street")), [], {"key": "${env.SYNCER_HUSH}"}, "x_new"))
    [(level, path, reason)] = reviewed(world.plan(), "EntitySchema/site")
    assert (level, path) == ("risky", "x_new")
    assert reason == (
        "the secret SYNCER_HUSH goes into `x_new.key`, which is no field for secrets; syncer does not know `x_new`"
    )
    assert "hush-hush-9" not in repr(world.plan().plan)
