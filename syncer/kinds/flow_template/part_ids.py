"""Local keys of a flow's parts and the ids they have on the platform.

In a manifest the ids of phases, tasks, edges, conditions, statements and triggers are local keys. On the platform they
may be others: an import gives tasks new ids, and some shapes are reserved there (docs/platform.md#export-and-import,
#graph-of-a-flow). Which local key is which live part is remembered in state; without state it is found again by unique
names, or refused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from syncer.diff.part_links import link
from syncer.kinds.flow_template.branch_ids import identify_branches
from syncer.kinds.flow_template.edge_ids import identify_edges
from syncer.kinds.flow_template.inline_automations import trigger_key
from syncer.kinds.flow_template.part_keys import PartIds, PartSides, declared_part, replacement, stable_id, unclear
from syncer.kinds.flow_template.trigger_ids import identify_triggers
from syncer.kinds.lenient_reader import by_id, items, mapping
from syncer.model.address import Address
from syncer.model.calls import Parts
from syncer.model.json_values import Json, Part, Spec


def identify(address: Address, want: Spec, have: Spec, known: Parts, last: Spec | None = None) -> PartIds:
    """Decide the live id of every part of `want`; parts that the live flow does not have get an id to be sent. `last`:
    what was declared at the last apply, by live ids."""
    ids, sides = PartIds(), PartSides(address, want, have, known, last or {})
    for noun in ("phases", "tasks"):
        _nodes(noun, sides, ids)
    identify_branches(sides, ids)
    identify_triggers(sides, ids)
    identify_edges(sides, ids)
    _automations(want, have, known, by_id(have.get("tasks")), ids)
    return ids


def _nodes(noun: str, sides: PartSides, ids: PartIds) -> None:
    """A phase looks like a live one of its name, a task like one of its phase and its name, now or at the last
    apply."""
    ours, live, then = items(sides.want.get(noun)), by_id(sides.have.get(noun)), by_id(sides.last.get(noun))
    memory = sides.known.get("nodes", {})
    there = {*by_id(sides.have.get("phases")), *by_id(sides.have.get("tasks"))}
    names = [_name(item, ids.get("nodes", item.get("phase_id")), noun) for item in ours]

    def called_so(side: Mapping[str, Mapping[str, Json]]) -> Callable[[int, str], bool]:
        theirs = {id: _name(item, item.get("phase_id"), noun) for id, item in side.items()}
        return lambda at, id: names[at][-1] is not None and theirs.get(id) == names[at]

    parts = [declared_part(item) for item in ours]
    links = link(parts, live, memory, (called_so(then), called_so(live)))
    taken = {*there, *(str(item.get("id")) for kind in ("phases", "tasks") for item in items(sides.want.get(kind)))}
    for at, item in enumerate(ours):
        local = str(item.get("id"))
        if at in links.unclear:
            ids.findings.append(unclear(noun[:-1], local, item.get("name"), links.unclear[at], (noun, at)))
        new = stable_id(sides.address, "node", local) if local in there else local
        if links.gone.get(at, local) not in taken:  # somebody deleted it: the same one comes back
            new = links.gone.get(at, new)
        ids.put("nodes", local, links.found.get(at, new))
    ids.notices += replacement(noun[:-1], parts, links, live, memory, lambda at: ours[at].get("name"))


def _name(item: Mapping[str, Json], phase: Json, noun: str) -> list[Json]:
    """By which a phase or task is known where nothing better is."""
    return [item.get("name")] if noun == "phases" else [phase or None, item.get("name")]


def _automations(want: Spec, have: Spec, known: Parts, live_tasks: Mapping[str, dict[str, Json]], ids: PartIds) -> None:
    """Which live automation each bundled one is: remembered, or the one the same trigger or task uses."""
    bundled = mapping(want.get("automations"))
    for key, live_id in known.get("automations", {}).items():
        if key in bundled:
            ids.put("automations", key, live_id)
    taken = set(ids.parts.get("automations", {}).values())
    for place, theirs in _automation_places(want, have, live_tasks, ids):
        new = isinstance(place, Part) and place.key not in ids.parts.get("automations", {})
        if new and isinstance(theirs, str) and theirs not in taken:
            ids.put("automations", place.key, theirs)
            taken.add(theirs)


def _automation_places(
    want: Spec, have: Spec, live_tasks: Mapping[str, dict[str, Json]], ids: PartIds
) -> Iterator[tuple[Json, Json]]:
    if isinstance(want.get("trigger"), dict):
        yield want["trigger"].get("automation_id"), mapping(have.get("trigger")).get("automation_id")
    live_triggers = by_id(have.get("additional_triggers"))
    for index, trigger in enumerate(items(want.get("additional_triggers")), 1):
        live = live_triggers.get(str(ids.get("triggers", trigger_key(trigger, index))), {})
        yield trigger.get("automation_id"), live.get("automation_id")
    for task in items(want.get("tasks")):
        config = task.get("automation_config")
        if isinstance(config, dict):
            live_task = live_tasks.get(str(ids.get("nodes", task.get("id"))), {})
            yield config.get("flow_id"), mapping(live_task.get("automation_config")).get("flow_id")
