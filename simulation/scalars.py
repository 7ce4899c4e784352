"""A scalar of a managed object, changed by hand and put back: drift must report exactly that, declared or not."""

from __future__ import annotations

from random import Random
from typing import Any

from simulation.broken import BrokenWorld
from simulation.findings import STORED, linked
from syncer.kinds import KINDS
from syncer.model.address import parse_address
from syncer.model.field_rules import Shape
from syncer.model.json_values import leaves_at, replaced
from syncer.plan.drift import Drift

Json = Any
MAY_CHANGE = frozenset(
    {"description", "label", "plural", "required", "readonly", "hidden", "feature_flag", "x_by_hand"}
)
"""Fields that tell no two items apart, and of which no other field depends."""


def fields_told(report: Drift) -> dict[tuple[str, str], Json]:
    """(address, path) of every field that is reported, as drift or as an item of others → what is there now."""
    return {
        (str(each.address), field.path): field.after
        for each in (*report.objects, *report.added)
        for field in each.fields
    }


def changed_by_hand(world: BrokenWorld, dice: Random) -> tuple[str, str]:
    """(what was done, what is wrong with the report of it). Nothing is done where the manifests have something to be
    applied, or nobody knows what was live: then no change by hand can be told from another."""
    before = world.drift()
    if before.pending or before.unclear or before.unknown:
        return "not asked: an apply has something to do", ""
    texts, told = world.texts(), fields_told(before)
    moved = {str(each.address) for each in before.objects if each.what != "changed"}
    owners = linked(world)
    ours = sorted(
        key for key, owner in owners.items() if key in texts and key[0] in STORED.values() and owner not in moved
    )
    if not ours:
        return "nothing is ours", ""
    kind, id = dice.choice(ours)
    address = parse_address(owners[kind, id])
    assert address is not None
    body = world.stored(kind, id)
    spec = KINDS[address.kind].spec_of(body)
    places = [path for path, value in leaves_at(spec) if path[-1] in MAY_CHANGE and isinstance(value, str | bool)]
    places += [
        (name,) for name in ("x_by_hand", "description") if name in KINDS[address.kind].spec_of({**body, name: ""})
    ]
    if not places:
        return f"{address}: no such field is its kind's", ""
    path = dice.choice(places)
    value = _other(spec, path)
    world.stored(kind, id, lambda old: replaced(old, path, value) if path[1:] else {**old, path[0]: value})
    after = fields_told(world.drift())
    world.stored(kind, id, lambda old: body)
    new = sorted(place for place, there in after.items() if told.get(place, _NOTHING) != there)
    gone = sorted(place for place in told if place not in after and _named(place[1]) != path[-1])
    said = f"{address}: {'.'.join(map(str, path))}"
    told_of = path[: _seen(KINDS[address.kind].shape, path)]
    right = len(new) == 1 and new[0][0] == str(address) and not gone and _is(new[0][1], told_of)
    return said, "" if right else f"{said} was changed, and drift says {new or gone or 'nothing'}"


_NOTHING = object()


def _other(spec: Json, path: tuple[str | int, ...]) -> Json:
    value = spec
    for step in path:
        value = value.get(step) if isinstance(value, dict) else value[step]
    return not value if isinstance(value, bool) else f"{value or ''}·"


def _seen(shape: Shape, path: tuple[str | int, ...]) -> int:
    """How many steps of the path are told: a list whose items have no keys is one value to whoever did not write it."""
    for at, step in enumerate(path):
        if isinstance(step, int) and not shape.rule.keys:
            return at
        shape = shape.item() if isinstance(step, int) else shape.at(step)
    return len(path)


def _named(path: str) -> str:
    return path.rpartition(".")[2]


def _is(reported: str, path: tuple[str | int, ...]) -> bool:
    """Whether the reported path is that of the field, items by their keys."""
    steps = reported.replace("]", "").replace("[", ".").split(".")
    return len(steps) == len(path) and all(
        isinstance(one, int) or one == other for one, other in zip(path, steps, strict=True)
    )
