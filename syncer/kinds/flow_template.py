"""Flow template: phases, tasks and the graph between them; points at closing reasons, schemas and automations.

POST creates, and PUT replaces the whole document under an optimistic lock (workflow-definition.md 2, 14). A manifest that
bundles its automations is created by **import**, which makes flow and automations together; where a newer platform has
no import, by the automations API and POST. The platform drops broken edges without a word: a new flow is created
disabled, read back and compared, and only then enabled.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping

from syncer.core.kind import (
    Call, Context, Kind, Listing, Objection, Parts, Prepared, RefField, Risk, Seek, Spec, Step, Steps, Write, Written, own_id,
)
from syncer.core.merge import FieldChange, Item
from syncer.core.problem import Finding
from syncer.core.references import bind, clone, leaves
from syncer.core.shape import AS_SET, compile_shape, keyed
from syncer.core.values import ABSENT, Json, Part, Ref
from syncer.core.verbs import has_id, is_gone, is_there, segment, without
from syncer.kinds.flow_automations import (
    AUTOMATION_LISTING,
    IGNORED,
    automation_body,
    automation_spec,
    same_automation,
    targets,
    with_targets,
    without_target,
)
from syncer.kinds.flow_graph import check_flow
from syncer.kinds.flow_ids import identify, lost_parts, stable_id, translate

SERVICE = "workflow"
LISTING = Listing("/v2/flows/templates", "results")
SERVER_SET = ("id", "org_id", "created_at", "updated_at", "limit_warnings", "_resolved_automations")

_TRIGGERS = ("trigger", "additional_triggers[]")

SHAPE = compile_shape(
    lists={
        "additional_triggers": keyed("id", whole=True),
        "assigned_to": AS_SET,
        "phases": keyed("id", whole=True),
        "phases[].assigned_to": AS_SET,
        "phases[].taxonomies": AS_SET,
        "tasks": keyed("id", whole=True),
        "tasks[].assigned_to": AS_SET,
        "tasks[].taxonomies": AS_SET,
        "tasks[].requirements": AS_SET,
        "tasks[].conditions": keyed("id", whole=True, ordered=True),
        "tasks[].conditions[].statements": keyed("id", whole=True),
        "edges": keyed("id", whole=True),
        "closing_reasons": keyed("id", whole=True),
        "entity_sync": AS_SET,
        "taxonomies": AS_SET,
    },
    defaults={
        "enabled": True,
        "description": "",
        "available_in_ecp": False,
        "singleClosingReasonSelection": False,
        "linear": False,
        "tasks[].created_automatically": False,
        "tasks[].allow_parallel_execution": True,
        "tasks[].loop_config.max_iterations": 3,
        "tasks[].journey.complete_task_automatically": True,
        "tasks[].ecp.journey.complete_task_automatically": True,
        "tasks[].installer.journey.complete_task_automatically": True,
        "tasks[].conditions[].statements[].value_type": "static",
        "tasks[].conditions[].statements[].source.attributes_match": "any",
        "tasks[].conditions[].statements[].source.attribute_repeatable": False,
        **{f"{root}.input_entity": "thread" for root in _TRIGGERS},
        "edges[].to_id": "",
        "edges[].none_met": False,
        "edges[].condition_id": "",
        "automations.*.enabled": True,
    },
    empty=(
        "additional_triggers", "assigned_to", "taxonomies", "closing_reasons", "entity_sync", "phases",
        "phases[].assigned_to", "phases[].taxonomies", "tasks[].assigned_to", "tasks[].taxonomies", "tasks[].requirements",
        "tasks[].conditions[].statements", "edges[].to_id", "tasks[].description", "tasks[].schedule",
        "automations.*.conditions", "automations.*.trigger_conditions", "automations.*.schedules", "automations.*.loops",
    ),
    ignored=(
        "_manifest",
        "closing_reasons[].title", "closing_reasons[].status",
        "closing_reasons[].creationTime", "closing_reasons[].lastUpdateTime",
        "assigned_to[].value", "phases[].assigned_to[].value", "tasks[].assigned_to[].value",
        "tasks[].journey.name", "tasks[].ecp.journey.name", "tasks[].installer.journey.name",
        *(f"{root}.journey_name" for root in _TRIGGERS),
        *IGNORED,
    ),
    canon={"version": lambda value: f"v{value}" if isinstance(value, int) else value},
)


def spec_of(live: Json) -> Spec:
    """The live flow without what the platform sets; its closing reasons by id alone, as a flow refers to them."""
    spec = without(live, *SERVER_SET)
    if isinstance(spec.get("closing_reasons"), list):
        spec["closing_reasons"] = [{"id": reason.get("id")} for reason in spec["closing_reasons"]]
    return spec


def asks(context: Context) -> Mapping[str, Call]:
    """The live automations of a flow that bundles some: no list of flows carries them."""
    if not context.want.get("automations") or not context.live:
        return {}
    ids = sorted(set(_automation_ids(context.live)) | set(context.parts.get("automations", {}).values()))
    if not ids:
        return {}
    return {"automations": Call("POST", "/v1/automation/flows:batchGet", {"ids": ids}, "automation")}


def _automation_ids(live: Json) -> list[str]:
    triggers = [live.get("trigger") or {}, *(live.get("additional_triggers") or [])]
    ids = [trigger.get("automation_id") for trigger in triggers]
    ids += [(task.get("automation_config") or {}).get("flow_id") for task in live.get("tasks") or []]
    return [each for each in ids if isinstance(each, str)]


def prepare(context: Context) -> Prepared:
    """Local keys become live ids; bundled automations stand beside their live counterparts."""
    have = spec_of(context.live) if context.live else {}
    want: Spec = clone(context.want)
    for holder in _journeys(want):
        if holder.get("journeyId") and not holder.get("id"):
            holder["id"] = stable_id(context.address, "journey", str(holder["journeyId"]))
    ids = identify(context.address, want, have, context.parts)
    _keep_journey_ids(want, have, ids.parts)
    known = ids.parts.get("automations", {})
    live_automations = _live_automations(context.answers, known)
    want = translate(want, ids)
    want = bind(want, lambda leaf: known[leaf.key] if isinstance(leaf, Part) and leaf.key in live_automations else leaf)
    if live_automations:
        have["automations"] = live_automations
    ids.parts["automations"] = {key: id for key, id in known.items() if key in live_automations}
    own = Ref(*context.address)
    if context.live:
        want = bind(want, lambda leaf: str(context.live["id"]) if leaf == own else leaf)
    return Prepared(want, have, ids.parts, findings=tuple(ids.findings), labels=ids.labels)


def _live_automations(answers: Mapping[str, Json], known: Mapping[str, str]) -> dict[str, Json]:
    answer = answers.get("automations")
    found = {each.get("id"): each for each in (answer.get("results") or [])} if isinstance(answer, dict) else {}
    return {key: automation_spec(found[id]) for key, id in known.items() if id in found}


def _journeys(want: Spec) -> list[dict[str, Json]]:
    holders = []
    for task in want.get("tasks") or []:
        for place in (task, task.get("ecp") or {}, task.get("installer") or {}):
            if isinstance(place.get("journey"), dict):
                holders.append(place["journey"])
    return holders


def _keep_journey_ids(want: Spec, have: Spec, parts: Parts) -> None:
    """A task's link to a journey has an id of its own: where the live one has it, it stays."""
    live = {task.get("id"): task for task in have.get("tasks") or []}
    for task in want.get("tasks") or []:
        there = live.get(parts.get("nodes", {}).get(str(task.get("id"))), {})
        for ours, theirs in ((task, there), (task.get("ecp"), there.get("ecp")), (task.get("installer"), there.get("installer"))):
            mine, other = ((ours or {}).get("journey"), (theirs or {}).get("journey"))
            if isinstance(mine, dict) and isinstance(other, dict) and other.get("id") and mine.get("journeyId") == other.get("journeyId"):
                mine["id"] = other["id"]


def _path(flow_id: str) -> str:
    return f"/v2/flows/templates/{segment(flow_id)}"


def _read(flow_id: str) -> Call:
    return Call("GET", _path(flow_id))


def _body(write: Write, spec: Spec) -> Json:
    """What goes out: closing reasons with title and status, valid in both generations of the API."""
    body = without(spec, "automations", *SERVER_SET)
    if "closing_reasons" in body:
        body["closing_reasons"] = [
            {"id": reason["id"], **_titled(write.names("ClosingReason", str(reason["id"])))}
            for reason in body["closing_reasons"] or []
        ]
    return body


def _titled(reason: Mapping[str, Json]) -> dict[str, Json]:
    return {name: reason[name] for name in ("title", "status") if name in reason}


def create(write: Write) -> Steps:
    """Import where automations come along, POST else; disabled, compared, then enabled."""
    goal: Spec = {"tasks": [], "edges": [], **write.goal, "enabled": False}
    parts = {group: dict(ids) for group, ids in write.parts.items()}
    made: Json = None
    if goal.get("automations") and not parts.get("automations"):
        made = yield _import(write, goal)
    if made is not None:
        live_id, known = str(made["flow"]["id"]), _mapped(write, goal, made)
    else:
        goal, parts = yield from _automations_first(write, goal, parts)
        body = _body(write, goal)
        created = yield Step(
            "create", Call("POST", "/v2/flows/templates", body), once=True, complaint=has_id,
            pretend={**body, "id": "…"}, seek=Seek(LISTING, "name", str(body["name"])),
        )
        made, live_id, known = {"flow": created}, str(created["id"]), {}
    live = yield Step("read back", _read(live_id), complaint=is_there("the new flow"), pretend=made["flow"])
    ids = identify(write.address, goal, spec_of(live), known)
    _nothing_lost(translate(clone(goal), ids), live)
    parts = _composed(parts, ids.parts)
    yield from _point_at_itself(write, live_id, parts)
    if write.goal.get("enabled", True) is not False:
        yield Step(
            "enable", Call("PUT", _path(live_id), {**_body(write, _carried(live)), "enabled": True}),
            reread=_read(live_id), achieved=lambda live: live.get("enabled") is True,
        )
        live = yield Step("read back", _read(live_id), complaint=is_there("the flow"), pretend=live)
    return Written(live_id, live, parts, _warnings(live))


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
        "import", Call("POST", "/v2/flows/templates/import", document), once=True, may_lack=True,
        complaint=lambda reply: has_id(reply.get("flow") if isinstance(reply, dict) else None),
        pretend={"flow": {**document, "id": "…"}},
        seek=Seek(LISTING, "name", str(goal["name"])),
        adopt=lambda flow: {"flow": flow}, id_of=lambda reply: own_id(reply.get("flow") if isinstance(reply, dict) else None),
    )


def _mapped(write: Write, goal: Spec, made: Json) -> Parts:
    """What the import says of new ids: tasks and automations are given other ones (workflow-definition.md 10)."""
    mapping = made.get("_id_mappings") or {}
    automations = mapping.get("automation_ids") or {}
    ours = {key: automations.get(stable_id(write.address, "automation", key)) for key in goal["automations"]}
    return {
        "nodes": dict(mapping.get("task_ids") or {}),
        "automations": {key: id for key, id in ours.items() if isinstance(id, str)},
    }


def _composed(first: Parts, then: Parts) -> Parts:
    """Local key → id as sent → id as it is live now."""
    made = {
        group: {local: then.get(group, {}).get(sent, sent) for local, sent in ids.items()} for group, ids in first.items()
    }
    made["automations"] = {**first.get("automations", {}), **then.get("automations", {})}
    return {group: ids for group, ids in made.items() if group != "statements"}


def _automations_first(write: Write, goal: Spec, parts: Parts) -> Generator[Step, Json, tuple[Spec, Parts]]:
    """Where there is no import: each automation that is not there yet, then the flow that uses them."""
    own, known = Ref(*write.address), dict(parts.get("automations", {}))
    for key, automation in (goal.get("automations") or {}).items():
        if key not in known:
            made = yield Step(
                f"automation {key}", Call("POST", "/v1/automation/flows", automation_body(without_target(automation, own)), "automation"),
                once=True, complaint=has_id, pretend={"id": f"… {key}"}, part=("automations", key),
                seek=Seek(AUTOMATION_LISTING, "flow_name", str(automation.get("flow_name"))),
            )
            known[key] = str(made["id"])
    bound = bind(goal, lambda leaf: known.get(leaf.key, leaf) if isinstance(leaf, Part) else leaf)
    return bound, {**parts, "automations": known}


def _nothing_lost(sent: Spec, live: Json) -> None:
    lost = lost_parts(sent, spec_of(live))
    if lost:
        raise Objection(
            "the platform dropped " + ", ".join(lost) + " without saying so; the flow stays disabled"
        )


def _point_at_itself(write: Write, live_id: str, parts: Parts) -> Generator[Step, Json, None]:
    """An automation that starts this very flow needs the flow's id, which an import puts in and a POST cannot."""
    own = Ref(*write.address)
    for key, automation in (write.goal.get("automations") or {}).items():
        automation_id = parts.get("automations", {}).get(key)
        if automation_id is None or own not in leaves(automation):
            continue
        bound = bind(automation, lambda leaf: live_id if leaf == own else leaf)
        path = f"/v1/automation/flows/{segment(automation_id)}"
        live = yield Step("look", Call("GET", path, service="automation"), complaint=is_there(f"automation `{key}`"), pretend=bound)
        if targets(live) != targets(bound):
            body = automation_body({**live, "actions": with_targets(live, bound)})
            yield Step(
                f"point {key} at the flow", Call("PUT", path, body, "automation"),
                reread=Call("GET", path, service="automation"), achieved=_targets(targets(bound)),
            )


def _targets(wanted: list[Json]) -> Callable[[Json], bool]:
    return lambda live: targets(live) == wanted


def _carried(live: Json) -> Spec:
    """The live flow as it goes back: the lock included, by which the platform sees whether it has moved."""
    spec = spec_of(live)
    if live.get("updated_at"):
        spec["updated_at"] = live["updated_at"]
    return spec


def update(write: Write) -> Steps:
    """New automations, changed automations, then the whole flow under its lock."""
    goal, parts = yield from _automations_first(write, write.goal, write.parts)
    known, new = write.parts.get("automations", {}), set(parts["automations"]) - set(write.parts.get("automations", {}))
    if "automations" in write.changed:
        for key in sorted(set(goal.get("automations") or {}) & set(known)):
            live = _raw_automation(write.answers, known[key])
            if not same_automation(live, goal["automations"][key]):
                path = f"/v1/automation/flows/{segment(known[key])}"
                body = automation_body({**live, **goal["automations"][key]})
                yield Step(
                    f"automation {key}", Call("PUT", path, body, "automation"),
                    reread=Call("GET", path, service="automation"), achieved=_is(goal["automations"][key]),
                )
    if write.changed - {"automations"} or new:
        body = _body(write, goal)
        if write.live.get("updated_at"):
            body["updated_at"] = write.live["updated_at"]
        yield Step("save", Call("PUT", _path(write.live_id), body))
    live = yield Step("read back", _read(write.live_id), complaint=is_there("the flow"), pretend={**goal, "id": write.live_id})
    _nothing_lost(goal, live)
    kept = {group: dict(ids) for group, ids in parts.items() if group != "statements"}
    return Written(write.live_id, live, kept, _warnings(live))


def _is(goal: Spec) -> Callable[[Json], bool]:
    return lambda live: same_automation(live, goal)


def _raw_automation(answers: Mapping[str, Json], automation_id: str) -> Json:
    answer = answers.get("automations")
    results = answer.get("results") if isinstance(answer, dict) else None
    return next((each for each in results or [] if each.get("id") == automation_id), {})


def _warnings(live: Json) -> tuple[str, ...]:
    return tuple(str(each.get("message")) for each in live.get("limit_warnings") or [] if isinstance(each, dict))


def remove(write: Write) -> Steps:
    """DELETE; its automations are assumed to go with it."""
    yield Step("delete", Call("DELETE", _path(write.live_id)))
    yield Step("read back", _read(write.live_id), complaint=is_gone("the flow"))
    return Written("", None)


def risk(change: FieldChange, have: Spec, goal: Spec) -> Risk | None:
    """workflow-definition.md 14: what is lost, and what stops."""
    match change.path:
        case ("tasks", Item(key=key)) if change.after is ABSENT:
            task = change.before if isinstance(change.before, dict) else {}
            name = task.get("name") or key
            if task.get("task_type") == "AUTOMATION":
                return Risk("destructive", f"task `{name}` goes, and the platform deletes its automation", f"tasks/{name}")
            return Risk("risky", f"task `{name}` goes; reports that follow it end here")
        case ("phases", Item()) if change.after is ABSENT:
            return Risk("risky", "a phase goes; reports that follow it end here")
        case ("tasks", Item(), "task_type"):
            return Risk("risky", "a task becomes one of another kind")
        case ("trigger", *_) | ("additional_triggers", Item()) if _was_automation(change, have):
            return Risk("destructive", "the trigger's automation is replaced", "trigger")
        case ("trigger", *_):
            return Risk("risky", "the flow starts otherwise")
        case ("enabled",) if change.after is False:
            return Risk("risky", "the flow starts no more; running ones go on")
        case ("enabled",):
            return Risk("risky", "the flow goes live")
        case ("automations", *_):
            return Risk("risky", "an automation does something else")
    return None


def _was_automation(change: FieldChange, have: Spec) -> bool:
    if change.path[0] == "trigger":
        kept = change.path[1:] not in ((), ("type",), ("automation_id",))
        return not kept and (have.get("trigger") or {}).get("type") == "automation"
    return change.after is ABSENT and isinstance(change.before, dict) and change.before.get("type") == "automation"


def objections(changes: tuple[FieldChange, ...], have: Spec, goal: Spec) -> list[Finding]:
    """A flow's generation is not changed in place: what the platform makes of it is not known."""
    for change in changes:
        if change.path == ("version",) and change.before is not ABSENT:
            return [
                Finding(
                    "flow-version", f"version `{change.before}` of a live flow cannot become `{change.after}`", ("version",),
                    "leave it as it is, or make a new flow under another name",
                )
            ]
    return []


def limits(live: Json, answers: Mapping[str, Json]) -> tuple[str, ...]:
    """How many enabled flows the organisation may have."""
    limit = answers.get("limits")
    if not isinstance(limit, dict):
        return ()
    now, most = limit.get("currentNoOfWorkflows"), limit.get("maxAllowed")
    if isinstance(now, int) and isinstance(most, int) and now >= most:
        return (f"{now} of {most} flows are enabled: the platform may refuse to enable another",)
    return ()


KIND = Kind(
    name="FlowTemplate",
    slug="flow-template",
    service=SERVICE,
    listing=LISTING,
    title="name",
    key=lambda spec: "",
    live_key=lambda live: "",
    live_id=lambda live: str(live["id"]),
    shape=SHAPE,
    spec_of=spec_of,
    asks=asks,
    prepare=prepare,
    read=lambda id, live: _read(id),
    create=create,
    update=update,
    remove=remove,
    removal=lambda policy: "delete",
    risk=risk,
    create_risk=lambda spec: None if spec.get("enabled") is False else Risk("risky", "the flow goes live"),
    objections=objections,
    remove_reason="the flow goes, and its automations with it; running ones go on",
    asks_if_changed=lambda id: {"limits": Call("GET", "/v1/workflows/limits/max-allowed")},
    notices=limits,
    check=check_flow,
    required=("tasks", "edges", "version", "tasks[].name", "tasks[].task_type", "phases[].name", "tasks[].conditions[].branch_name"),
    refs=(
        RefField("closing_reasons[]", "ClosingReason", form="item"),
        *(RefField(f"{root}.automation_id", "AutomationFlow") for root in _TRIGGERS),
        *(RefField(f"{root}.entity_schema", "EntitySchema", plain=True) for root in _TRIGGERS),
        *(RefField(f"{root}.journey_id", "Journey") for root in _TRIGGERS),
        RefField("tasks[].automation_config.flow_id", "AutomationFlow"),
        RefField("tasks[].conditions[].statements[].source.schema", "EntitySchema", plain=True),
        RefField("tasks[].schedule.reference.schema", "EntitySchema", plain=True),
        RefField("entity_sync[].target.entitySchema", "EntitySchema", plain=True),
        RefField("taxonomies[]", "TaxonomyClassification"),
        RefField("phases[].taxonomies[]", "TaxonomyClassification"),
        RefField("tasks[].taxonomies[]", "TaxonomyClassification"),
        RefField("tasks[].journey.journeyId", "Journey"),
        RefField("tasks[].ecp.journey.journeyId", "Journey"),
        RefField("tasks[].installer.journey.journeyId", "Journey"),
        RefField("automations.*.entity_schema", "EntitySchema", plain=True),
        RefField("automations.*.actions[].config.target_workflow", "FlowTemplate"),
        RefField("automations.*.actions[].config.app_id", "AppInstallation", plain=True),
    ),
    texts=("description", "phases[].description", "tasks[].description.value"),
)
