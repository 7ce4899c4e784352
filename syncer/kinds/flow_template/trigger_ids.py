"""Which live trigger each trigger of a flow is, its own and the additional ones: both are looked for in all places."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterator, Mapping, Sequence

from syncer.diff.part_links import Alike, link
from syncer.kinds.flow_template.inline_automations import trigger_key, triggers_of
from syncer.kinds.flow_template.part_keys import PartIds, PartSides, declared_part, fresh_id, replacement
from syncer.kinds.lenient_reader import items, mapping
from syncer.model.address import Address
from syncer.model.json_values import Json, Part, Spec

Aim = tuple[Json, ...]


def identify_triggers(sides: PartSides, ids: PartIds) -> None:
    """Decide the id of every trigger. One that has no id live, and is asked for none, is left so."""
    theirs = mapping(sides.have.get("trigger"))
    bare = bool(theirs) and theirs.get("id") is None and "id" not in mapping(sides.want.get("trigger"))
    ours = [(place, each) for place, each in triggers_of(sides.want) if place or not bare]
    live, memory = _placed(sides.have), sides.known.get("triggers", {})
    aims = [_target(each, sides.known.get("automations", {})) for _, each in ours]
    parts = [declared_part(each) for _, each in ours]
    links = link(parts, live, memory, [*_likeness(sides, ours, aims)], sure=False)
    nameless, once = (
        [_target(each) for each in items(side.get("additional_triggers")) if each.get("id") is None]
        for side in (sides.have, sides.last)
    )
    taken = {*live, *links.gone.values(), *(part.key for part in parts)}
    for at, (place, mine) in enumerate(ours):
        hit = links.found.get(at, links.gone.get(at))
        if hit is not None:
            ids.put("triggers", trigger_key(mine, place), hit)
        elif place and "id" not in mine and aims[at] in nameless:
            nameless.remove(aims[at])
        elif place and "id" not in mine and aims[at] in once:  # somebody took it away, or changed what it looks at
            once.remove(aims[at])
        else:
            new = _trigger_id(sides.address, mine, place, taken)
            taken.add(new)
            ids.put("triggers", trigger_key(mine, place), new)
    keyed = {key: id for key, id in memory.items() if not key.isdecimal()}
    ids.notices += replacement("trigger", parts, links, live, keyed, lambda at: ours[at][1].get("type"))


def _likeness(sides: PartSides, ours: Sequence[tuple[int, Mapping[str, Json]]], aims: Sequence[Aim]) -> Iterator[Alike]:
    """A trigger that looks at the same is the same, first by the last apply, first in the same place; else one without
    a key has the id that is remembered of its place, and the flow's own keeps its id."""
    memory, own = sides.known.get("triggers", {}), mapping(sides.have.get("trigger")).get("id")
    for side in (_placed(sides.last), _placed(sides.have)):
        yield _aimed_alike(side, ours, aims, stays=True)
        yield _aimed_alike(side, ours, aims, stays=False)
    yield lambda at, id: "id" not in ours[at][1] and memory.get(str(ours[at][0])) == id
    yield lambda at, id: ours[at][0] == 0 and id == own


def _aimed_alike(
    side: Mapping[str, tuple[int, Mapping[str, Json]]],
    ours: Sequence[tuple[int, Mapping[str, Json]]],
    aims: Sequence[Aim],
    *,
    stays: bool,
) -> Alike:
    aim = {id: _target(each) for id, (_, each) in side.items()}
    return lambda at, id: aim.get(id) == aims[at] and (not stays or side[id][0] == ours[at][0])


def _placed(spec: Spec) -> dict[str, tuple[int, dict[str, Json]]]:
    """Id → (place, trigger) of those that have one."""
    return {str(each["id"]): (place, each) for place, each in triggers_of(spec) if each.get("id") is not None}


def _trigger_id(address: Address, trigger: Mapping[str, Json], index: int, taken: Collection[str]) -> str:
    """A UUID, as the platform has them: the one that is written, or one of our own."""
    said = trigger.get("id")
    try:
        return str(uuid.UUID(said))
    except (ValueError, TypeError, AttributeError):
        name = said if isinstance(said, str) else str(index)
        return fresh_id(address, "trigger", name, taken=taken)


def _target(trigger: Mapping[str, Json], automations: Mapping[str, str] = {}) -> Aim:
    """What a trigger looks at; `automations`: the ids of bundled ones, as far as they are known."""
    automation = trigger.get("automation_id") if trigger.get("type") == "automation" else None
    known = automations.get(automation.key) if isinstance(automation, Part) else automation
    known = known if isinstance(known, str) else None
    return (*(trigger.get(name) for name in ("type", "entity_schema", "journey_id")), known)
