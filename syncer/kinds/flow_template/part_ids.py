"""Local keys of a flow's parts and the ids they have on the platform.

In a manifest the ids of phases, tasks, edges, conditions, statements and triggers are local keys. On the platform they
may be others: an import gives tasks new ids, and some shapes are reserved there (docs/platform.md#export-and-import,
#graph-of-a-flow). Which local key is which live part is remembered in state; without state it is found again by unique
names, or refused.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field

from syncer.kinds.flow_template.inline_automations import trigger_key
from syncer.kinds.flow_template.reserved_ids import EXIT_BRANCH, LOOP_EDGE, branch_shape, branch_shapes, ways_back
from syncer.kinds.lenient_reader import by_id, items, mapping
from syncer.model.address import Address
from syncer.model.calls import Parts
from syncer.model.diagnostic import Finding
from syncer.model.json_values import Json, Part, Path, Spec

_SPACE = uuid.UUID("6f2f6c36-6c64-5c0e-9d2a-6b6f6e7a7574")


def stable_id(address: Address, *parts: str) -> str:
    """An id of our own: the same for the same manifest and part, in every organisation."""
    return str(uuid.uuid5(_SPACE, "/".join((address.kind, address.name, *parts))))


@dataclass(slots=True)
class PartIds:
    """What was decided: the map of local keys, the map back (for people), and parts that could not be told apart."""

    parts: dict[str, dict[str, str]] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    def put(self, group: str, local: str, live: str) -> None:
        """Remember that a local key is this live id."""
        self.parts.setdefault(group, {})[local] = live
        if local != live:
            self.labels[live] = local

    def get(self, group: str, local: Json) -> Json:
        """The live id of a local key; the key itself where it is none of ours."""
        return self.parts.get(group, {}).get(local, local) if isinstance(local, str) else local


def identify(address: Address, want: Spec, have: Spec, known: Parts) -> PartIds:
    """Decide the live id of every part of `want`; parts that the live flow does not have get an id to be sent."""
    ids = PartIds()
    _nodes(address, want, have, known, ids)
    live_tasks = by_id(have.get("tasks"))
    shapes, live_shapes = branch_shapes(want), branch_shapes(have)
    for index, task in enumerate(items(want.get("tasks"))):
        live_id = str(ids.get("nodes", task.get("id")))
        live = live_tasks.get(live_id, {})
        shape, live_shape = shapes.get(str(task.get("id")), {}), live_shapes.get(live_id, {})
        branches = _Branches(address, shape, live_shape, "loop_config" in task, known, ids)
        branches.identify(index, items(task.get("conditions")), by_id(live.get("conditions")))
    _triggers(address, want, have, known, ids)
    _edges(address, want, have, known, ids)
    _automations(want, have, known, live_tasks, ids)
    return ids


def journeys_of(task: Mapping[str, Json]) -> Iterator[tuple[str, dict[str, Json]]]:
    """(place, journey) of every link of a task to a journey; the place "" is the task itself."""
    for name, place in (("", task), ("ecp", task.get("ecp")), ("installer", task.get("installer"))):
        journey = mapping(place).get("journey")
        if isinstance(journey, dict):
            yield name, journey


Alike = Callable[[dict[str, Json]], bool]


def _match(
    wanted: list[tuple[str, Json, Alike]], known: Mapping[str, str], live: Mapping[str, dict[str, Json]]
) -> tuple[dict[str, str], dict[str, list[str]]]:
    """Local key → live id of what is remembered, has the same id, or alone has the same name; and local key → live ids
    it could be. `wanted`: local key, a text that names it, how a live item is known to have that name."""
    found: dict[str, str] = {}
    for local, _, _ in wanted:  # what is known or equal first, names afterwards
        for candidate in (known.get(local), local):
            if candidate in live and candidate not in found.values():
                found[local] = str(candidate)
                break
    promised = {known[local] for local, _, _ in wanted if local in known}
    pending = [each for each in wanted if each[0] not in found]
    twins = Counter(str(name) for _, name, _ in pending)
    free = {id: item for id, item in live.items() if id not in found.values() and id not in promised}
    unclear: dict[str, list[str]] = {}
    for local, name, alike in pending:
        hits = [id for id, item in free.items() if alike(item)]
        if len(hits) == 1 and twins[str(name)] == 1:
            found[local] = hits[0]
        elif hits:
            unclear[local] = hits
    return found, unclear


def _nodes(address: Address, want: Spec, have: Spec, known: Parts, ids: PartIds) -> None:
    there = {*by_id(have.get("phases")), *by_id(have.get("tasks"))}
    taken = {*there, *(str(item.get("id")) for noun in ("phases", "tasks") for item in items(want.get(noun)))}
    for noun in ("phases", "tasks"):
        ours = items(want.get(noun))
        wanted = [(str(item.get("id")), *_named(item, ids.get("nodes", item.get("phase_id")), noun)) for item in ours]
        memory = known.get("nodes", {})
        found, unclear = _match(wanted, memory, by_id(have.get(noun)))
        for index, item in enumerate(ours):
            local = str(item.get("id"))
            if local in unclear:
                ids.findings.append(_unclear(noun[:-1], local, item.get("name"), unclear[local], (noun, index)))
            new = stable_id(address, "node", local) if local in there else local
            if memory.get(local, local) not in taken:  # somebody deleted it: the same one comes back
                new = memory.get(local, new)
            ids.put("nodes", local, found.get(local, new))


def _named(item: Mapping[str, Json], phase: Json, noun: str) -> tuple[Json, Alike]:
    """A phase is known by its name, a task by its phase and its name."""
    name = item.get("name")
    if noun == "phases":
        return name, lambda live: name is not None and live.get("name") == name
    whole = [phase or None, name]
    return whole, lambda live: name is not None and [live.get("phase_id") or None, live.get("name")] == whole


def _unclear(noun: str, local: str, name: Json, candidates: list[str], path: Path) -> Finding:
    several = len(candidates) > 1
    said = f"could be {len(candidates)} live ones" if several else "is one of several that could be the live one"
    return Finding(
        "parts-unclear",
        f"{noun} `{local}` {said} of the name `{name}`: " + ", ".join(f"`{each}`" for each in candidates),
        path,
        f"give the {noun} in the manifest the live id that is meant, or tell them apart by name in the organisation",
    )


@dataclass(frozen=True, slots=True)
class _Branches:
    """The conditions of one decision. Their ids have a shape by what they are: one that becomes the default branch
    needs another id than it had."""

    address: Address
    shapes: Mapping[str, str]
    live_shapes: Mapping[str, str]
    loop_declared: bool
    known: Parts
    ids: PartIds

    def identify(self, task: int, ours: list[dict[str, Json]], live: Mapping[str, dict[str, Json]]) -> None:
        """Decide the id of every branch, and of its statements."""
        wanted = [(str(each.get("id")), each.get("branch_name"), _called(each.get("branch_name"))) for each in ours]
        found, unclear = _match(wanted, self.known.get("conditions", {}), live)
        for index, condition in enumerate(ours):
            local = str(condition.get("id"))
            if local in unclear:
                path: Path = ("tasks", task, "conditions", index)
                self.ids.findings.append(_unclear("branch", local, condition.get("branch_name"), unclear[local], path))
            hit = found.get(local)
            chosen = hit if hit is not None and self._fits(local, hit) else self._new(local, live)
            self.ids.put("conditions", local, chosen)
            theirs = live.get(hit, {}) if hit is not None else {}
            _statements(self.address, local, condition, theirs, self.ids)

    def _fits(self, local: str, hit: str) -> bool:
        """Whether the live id may stay: it has the shape, or the live branch is what it shall be whatever its id."""
        wanted, shape = self.shapes.get(local), branch_shape(hit)
        if wanted is None or shape == wanted or self.live_shapes.get(hit) == wanted:
            return True
        return shape == EXIT_BRANCH and not wanted and not self.loop_declared

    def _new(self, local: str, live: Collection[str]) -> str:
        shape = self.shapes.get(local, "")
        made = stable_id(self.address, "condition", local)
        if shape and not local.startswith(shape):
            return shape + (made.replace("-", "") if shape == EXIT_BRANCH else made)
        return made if local in live or branch_shape(local) != shape else local


def _called(name: Json) -> Alike:
    return lambda live: name is not None and live.get("branch_name") == name


def _statements(
    address: Address, condition_key: str, condition: Mapping[str, Json], live: Mapping[str, Json], ids: PartIds
) -> None:
    """Statements have no name: the same id, else the same question, else the same place among those that are left."""
    free = by_id(live.get("statements"))
    ours = [
        (statement_key(condition_key, each, index), each)
        for index, each in enumerate(items(condition.get("statements")))
    ]
    tests: tuple[Callable[[Mapping[str, Json], str], bool], ...] = (
        lambda mine, id: mine.get("id") == id,
        lambda mine, id: _question(mine) == _question(free[id]),
        lambda mine, id: "id" not in mine,
    )
    left = dict(ours)
    for test in tests:
        for key, mine in list(left.items()):
            hit = next((id for id in free if test(mine, id)), None)
            if hit is not None:
                ids.put("statements", key, hit)
                del left[key], free[hit]
    for key, mine in left.items():
        said = mine.get("id")
        ids.put("statements", key, said if isinstance(said, str) else stable_id(address, "statement", key))


def _question(statement: Mapping[str, Json]) -> Json:
    source = mapping(statement.get("source"))
    return [source.get("attribute"), source.get("attributes"), statement.get("operator"), statement.get("values")]


def statement_key(condition_key: str, statement: Mapping[str, Json], index: int) -> str:
    """A statement's local key: within its condition its id, or its place."""
    said = statement.get("id")
    return f"{condition_key}/{said if isinstance(said, str) else index}"


def _triggers(address: Address, want: Spec, have: Spec, known: Parts, ids: PartIds) -> None:
    """The flow's own trigger keeps its id for ever, whatever becomes of it: statements point at it. One that has none,
    and is asked for none, is left so."""
    theirs = mapping(have.get("trigger")).get("id")
    bare = bool(have.get("trigger")) and theirs is None and "id" not in mapping(want.get("trigger"))
    if isinstance(want.get("trigger"), dict) and not bare:
        key = trigger_key(want["trigger"], 0)
        ids.put("triggers", key, theirs if isinstance(theirs, str) else _trigger_id(address, want["trigger"], 0))
    free = by_id(have.get("additional_triggers"))
    left = dict(enumerate(items(want.get("additional_triggers")), 1))
    memory, automations = known.get("triggers", {}), known.get("automations", {})
    tests: tuple[Callable[[Mapping[str, Json], int, str], bool], ...] = (
        lambda mine, index, id: "id" in mine and id in (memory.get(str(mine["id"])), mine["id"]),
        lambda mine, index, id: _target(mine, automations) == _target(free[id]),
        lambda mine, index, id: "id" not in mine and memory.get(str(index)) == id,
    )
    for test in tests:
        for index, mine in list(left.items()):
            hit = next((id for id in free if test(mine, index, id)), None)
            if hit is not None:
                ids.put("triggers", trigger_key(mine, index), hit)
                del left[index], free[hit]
    nameless = [_target(each) for each in items(have.get("additional_triggers")) if each.get("id") is None]
    for index, mine in left.items():
        if "id" not in mine and _target(mine, automations) in nameless:
            nameless.remove(_target(mine, automations))
        else:
            ids.put("triggers", trigger_key(mine, index), _trigger_id(address, mine, index))


def _trigger_id(address: Address, trigger: Mapping[str, Json], index: int) -> str:
    """A UUID, as the platform has them: the one that is written, or one of our own."""
    said = trigger.get("id")
    try:
        return str(uuid.UUID(said)) if isinstance(said, str) else stable_id(address, "trigger", str(index))
    except ValueError:
        return stable_id(address, "trigger", str(said))


def _target(trigger: Mapping[str, Json], automations: Mapping[str, str] = {}) -> tuple[Json, ...]:
    """What a trigger looks at; `automations`: the ids of bundled ones, as far as they are known."""
    automation = trigger.get("automation_id") if trigger.get("type") == "automation" else None
    known = automations.get(automation.key) if isinstance(automation, Part) else automation
    known = known if isinstance(known, str) else None
    return (*(trigger.get(name) for name in ("type", "entity_schema", "journey_id")), known)


def edge_ends(edge: Mapping[str, Json]) -> tuple[str, str, str]:
    """(from, condition, to) with absent, null and "" alike: an edge may end nowhere."""
    return (str(edge.get("from_id") or ""), str(edge.get("condition_id") or ""), str(edge.get("to_id") or ""))


def edge_key(edge: Mapping[str, Json]) -> str:
    """An edge's local key: its id, or where it leads."""
    said = edge.get("id")
    return said if isinstance(said, str) else "|".join(edge_ends(edge))


def _edges(address: Address, want: Spec, have: Spec, known: Parts, ids: PartIds) -> None:
    """An edge is known by its memory or its id if it still begins where it did, else by both its ends, else it is the
    only one of its start: a rerouted edge keeps its id, unless it begins or ceases to close a loop."""
    free = by_id(have.get("edges"))
    ours = items(want.get("edges"))
    back, live_back = ways_back(want), {str(items(have.get("edges"))[at].get("id")) for at in ways_back(have)}
    ends = [
        tuple(str(ids.get(*each) or "") for each in (("nodes", start), ("conditions", by), ("nodes", end)))
        for start, by, end in map(edge_ends, ours)
    ]
    memory = known.get("edges", {})
    begins = Counter(each[:2] for each in ends)

    def same_start(at: int, id: str) -> bool:
        return edge_ends(free[id])[:2] == ends[at][:2]

    def alone(at: int, id: str) -> bool:
        return same_start(at, id) and begins[ends[at][:2]] == 1 and sum(same_start(at, each) for each in free) == 1

    tests: tuple[Callable[[int, str], bool], ...] = (
        lambda at, id: id in (memory.get(edge_key(ours[at])), edge_key(ours[at])) and same_start(at, id),
        lambda at, id: edge_ends(free[id]) == ends[at],
        alone,
    )
    left = dict(enumerate(ours))
    for test in tests:
        for at, edge in list(left.items()):
            hit = next((id for id in free if test(at, id)), None)
            if hit is not None and ("tasks" not in want or _may_stay(hit, at in back, hit in live_back)):
                ids.put("edges", edge_key(edge), hit)
                del left[at], free[hit]
    for at, edge in left.items():
        said, made = edge.get("id"), stable_id(address, "edge", "|".join(edge_ends(edge)))
        if at in back and not str(said).startswith(LOOP_EDGE):
            made = LOOP_EDGE + made
        elif isinstance(said, str) and said not in by_id(have.get("edges")):
            made = said
        ids.put("edges", edge_key(edge), made)


def _may_stay(hit: str, back: bool, was_back: bool) -> bool:
    """An edge that begins or ceases to close a loop needs an id of another shape."""
    return back == was_back or back == hit.startswith(LOOP_EDGE)


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
