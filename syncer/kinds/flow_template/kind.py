"""Flow template: phases, tasks and the graph between them; points at closing reasons, schemas and automations.

Recognised by the id the platform gives, and by its name at first. What a manifest calls its parts and what they are
called on the platform are two things (part_ids); how it is written stands in api_calls.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from syncer.diff.three_way_merge import merge
from syncer.kinds.flow_template import inline_automations
from syncer.kinds.flow_template.api_calls import LISTING, create, read, remove, update
from syncer.kinds.flow_template.automations import (
    answered,
    ask_for,
    automation_spec,
    maybe_there,
    switched_off,
    unused_and_unknown,
)
from syncer.kinds.flow_template.cascade import going_with, named, removal_asks, removal_reasons, takes_along
from syncer.kinds.flow_template.checks.attribute_uses import attribute_uses
from syncer.kinds.flow_template.checks.entity_schemas import check_flow_against_schemas
from syncer.kinds.flow_template.checks.spec import ACCEPTABLE, RULES, check_flow
from syncer.kinds.flow_template.dependent_fields import settle
from syncer.kinds.flow_template.diff_rules import RESTRICTIONS, SHAPE, TRIGGERS, spec_of
from syncer.kinds.flow_template.id_resolution import filled, translate
from syncer.kinds.flow_template.part_ids import identify
from syncer.kinds.flow_template.part_keys import PartIds, journeys_of, stable_id
from syncer.kinds.flow_template.risks import create_risk, limits, objections, risk
from syncer.kinds.lenient_reader import items, mapping
from syncer.kinds.secret_scan import suspicious
from syncer.kinds.users import AUTOMATIONS, reads
from syncer.model.address import Address
from syncer.model.calls import Call, Parts
from syncer.model.json_values import Json, Part, Ref, Spec
from syncer.model.kind import Context, CrossCheck, Kind, Meaning, PreparedSides, RefField, Risk
from syncer.model.markers import bind, clone
from syncer.model.unexpected_reply import field_of

if TYPE_CHECKING:
    from syncer.model.pulled_spec import PulledSpec
    from syncer.model.recording_rules import Foreseen, RecordingRules

SERVICE = "workflow"


def asks(context: Context) -> Mapping[str, Call]:
    """The live automations of a flow that bundles some, did so at the last apply, or brings a configuration of which
    nobody remembers that it was sent: no list of flows carries them. Those that a run made before it was cut off have
    no flow yet. One that nothing uses and nobody remembers can be found by its name only."""
    loose = {"organisation": AUTOMATIONS} if unused_and_unknown(context) else {}
    bundles = context.want.get("automations") or context.last.get("automations")
    if not bundles and not (context.live and inline_automations.unknown(context.want, context.parts)):
        return {}
    return {**loose, **ask_for([*named(context.live or {}), *context.parts.get("automations", {}).values()])}


def prepare(context: Context) -> PreparedSides:
    """Local keys become live ids; bundled automations stand beside their live counterparts."""
    have = spec_of(context.live) if context.live else {}
    want: Spec = clone(context.want)
    ids = identify(context.address, want, have, context.parts, context.last)
    there = answered(context.answers)
    known = {key: id for key, id in ids.parts.get("automations", {}).items() if id in there}
    if known:
        have["automations"] = {key: automation_spec(there[id]) for key, id in known.items()}
    want = translate(want, ids)
    own = Ref(*context.address)
    if context.live:
        want = bind(want, lambda leaf: str(context.live["id"]) if leaf == own else leaf)
    want = bind(want, lambda leaf: known.get(leaf.key, leaf) if isinstance(leaf, Part) else leaf)
    _journey_ids(context.address, want, have)
    last = settle(want, have, context.last)
    stopped = [each for key, id in known.items() if switched_off(there[id]) for each in _stays_off(want, key)]
    notices = [each.risk.reason for each in stopped]
    left = {key: id for key, id in _no_longer_bundled(context, ids).items() if id in there or not asks(context)}
    notices += map(_goes_on, _staying(left, have, want, context.last))
    notices += _given_up(context, have, want, last)
    known = {**left, **known}
    parts: Parts = {**{name: each for name, each in ids.parts.items() if name != "statements"}, "automations": known}
    memory = {**parts, inline_automations.GROUP: context.parts.get(inline_automations.GROUP, {})}
    judged = inline_automations.judge(want, have, memory, context.last, there)
    parts = {name: each for name, each in {**parts, inline_automations.GROUP: judged.sent}.items() if each}
    return PreparedSides(
        want,
        have,
        parts,
        findings=(*ids.findings, *maybe_there(context, ids)),
        notices=(*notices, *ids.notices, *judged.notices),
        extra=judged.changes,
        labels=ids.labels,
        stopped=tuple(stopped),
        last=last,
    )


def _no_longer_bundled(context: Context, ids: PartIds) -> dict[str, str]:
    """The automations that an earlier manifest bundled: remembered, so that declaring one again makes no second. One
    that has another key by now is bundled still."""
    bundled, taken = mapping(context.want.get("automations")), {*ids.parts.get("automations", {}).values()}
    known = context.parts.get("automations", {})
    return {key: id for key, id in known.items() if key not in bundled and id not in taken}


def _staying(left: Mapping[str, str], have: Spec, want: Spec, last: Spec) -> list[str]:
    """Those that the last manifest bundled and that this one neither bundles nor lets go with a task or trigger."""
    dropped = [key for key in left if key in mapping(last.get("automations"))]
    going = {id for id, _ in going_with(have, merge(have, want, {}, SHAPE).goal)} if dropped else set()
    return [key for key in dropped if left[key] not in going]


def _given_up(context: Context, have: Spec, want: Spec, last: Spec) -> Iterator[str]:
    """That an automation of a trigger or task which goes is not known to be ours, and may stay."""
    unknown = {*named(have)} - {*context.parts.get("automations", {}).values()}
    if not unknown:
        return
    for id, item in going_with(have, merge(have, want, last, SHAPE).goal):
        if id in unknown:
            who, then = ("trigger", "starts the flow") if item == "trigger" else ("task", "goes on")
            yield (
                f"automation `{id}`, which a {who} of the live flow names, is not known to be ours: it may stay, "
                f"and {then} as long as it is on; delete it in epilot, or bundle it"
            )


def _goes_on(key: str) -> str:
    return (
        f"automation `{key}` is no longer declared: it stays in the organisation as it is, and goes on running until "
        "somebody switches it off there"
    )


def _stays_off(want: Spec, key: str) -> Iterator[Meaning]:
    """The platform's own protection is not undone unasked (docs/platform.md#automations)."""
    automation = mapping(want.get("automations")).get(key)
    if not isinstance(automation, dict) or automation.get("enabled", True) is False:
        return
    if "enabled" in automation:
        want["automations"] = {**want["automations"], key: {**automation, "enabled": False}}
    reason = (
        f"automation `{key}` was switched off by the platform itself, as it does with one that runs hot: it stays off "
        "until somebody has looked at it and enables it in epilot"
    )
    yield Meaning(("automations", key, "enabled"), True, False, "drift", Risk("risky", reason, f"automations.{key}"))


def _journeys(spec: Spec) -> list[tuple[str, dict[str, Json]]]:
    """(which, journey) of every link to a journey, by task and place."""
    tasks = items(spec.get("tasks"))
    return [(f"{task.get('id')}/{name}", journey) for task in tasks for name, journey in journeys_of(task)]


def _journey_ids(address: Address, want: Spec, have: Spec) -> None:
    """A task's link to a journey has an id of its own: where the live one has it, it stays; where that has none, it
    gets none unasked; a new one gets one of ours."""
    live = dict(_journeys(have))
    for place, journey in _journeys(want):
        there, target = live.get(place, {}), journey.get("journeyId")
        same = bool(there) and there.get("journeyId") == target
        if same and there.get("id"):
            journey["id"] = there["id"]
        elif target and not same and not journey.get("id"):
            journey["id"] = stable_id(address, "journey", str(target))


def _pulled(spec: Spec, live: Json, known: Parts, answers: Mapping[str, Json]) -> PulledSpec:
    from syncer.kinds.flow_template.export import as_manifest  # late: only `pull` asks

    return as_manifest(spec, live, known, answers)


def _kept(live: Json) -> Json:
    """The live flow as a spec, which is all that planning reads; the names of those whom tasks are assigned to are
    copies that the platform adds."""
    flow: Spec = {"id": field_of(live, "id"), **clone(spec_of(live))}
    for holder in (flow, *items(flow.get("phases")), *items(flow.get("tasks"))):
        for assigned in items(holder.get("assigned_to")):
            assigned.pop("value", None)
    return flow


def _foresee(lists: Mapping[str, Sequence[Json]]) -> Foreseen:
    """The automations that flows name, should a manifest bundle them."""
    yield list(ask_for(id for live in lists["FlowTemplate"] for id in named(live)).values())


def _recorded() -> RecordingRules:
    from syncer.kinds.flow_template.automations import batches
    from syncer.model.recording_rules import RecordedRead, RecordingRules, pick  # late: only `record` asks

    most = RecordedRead("workflow", "GET /v1/workflows/limits/max-allowed", pick("currentNoOfWorkflows", "maxAllowed"))
    return RecordingRules(_kept, (most, batches(), *reads()), _foresee)


KIND = Kind(
    name="FlowTemplate",
    slug="flow-template",
    service=SERVICE,
    listing=LISTING,
    title="name",
    key=lambda spec: "",
    live_key=lambda live: "",
    live_id=lambda live: str(field_of(live, "id")),
    shape=SHAPE,
    spec_of=spec_of,
    asks=asks,
    prepare=prepare,
    read=lambda id, live: read(id),
    filled=filled,
    create=create,
    update=update,
    remove=remove,
    removal=lambda policy: "delete",
    removal_asks=removal_asks,
    removal_reasons=removal_reasons,
    takes_along=takes_along,
    risk=risk,
    create_risk=create_risk,
    objections=objections,
    remove_reason="the flow goes, and its automations with it; running ones go on",
    asks_if_changed=lambda id: {"limits": Call("GET", "/v1/workflows/limits/max-allowed")},
    notices=limits,
    made_along="automations",
    along="AutomationFlow",
    asks_along=ask_for,
    own_values=("enabled",),
    suspicious=suspicious,
    check=check_flow,
    whole_checked=True,
    part_uses=attribute_uses,
    cross_checks=(CrossCheck("EntitySchema", check_flow_against_schemas, at="attributes"),),
    rules=RULES,
    acceptable=ACCEPTABLE,
    heading="Flow templates",
    recorded=_recorded,
    refs=(
        RefField("closing_reasons[]", "ClosingReason", form="item"),
        *(RefField(f"{root}.automation_id", "AutomationFlow") for root in TRIGGERS),
        *(RefField(f"{root}.entity_schema", "EntitySchema", plain=True) for root in TRIGGERS),
        *(RefField(f"{root}.journey_id", "Journey") for root in TRIGGERS),
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
    texts=("description", "tasks[].description.value"),
    pull=_pulled,
    folder="flows",
    words=("enabled",),
    one_work=("phases", "tasks", "edges", "entity_sync", "due_date_config"),
    restrictions=RESTRICTIONS,
    named_ids=(
        *((f"{root}assigned_to[]", "user") for root in ("", "phases[].", "tasks[].")),
        ("tasks[].agent_config.agent_id", "agent"),
        ("automations.*.actions[].config.email_template_id", "mail"),
        ("automations.*.actions[].config.target_webhook_id", "webhook"),
    ),
)
