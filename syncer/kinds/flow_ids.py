"""Local keys of a flow's parts and the ids they have on the platform.

In a manifest the ids of phases, tasks, edges, conditions, statements and triggers are local keys. On the platform they may
be others: an import gives tasks new ids, and some shapes are reserved there (workflow-definition.md 7). Which local key
is which live part is remembered in state; without state it is found again by unique names, or refused.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from syncer.core.address import Address
from syncer.core.kind import Parts, Spec
from syncer.core.problem import Finding
from syncer.core.values import Json, Part, Path
from syncer.kinds.flow_loops import loop_edges
from syncer.kinds.flow_parts import DEFAULT_BRANCH, TRIGGER, read_flow
from syncer.kinds.flow_walk import reach

EXIT_BRANCH = "exit-loop-"
LOOP_EDGE = "loop-edge-"
_SPACE = uuid.UUID("6f2f6c36-6c64-5c0e-9d2a-6b6f6e7a7574")


def stable_id(address: Address, *parts: str) -> str:
    """An id of our own: the same for the same manifest and part, in every organisation."""
    return str(uuid.uuid5(_SPACE, "/".join((address.kind, address.name, *parts))))


@dataclass(slots=True)
class Ids:
    """What was decided: the map of local keys, the map back (for people), and parts that could not be told apart."""

    parts: Parts = field(default_factory=dict)
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


def identify(address: Address, want: Spec, have: Spec, known: Parts) -> Ids:
    """Decide the live id of every part of `want`; parts that the live flow does not have get an id to be sent."""
    ids = Ids()
    _nodes(want, have, known, ids)
    live_tasks = _by(have.get("tasks"), "id")
    reserved = _reserved(address, want)
    for task in _items(want.get("tasks")):
        live = live_tasks.get(str(ids.get("nodes", task.get("id"))), {})
        _conditions(address, task, live, known, reserved, ids)
    _triggers(address, want, have, known, ids)
    _edges(address, want, have, known, reserved, ids)
    _automations(want, have, known, live_tasks, ids)
    return ids


def _items(value: Json) -> list[dict[str, Json]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _by(items: Json, name: str) -> dict[str, dict[str, Json]]:
    return {str(item[name]): item for item in _items(items) if item.get(name) is not None}


def _pick(
    local: str, group: str, known: Parts, live: Mapping[str, dict[str, Json]], taken: set[str],
    alike: Callable[[dict[str, Json]], bool],
) -> tuple[str | None, list[str]]:
    """The live id of a local key: remembered, the same, or the only one alike. Else None, with the candidates."""
    for candidate in (known.get(group, {}).get(local), local):
        if candidate is not None and candidate in live and candidate not in taken:
            return candidate, []
    remembered = {id for id in known.get(group, {}).values()}
    hits = [id for id, item in live.items() if id not in taken and id not in remembered and alike(item)]
    return (hits[0], []) if len(hits) == 1 else (None, hits)


def _nodes(want: Spec, have: Spec, known: Parts, ids: Ids) -> None:
    for noun in ("phases", "tasks"):
        live = _by(have.get(noun), "id")
        taken: set[str] = set()
        pending: list[tuple[int, dict[str, Json]]] = []
        for index, item in enumerate(_items(want.get(noun))):  # what is known or equal first, names afterwards
            local = str(item.get("id"))
            hit, _ = _pick(local, "nodes", known, live, taken, lambda item: False)
            if hit is None:
                pending.append((index, item))
            else:
                taken.add(hit)
                ids.put("nodes", local, hit)
        for index, item in pending:
            local = str(item.get("id"))
            phase = ids.get("nodes", item.get("phase_id"))
            hit, candidates = _pick(local, "nodes", known, live, taken, _same_name(item, phase, noun))
            if candidates:
                ids.findings.append(_unclear(noun[:-1], local, item.get("name"), candidates, (noun, index)))
            if hit is not None:
                taken.add(hit)
            ids.put("nodes", local, hit or local)


def _same_name(item: Mapping[str, Json], phase: Json, noun: str) -> Callable[[dict[str, Json]], bool]:
    def alike(live: dict[str, Json]) -> bool:
        return live.get("name") == item.get("name") and (noun == "phases" or (live.get("phase_id") or None) == (phase or None))

    return alike


def _unclear(noun: str, local: str, name: Json, candidates: list[str], path: Path) -> Finding:
    return Finding(
        "parts-unclear",
        f"{noun} `{local}` could be {len(candidates)} live ones of the name `{name}`: "
        + ", ".join(f"`{each}`" for each in candidates),
        path,
        f"give the {noun} in the manifest the live id that is meant, or tell them apart by name in the organisation",
    )


def _reserved(address: Address, want: Spec) -> dict[tuple[str, str], str]:
    """(what, local key) → the reserved id a new part must be sent with."""
    flow = read_flow(want)
    names: dict[tuple[str, str], str] = {}
    for edge in flow.edges:
        if edge.default and edge.condition and not edge.condition.startswith(DEFAULT_BRANCH):
            names["condition", edge.condition] = DEFAULT_BRANCH + stable_id(address, "condition", edge.condition)
    for task in flow.decisions():
        config = task.spec.get("loop_config")
        leave = config.get("exit_branch_id") if isinstance(config, dict) else None
        if isinstance(leave, str) and not leave.startswith(EXIT_BRANCH):
            names["condition", leave] = EXIT_BRANCH + stable_id(address, "condition", leave).replace("-", "")
    for path in _ways_back(want):
        edge_id = _items(want.get("edges"))[path].get("id")
        if not (isinstance(edge_id, str) and edge_id.startswith(LOOP_EDGE)):
            names["edge", str(path)] = LOOP_EDGE + stable_id(address, "edge", _edge_text(_items(want.get("edges"))[path]))
    return names


def _ways_back(want: Spec) -> set[int]:
    """Indexes of the edges that close a loop: from the loop branch's own tasks back to what runs before the decision."""
    flow = read_flow(want)
    closing = loop_edges(flow)
    without = flow.graph(*(edge for edges in closing.values() for edge in edges))
    main = reach(without, [TRIGGER])
    found: set[int] = set()
    for edges in closing.values():
        for edge in edges:
            if edge.target in main:
                found.add(int(edge.path[1]))
                continue
            tail = reach(without, [edge.target] if edge.target else []) - main
            found |= {
                int(back.path[1]) for name in tail for back in flow.leaving.get(name, ()) if back.target in main
            }
    return found


def _conditions(
    address: Address, task: Mapping[str, Json], live_task: Mapping[str, Json], known: Parts,
    reserved: Mapping[tuple[str, str], str], ids: Ids,
) -> None:
    live = _by(live_task.get("conditions"), "id")
    taken: set[str] = set()
    for condition in _items(task.get("conditions")):
        local = str(condition.get("id"))
        name = condition.get("branch_name")
        hit, _ = _pick(local, "conditions", known, live, taken, lambda item, name=name: item.get("branch_name") == name)  # type: ignore[misc]
        chosen = hit or reserved.get(("condition", local), local)
        taken.add(chosen)
        ids.put("conditions", local, chosen)
        _statements(address, local, condition, live.get(chosen, {}), ids)


def _statements(
    address: Address, condition_key: str, condition: Mapping[str, Json], live: Mapping[str, Json], ids: Ids
) -> None:
    theirs = _items(live.get("statements"))
    live_ids = [str(item.get("id")) for item in theirs]
    for index, statement in enumerate(_items(condition.get("statements"))):
        key = _statement_key(condition_key, statement, index)
        said = statement.get("id")
        if isinstance(said, str) and said in live_ids:
            chosen = said
        elif index < len(live_ids):
            chosen = live_ids[index]
        else:
            chosen = said if isinstance(said, str) else stable_id(address, "statement", key)
        ids.put("statements", key, chosen)


def _statement_key(condition_key: str, statement: Mapping[str, Json], index: int) -> str:
    said = statement.get("id")
    return f"{condition_key}/{said if isinstance(said, str) else index}"


def _triggers(address: Address, want: Spec, have: Spec, known: Parts, ids: Ids) -> None:
    if isinstance(want.get("trigger"), dict):
        live = have.get("trigger")
        theirs = live.get("id") if isinstance(live, dict) else None
        ids.put("triggers", _trigger_key(want["trigger"], 0), theirs or _trigger_id(address, want["trigger"], 0))
    live_others = _items(have.get("additional_triggers"))
    for index, trigger in enumerate(_items(want.get("additional_triggers")), 1):
        key = _trigger_key(trigger, index)
        twins = [other for other in live_others if _target(other) == _target(trigger) and other.get("id")]
        remembered = known.get("triggers", {}).get(key)
        present = {str(other.get("id")) for other in live_others}
        chosen = remembered if remembered in present else (str(twins[0]["id"]) if len(twins) == 1 else None)
        ids.put("triggers", key, chosen or _trigger_id(address, trigger, index))


def _trigger_key(trigger: Mapping[str, Json], index: int) -> str:
    said = trigger.get("id")
    return said if isinstance(said, str) else str(index)


def _trigger_id(address: Address, trigger: Mapping[str, Json], index: int) -> str:
    said = trigger.get("id")
    try:
        return str(uuid.UUID(said)) if isinstance(said, str) else stable_id(address, "trigger", str(index))
    except ValueError:
        return stable_id(address, "trigger", str(said))


def _target(trigger: Mapping[str, Json]) -> tuple[Json, ...]:
    return tuple(trigger.get(name) for name in ("type", "entity_schema", "journey_id"))


def _edge_text(edge: Mapping[str, Json]) -> str:
    return "|".join(str(edge.get(name) or "") for name in ("from_id", "condition_id", "to_id"))


def edge_ends(edge: Mapping[str, Json]) -> tuple[str, str, str]:
    """(from, condition, to) with absent, null and "" alike: an edge may end nowhere."""
    return (str(edge.get("from_id") or ""), str(edge.get("condition_id") or ""), str(edge.get("to_id") or ""))


def _edges(
    address: Address, want: Spec, have: Spec, known: Parts, reserved: Mapping[tuple[str, str], str], ids: Ids
) -> None:
    live = _by(have.get("edges"), "id")
    taken: set[str] = set()
    pending: list[tuple[int, dict[str, Json], tuple[str, str, str]]] = []
    for index, edge in enumerate(_items(want.get("edges"))):
        ends = (
            str(ids.get("nodes", edge.get("from_id")) or ""),
            str(ids.get("conditions", edge.get("condition_id")) or ""),
            str(ids.get("nodes", edge.get("to_id")) or ""),
        )
        key = edge_key(edge)
        hit = next(
            (id for id in (known.get("edges", {}).get(key), key) if id in live and id not in taken and ends[:2] == edge_ends(live[id])[:2]),
            None,
        )
        hit = hit or next((id for id, item in live.items() if id not in taken and edge_ends(item) == ends), None)
        if hit is None:
            pending.append((index, edge, ends))
        else:
            taken.add(hit)
            ids.put("edges", key, hit)
    for index, edge, ends in pending:  # a rerouted edge keeps its id: the same start, another end
        alike = [id for id, item in live.items() if id not in taken and edge_ends(item)[:2] == ends[:2]]
        said = edge.get("id")
        new = reserved.get(("edge", str(index))) or (said if isinstance(said, str) else stable_id(address, "edge", _edge_text(edge)))
        chosen = alike[0] if len(alike) == 1 else new
        taken.add(chosen)
        ids.put("edges", edge_key(edge), chosen)


def edge_key(edge: Mapping[str, Json]) -> str:
    """An edge's local key: its id, or where it leads."""
    said = edge.get("id")
    return said if isinstance(said, str) else _edge_text(edge)


def _automations(
    want: Spec, have: Spec, known: Parts, live_tasks: Mapping[str, dict[str, Json]], ids: Ids
) -> None:
    """Which live automation each bundled one is: remembered, or the one the same trigger or task uses."""
    for key, live_id in known.get("automations", {}).items():
        ids.put("automations", key, live_id)
    for place, theirs in _automation_places(want, have, live_tasks, ids):
        if isinstance(place, Part) and place.key not in ids.parts.get("automations", {}) and isinstance(theirs, str):
            ids.put("automations", place.key, theirs)


def _automation_places(
    want: Spec, have: Spec, live_tasks: Mapping[str, dict[str, Json]], ids: Ids
) -> Iterator[tuple[Json, Json]]:
    if isinstance(want.get("trigger"), dict):
        yield want["trigger"].get("automation_id"), (have.get("trigger") or {}).get("automation_id")
    live_triggers = _by(have.get("additional_triggers"), "id")
    for index, trigger in enumerate(_items(want.get("additional_triggers")), 1):
        live = live_triggers.get(str(ids.get("triggers", _trigger_key(trigger, index))), {})
        yield trigger.get("automation_id"), live.get("automation_id")
    for task in _items(want.get("tasks")):
        config = task.get("automation_config")
        if isinstance(config, dict):
            live_config = live_tasks.get(str(ids.get("nodes", task.get("id"))), {}).get("automation_config") or {}
            yield config.get("flow_id"), live_config.get("flow_id")


def translate(want: Spec, ids: Ids) -> Spec:
    """`want`, changed in place, with live ids for its local keys everywhere they are used."""
    for noun in ("phases", "tasks"):
        for item in _items(want.get(noun)):
            item["id"] = ids.get("nodes", item.get("id"))
            _swap(item, "phase_id", "nodes", ids)
            _due(item.get("due_date_config"), ids)
    _due(want.get("due_date_config"), ids)
    for index, trigger in enumerate([want.get("trigger"), *(_items(want.get("additional_triggers")))]):
        if isinstance(trigger, dict):
            trigger["id"] = ids.get("triggers", _trigger_key(trigger, index))
    for task in _items(want.get("tasks")):
        _task(task, want, ids)
    for edge in _items(want.get("edges")):
        edge["id"] = ids.get("edges", edge_key(edge))
        _swap(edge, "from_id", "nodes", ids)
        edge["to_id"] = ids.get("nodes", edge.get("to_id")) or ""
        _swap(edge, "condition_id", "conditions", ids)
    for rule in _items(want.get("entity_sync")):
        only = (rule.get("trigger") or {}).get("filter") if isinstance(rule.get("trigger"), dict) else None
        if isinstance(only, dict):
            _swap(only, "task_template_id", "nodes", ids)
            _swap(only, "phase_template_id", "nodes", ids)
    return want


def _task(task: dict[str, Json], want: Spec, ids: Ids) -> None:
    for requirement in _items(task.get("requirements")):
        _due(requirement, ids)
    schedule = task.get("schedule")
    reference = schedule.get("reference") if isinstance(schedule, dict) else None
    if isinstance(reference, dict) and reference.get("origin") == "task_completed":
        _swap(reference, "id", "nodes", ids)
    config = task.get("automation_config")
    context = config.get("input_context") if isinstance(config, dict) else None
    if isinstance(context, dict):
        _swap(context, "task_id", "nodes", ids)
    loop = task.get("loop_config")
    if isinstance(loop, dict):
        _swap(loop, "loop_branch_id", "conditions", ids)
        _swap(loop, "exit_branch_id", "conditions", ids)
    for condition in _items(task.get("conditions")):
        local = str(condition.get("id"))
        for index, statement in enumerate(_items(condition.get("statements"))):
            statement["id"] = ids.get("statements", _statement_key(local, statement, index))
            _source(statement.get("source"), want, ids)
        condition["id"] = ids.get("conditions", local)


def _source(source: Json, want: Spec, ids: Ids) -> None:
    """A statement looks at a trigger by its id; left out, it is the flow's own trigger."""
    if not isinstance(source, dict):
        return
    if source.get("origin") == "trigger":
        primary = want.get("trigger")
        source["id"] = (
            ids.get("triggers", source["id"]) if source.get("id") else primary.get("id") if isinstance(primary, dict) else None
        )
        if source["id"] is None:
            del source["id"]
    elif source.get("origin") == "action":
        _swap(source, "id", "nodes", ids)


def _due(holder: Json, ids: Ids) -> None:
    if isinstance(holder, dict):
        _swap(holder, "task_id", "nodes", ids)
        _swap(holder, "phase_id", "nodes", ids)


def _swap(holder: dict[str, Json], name: str, group: str, ids: Ids) -> None:
    if isinstance(holder.get(name), str) and holder[name]:
        holder[name] = ids.get(group, holder[name])


def lost_parts(sent: Spec, live: Spec) -> list[str]:
    """What was sent and is not there when read back: the platform drops what it thinks is broken, without a word."""
    lost: list[str] = []
    for noun in ("phases", "tasks"):
        there = set(_by(live.get(noun), "id"))
        lost += [f"{noun[:-1]} `{item.get('name') or item.get('id')}`" for item in _items(sent.get(noun)) if str(item.get("id")) not in there]
    edges = {edge_ends(edge) for edge in _items(live.get("edges"))}
    lost += [
        f"edge `{start}` → `{end or 'end'}`" for start, _, end in _wanted(sent.get("edges"), edges)
    ]
    live_tasks = _by(live.get("tasks"), "id")
    for task in _items(sent.get("tasks")):
        there = set(_by(live_tasks.get(str(task.get("id")), {}).get("conditions"), "id"))
        lost += [f"branch `{item.get('branch_name') or item.get('id')}`" for item in _items(task.get("conditions")) if str(item.get("id")) not in there]
    return lost


def _wanted(edges: Json, there: Iterable[tuple[str, str, str]]) -> Iterator[tuple[str, str, str]]:
    present = set(there)
    for edge in _items(edges):
        if edge_ends(edge) not in present:
            yield edge_ends(edge)
