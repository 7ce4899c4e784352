"""How a flow template is written: the calls of a create, an update and a removal, one after the other.

POST or import makes a flow, disabled; it is read back and compared, for the platform drops what it thinks is broken
without a word; then it is enabled. PUT replaces the whole document, under an optimistic lock
(docs/platform.md#saving-a-flow).
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping

from syncer.diff.three_way_merge import merge
from syncer.kinds.flow_template import inline_automations
from syncer.kinds.flow_template.automations import (
    AUTOMATION_LISTING,
    answered,
    automation_body,
    owner,
    replacement,
    same_automation,
    targets,
    with_targets,
    without_target,
)
from syncer.kinds.flow_template.carried_fields import with_carried_fields
from syncer.kinds.flow_template.cascade import going_with
from syncer.kinds.flow_template.checks.spec import check_flow
from syncer.kinds.flow_template.diff_rules import SERVER_SET, SHAPE, generation, spec_of
from syncer.kinds.flow_template.id_resolution import translate
from syncer.kinds.flow_template.part_ids import identify
from syncer.kinds.flow_template.part_keys import edge_ends, stable_id
from syncer.kinds.lenient_reader import by_id, items, mapping, mappings
from syncer.model.calls import (
    Call,
    Listing,
    Objection,
    Parts,
    Seek,
    Step,
    Steps,
    StepsResult,
    Write,
    delete,
    has_id,
    is_there,
    own_id,
    segment,
    without,
)
from syncer.model.json_values import Json, Part, Ref, Spec
from syncer.model.markers import bind, clone, leaves
from syncer.model.unexpected_reply import field_of, inner_at, list_at, object_at, objects_at, text_at

LISTING = Listing("/v2/flows/templates", "results")
ENFORCED = "enforce_limits=true"
LOCK = ("created_at", "updated_at")
"""Sent back as they were read; by `updated_at` the platform sees whether the flow has moved."""


def path_of(flow_id: str) -> str:
    """Where a flow is read and written."""
    return f"/v2/flows/templates/{segment(flow_id)}"


def save(flow_id: str, body: Spec) -> Call:
    """The call that replaces a flow; what passes a soft limit is refused (docs/platform.md#soft-limits)."""
    return Call("PUT", f"{path_of(flow_id)}?{ENFORCED}", body)


def read(flow_id: str) -> Call:
    """The call that reads a flow."""
    return Call("GET", path_of(flow_id))


def create(write: Write) -> Steps:
    """Import where automations come along, POST else; disabled, compared, then enabled."""
    goal: Spec = {"tasks": [], "edges": [], **write.goal, "enabled": False}
    parts: Parts = {group: dict(ids) for group, ids in write.parts.items()}
    made: Json = None
    imported = False
    if goal.get("automations") and not parts.get("automations"):
        made = yield _import(write, goal)
        imported = made is not None
    if imported:
        live_id, known = str(made["flow"]["id"]), _mapped(write, goal, made)
    else:
        goal, parts = yield from _automations_first(write, goal, parts)
        yield from _changed_automations(write, goal)
        created = yield _post(_body(write, goal))
        made, live_id, known = {"flow": created}, str(created["id"]), {}
    live = yield Step("read back", read(live_id), complaint=is_there("the new flow"), pretend=made["flow"])
    ids = identify(write.address, goal, spec_of(live), known)
    if ids.findings:
        raise Objection(ids.findings[0].message)
    _nothing_lost(translate(clone(goal), ids), live, "; the flow stays disabled")
    sent = inline_automations.digests(inline_automations.inline_of(write.goal, write.parts))
    parts = _composed(parts, ids.parts)
    yield from _point_at_itself(write, live_id, parts, imported)
    if write.goal.get("enabled", True) is not False:
        yield Step(
            "enable",
            save(live_id, {**_body(write, spec_of(live)), **_lock(live), "enabled": True}),
            reread=read(live_id),
            achieved=lambda live: object_at(live).get("enabled") is True,
        )
        live = yield Step("read back", read(live_id), complaint=is_there("the flow"), pretend=live)
    return StepsResult(live_id, live, _remembered(parts, sent), _warnings(live))


def _post(body: Spec) -> Step:
    return Step(
        "create",
        Call("POST", f"/v2/flows/templates?{ENFORCED}", body),
        once=True,
        complaint=has_id,
        pretend={**body, "id": "…"},
        seek=Seek(LISTING, "name", str(body["name"])),
    )


def _body(write: Write, spec: Spec) -> Spec:
    """What goes out: closing reasons with title and status, valid in both generations of the API; nothing null where
    the older definition knows no null."""
    body: Spec = clone(without(spec, "automations", *SERVER_SET))
    if "version" in body:
        body["version"] = generation(body["version"])
    for edge in items(body.get("edges")):
        edge["to_id"] = edge.get("to_id") or ""
    for task in items(body.get("tasks")):
        for condition in items(task.get("conditions")):
            condition["statements"] = condition.get("statements") or []
    if "closing_reasons" in body:
        known = by_id(mapping(write.live).get("closing_reasons"))
        reasons = objects_at(body["closing_reasons"], ("closing_reasons",))
        body["closing_reasons"] = [
            {"id": id, **_titled({**known.get(id, {}), **write.names("ClosingReason", id)})}
            for id in (str(field_of(reason, "id")) for reason in reasons)
        ]
    return body


def _titled(reason: Mapping[str, Json]) -> dict[str, Json]:
    return {name: reason[name] for name in ("title", "status") if name in reason}


def _lock(live: Json) -> dict[str, Json]:
    return {name: live[name] for name in LOCK if live.get(name)}


def _import(write: Write, goal: Spec) -> Step:
    """The export document: the flow and its automations under ids of ours, which the platform replaces by its own."""
    placeholder, own = stable_id(write.address, "flow"), Ref(*write.address)
    ids = {key: stable_id(write.address, "automation", key) for key in goal["automations"]}
    bound = bind(
        goal, lambda leaf: ids.get(leaf.key, leaf) if isinstance(leaf, Part) else placeholder if leaf == own else leaf
    )
    document = {
        **_body(write, bound),
        "id": placeholder,
        "_resolved_automations": {
            ids[key]: {**automation_body(each), "id": ids[key]} for key, each in bound["automations"].items()
        },
    }
    return Step(
        "import",
        Call("POST", "/v2/flows/templates/import", document),
        once=True,
        may_lack=True,
        complaint=lambda reply: has_id(mapping(reply).get("flow")),
        pretend={"flow": {**document, "id": "…"}},
        seek=Seek(LISTING, "name", str(goal["name"])),
        adopt=lambda flow: {"flow": flow},
        id_of=lambda reply: own_id(mapping(reply).get("flow")),
    )


def _mapped(write: Write, goal: Spec, made: Json) -> Parts:
    """What the import says of new ids: tasks and automations are given other ones
    (docs/platform.md#export-and-import)."""
    new = inner_at(object_at(made).get("_id_mappings"), ("_id_mappings",))
    automations = inner_at(new.get("automation_ids"), ("_id_mappings", "automation_ids"))
    ours = {key: automations.get(stable_id(write.address, "automation", key)) for key in goal["automations"]}
    tasks = inner_at(new.get("task_ids"), ("_id_mappings", "task_ids"))
    return {
        "nodes": {key: text_at(id, ("_id_mappings", "task_ids", key)) for key, id in tasks.items()},
        "automations": {key: id for key, id in ours.items() if isinstance(id, str)},
    }


def _composed(first: Parts, then: Parts) -> Parts:
    """Local key → id as sent → id as it is live now."""
    made = {
        group: {local: then.get(group, {}).get(sent, sent) for local, sent in ids.items()}
        for group, ids in first.items()
    }
    return {**made, "automations": {**first.get("automations", {}), **then.get("automations", {})}}


def _remembered(parts: Parts, sent: dict[str, str]) -> Parts:
    """What state keeps of the parts; the configurations just sent among them."""
    kept = {
        group: dict(ids)
        for group, ids in parts.items()
        if group not in ("statements", inline_automations.GROUP) and ids
    }
    return {**kept, inline_automations.GROUP: sent} if sent else kept


def _automations_first(write: Write, goal: Spec, parts: Parts) -> Generator[Step, Json, tuple[Spec, Parts]]:
    """Where there is no import: each automation that is not there yet, then the flow that uses them."""
    own, known = Ref(*write.address), dict(parts.get("automations", {}))
    for key, automation in (goal.get("automations") or {}).items():
        if key not in known:
            made = yield Step(
                f"automation {key}",
                Call("POST", "/v1/automation/flows", automation_body(without_target(automation, own)), "automation"),
                once=True,
                complaint=has_id,
                pretend={"id": f"… {key}"},
                part=("automations", key),
                seek=Seek(AUTOMATION_LISTING, "flow_name", str(automation.get("flow_name"))),
            )
            known[key] = str(made["id"])
    bound = bind(goal, lambda leaf: known.get(leaf.key, leaf) if isinstance(leaf, Part) else leaf)
    return bound, {**parts, "automations": known}


def _changed_automations(write: Write, goal: Spec) -> Generator[Step, Json, None]:
    """The automations that are there already and shall do something else."""
    known, there = write.parts.get("automations", {}), answered(write.answers)
    for key in sorted(set(goal.get("automations") or {}) & set(known)):
        wanted, live = goal["automations"][key], there.get(known[key], {})
        if not same_automation(live, {**live, **wanted}) and Ref(*write.address) not in leaves(wanted):
            path = f"/v1/automation/flows/{segment(known[key])}"
            yield Step(
                f"automation {key}",
                Call("PUT", path, replacement(live, {**live, **wanted}), "automation"),
                reread=Call("GET", path, service="automation"),
                achieved=_is(wanted),
            )


def _is(wanted: Spec) -> Callable[[Json], bool]:
    return lambda live: same_automation(live, {**object_at(live), **wanted})


def _nothing_lost(sent: Spec, live: Json, then: str = "") -> None:
    lost = lost_parts(sent, spec_of(live))
    if lost:
        raise Objection("the platform dropped " + ", ".join(lost) + " without saying so" + then)


def lost_parts(sent: Spec, live: Spec) -> list[str]:
    """What was sent and is not there when read back, in words."""
    lost: list[str] = []
    for noun in ("phases", "tasks"):
        there = by_id(live.get(noun))
        gone = [each for each in items(sent.get(noun)) if str(each.get("id")) not in there]
        lost += [f"{noun[:-1]} `{each.get('name') or each.get('id')}`" for each in gone]
    edges = {edge_ends(edge) for edge in items(live.get("edges"))}
    gone = [edge for edge in items(sent.get("edges")) if edge_ends(edge) not in edges]
    sound = set(map(edge_ends, _sound_edges(sent))) if gone else set()
    for start, condition, end in map(edge_ends, gone):
        if (start, condition, end) in sound:
            lost.append(f"edge `{start}` → `{end or 'end'}`")
    live_tasks = by_id(live.get("tasks"))
    for task in items(sent.get("tasks")):
        theirs = live_tasks.get(str(task.get("id")))
        if theirs is None:
            continue
        branches = by_id(theirs.get("conditions"))
        gone = [each for each in items(task.get("conditions")) if str(each.get("id")) not in branches]
        lost += [f"branch `{each.get('branch_name') or each.get('id')}`" for each in gone]
        names = ("flow_id", *inline_automations.OF_TASKS)
        sources = [any(mapping(each.get("automation_config")).get(name) for name in names) for each in (task, theirs)]
        if sources == [True, False]:
            lost.append(f"the automation of task `{task.get('name') or task.get('id')}`")
    return lost


def _sound_edges(sent: Spec) -> list[Mapping[str, Json]]:
    """Those of which no rule says that they lead nowhere. The others were live, and the manifest accepts what is odd
    about them: that they go with the next write is told as what reads back otherwise, and ends nothing."""
    wrong = [finding.path for finding in check_flow(sent) if finding.severity == "error"]
    odd = {path[1] for path in wrong if path[0] == "edges" and len(path) > 1}
    return [edge for at, edge in mappings(sent.get("edges")) if at not in odd]


def _point_at_itself(write: Write, live_id: str, parts: Parts, imported: bool) -> Generator[Step, Json, None]:
    """An automation that starts this very flow needs the flow's id, which an import puts in and a POST cannot."""
    own = Ref(*write.address)
    for key, automation in (write.goal.get("automations") or {}).items():
        automation_id = parts.get("automations", {}).get(key)
        if automation_id is None or own not in leaves(automation):
            continue
        bound = bind(automation, lambda leaf: live_id if leaf == own else leaf)
        path = f"/v1/automation/flows/{segment(automation_id)}"
        look = Call("GET", path, service="automation")
        live = yield Step("look", look, complaint=is_there(f"automation `{key}`"), pretend=bound if imported else {})
        adopted = key in write.parts.get("automations", {})  # of a create that was cut off: it may have changed since
        if adopted or targets(live) != targets(bound):
            body = replacement(live, {**live, **(bound if adopted else {"actions": with_targets(live, bound)})})
            yield Step(
                f"point {key} at the flow",
                Call("PUT", path, body, "automation"),
                reread=look,
                achieved=_targets(targets(bound)),
            )


def _targets(wanted: list[Json]) -> Callable[[Json], bool]:
    return lambda live: targets(live) == wanted


def update(write: Write) -> Steps:
    """New automations, changed automations, then the whole flow under its lock."""
    whole = with_carried_fields(write.goal, write.want, write.live)
    goal, parts = yield from _automations_first(write, whole, write.parts)
    if "automations" in write.changed:
        yield from _changed_automations(write, goal)
    new = set(parts["automations"]) - set(write.parts.get("automations", {}))
    send = inline_automations.unsent(write.goal, write.parts)
    bare = inline_automations.strip(goal, send, write.parts)
    if write.changed - {"automations"} or new:
        body = {**_body(write, bare), **_lock(write.live)}
        yield Step(
            "save",
            save(write.live_id, body),
            reread=read(write.live_id) if send else None,
            achieved=_saved(write.live, goal) if send else None,
        )
    gone = dict(going_with(spec_of(write.live), goal))
    ours = {key: (id, gone[id]) for key, id in write.parts.get("automations", {}).items() if id in gone}
    yield from _with_it(write, ours)
    pretend = {**goal, "id": write.live_id}
    live = yield Step("read back", read(write.live_id), complaint=is_there("the flow"), pretend=pretend)
    _nothing_lost(bare, live)
    sent = inline_automations.digests(inline_automations.inline_of(write.goal, write.parts))
    return StepsResult(write.live_id, live, _remembered(parts, sent), _warnings(live))


def _with_it(write: Write, going: Mapping[str, tuple[str, str]]) -> Generator[Step, Json, None]:
    """DELETE each of these automations, by local key (id, what took it along), that is still there and that no other
    flow owns: those made one by one don't go by themselves, nor does a trigger's."""
    there = answered(write.answers)
    for key, (id, item) in sorted(going.items()):
        goes_alone = bool(owner(there.get(id))) and item != "trigger"
        path = f"/v1/automation/flows/{segment(id)}"
        look = Call("GET", path, service="automation")
        live = yield Step("look", look, pretend=None if goes_alone else {"id": id})
        if live is not None and owner(live) in ("", write.live_id):
            call = Call("DELETE", path, service="automation")
            yield from delete(call, look, f"automation `{key}`", f"delete automation {key}")


def _saved(before: Json, goal: Spec) -> Callable[[Json], bool]:
    """A flow that took configurations with it does not show them: that it was written since, and is as it should be
    otherwise, has to do."""
    return lambda live: (
        object_at(live).get("updated_at") != before.get("updated_at")
        and not merge(spec_of(live), without(goal, "automations"), {}, SHAPE).changes
    )


def _warnings(live: Json) -> tuple[str, ...]:
    warnings = list_at(live.get("limit_warnings"), ("limit_warnings",))
    return tuple(str(each.get("message")) for each in warnings if isinstance(each, dict))


def remove(write: Write) -> Steps:
    """DELETE; automations that the platform knows to be the flow's are assumed to go with it, the others go first: were
    the run cut off after the flow, nobody would know of them."""
    there = answered(write.answers)
    known = write.parts.get("automations", {})
    yield from _with_it(write, {key: (id, "") for key, id in known.items() if not owner(there.get(id))})
    return (yield from delete(Call("DELETE", path_of(write.live_id)), read(write.live_id), "the flow"))
