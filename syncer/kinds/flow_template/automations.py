"""The automations that a flow template bundles: a slice of the automation API (docs/platform.md#automations)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from syncer.diff.fingerprint import canonical
from syncer.kinds.flow_template.part_keys import PartIds
from syncer.kinds.lenient_reader import mapping
from syncer.kinds.users import results, unseen
from syncer.model.calls import Call, Listing, without
from syncer.model.diagnostic import Finding
from syncer.model.json_values import Json, Part, Spec
from syncer.model.kind import Context
from syncer.model.markers import clone, leaves
from syncer.model.unexpected_reply import field_of, inner_at, object_at, objects_at

if TYPE_CHECKING:
    from syncer.model.recording_rules import RecordedRead

AUTOMATION_LISTING = Listing(
    "/v1/automation/flows?include_flows=true", "results", paging="from", total="total", service="automation"
)
"""Without `include_flows` the automations that belong to flows are hidden."""

SERVER_SET = (
    "id",
    "org_id",
    "runs",
    "disable_details",
    "created_at",
    "updated_at",
    "created_by",
    "last_updated_by",
    "version",
    "system_flow",
    "workflow_context",
)
_OF_A_RUN = ("execution_status", "started_at", "updated_at", "outputs", "error_output", "retry_strategy", "iterations")

IGNORED = (
    "automations.*._manifest",
    "automations.*.triggers[].id",
    "automations.*.actions[].id",
    *(f"automations.*.actions[].{name}" for name in _OF_A_RUN),
)


def automation_spec(live: Json) -> Spec:
    """The live automation without what the platform sets and without the state of its last run."""
    spec = without(object_at(live), *SERVER_SET)
    if isinstance(spec.get("actions"), list):
        spec["actions"] = [without(action, *_OF_A_RUN) for action in objects_at(spec["actions"], ("actions",))]
    return spec


def automation_body(spec: Spec) -> Spec:
    """What goes out: `actions` is marked read-only in the definition and required as well; it is sent."""
    return {"triggers": [], "actions": [], **automation_spec(spec)}


def replacement(live: Json, goal: Spec) -> Spec:
    """The body that replaces a live automation: who stopped it goes back as it was read, as long as it is off."""
    details = mapping(live).get("disable_details") if goal.get("enabled") is False else None
    return {**automation_body(goal), **({"disable_details": details} if details else {})}


def same_automation(live: Json, goal: Spec) -> bool:
    """Whether nothing of it changes."""
    return canonical(automation_spec(live)) == canonical(automation_spec(goal))


def without_target(automation: Spec, own: Json) -> Spec:
    """The automation less its pointers to the flow that is not there yet."""
    bare: Spec = clone(automation)
    for action in bare.get("actions") or []:
        config = action.get("config")
        if isinstance(config, dict) and config.get("target_workflow") == own:
            del config["target_workflow"]
    return bare


def targets(automation: Spec) -> list[Json]:
    """The flow each action starts, by position."""
    actions = objects_at(object_at(automation).get("actions"), ("actions",))
    return [_config(action, place).get("target_workflow") for place, action in enumerate(actions)]


def _config(action: Mapping[str, Json], place: int) -> dict[str, Json]:
    return inner_at(action.get("config"), ("actions", place, "config"))


def with_targets(live: Spec, wanted: Spec) -> list[Json]:
    """The live actions with the targets of the wanted ones."""
    return [
        action if target is None else {**action, "config": {**_config(action, place), "target_workflow": target}}
        for place, (action, target) in enumerate(
            zip(objects_at(live.get("actions"), ("actions",)), targets(wanted), strict=False)
        )
    ]


BATCH = 25
"""How many automations are asked for at once: the platform's cap is not documented."""


def ask_for(ids: Iterable[str]) -> dict[str, Call]:
    """The calls that read these automations, by the names under which `answered` finds their replies."""
    wanted = sorted(set(ids))
    return {
        f"automations {start // BATCH + 1}": Call(
            "POST", "/v1/automation/flows:batchGet", {"ids": wanted[start : start + BATCH]}, "automation"
        )
        for start in range(0, len(wanted), BATCH)
    }


def _apart(call: Call, reply: Json) -> list[tuple[Call, Json]]:
    """The call for many automations as calls for one each, with their part of the reply."""
    there = {str(each.get("id")): each for each in _results(reply)}
    return [
        (call._replace(body={"ids": [id]}), {"results": [_kept(there[id])] if id in there else []})
        for id in call.body["ids"]
    ]


def _together(replies: Sequence[Json]) -> Json:
    return {"results": [each for reply in replies for each in _results(reply)]}


def _results(reply: Json) -> list[dict[str, Json]]:
    """The automations of a reply; none where there was none."""
    return objects_at(reply.get("results"), ("results",)) if isinstance(reply, dict) else []


def _kept(live: Json) -> Json:
    """The automation as a spec, whose it is, and whether it is the platform that stopped it."""
    details: dict[str, Json] = {"disable_details": {"disabled_by": "system"}} if switched_off(live) else {}
    details |= {"workflow_context": {"workflow_id": owner(live)}} if owner(live) else {}
    return {"id": field_of(live, "id"), **automation_spec(live), **details}


def batches() -> RecordedRead:
    """How automations are recorded: each for itself, for the next plan asks for others along with it."""
    from syncer.model.recording_rules import RecordedRead  # late: only `record` asks

    return RecordedRead("automation", "POST /v1/automation/flows:batchGet", lambda reply: reply, _apart, _together)


def answered(answers: Mapping[str, Json]) -> dict[str, Json]:
    """The live automations that were asked for, by id; those that are gone are not among them."""
    found: dict[str, Json] = {}
    for name, answer in answers.items():
        if name.startswith("automations"):
            found |= {str(each["id"]): each for each in _results(answer) if each.get("id")}
    return found


def owner(automation: Json) -> str:
    """The flow that an automation belongs to, as far as the platform says."""
    return str(mapping(mapping(automation).get("workflow_context")).get("workflow_id") or "")


def switched_off(live: Json) -> bool:
    """Whether the platform itself stopped it: a hot automation is switched off, and stays so until somebody looks."""
    details = live.get("disable_details")
    return live.get("enabled") is False and isinstance(details, dict) and details.get("disabled_by") == "system"


def unused_and_unknown(context: Context) -> list[str]:
    """The keys of those that a live flow's manifest bundles, that nothing in it uses, and that nobody remembers."""
    bundled = mapping(context.want.get("automations"))
    if not bundled or not context.live:
        return []
    rest = {name: value for name, value in context.want.items() if name != "automations"}
    used = {leaf.key for leaf in leaves(rest) if isinstance(leaf, Part) and leaf.group == "automations"}
    return [key for key in bundled if key not in used and key not in context.parts.get("automations", {})]


def maybe_there(context: Context, ids: PartIds) -> Iterator[Finding]:
    """That the organisation has an automation of such a one's name, which is this flow's or nobody's as far as the
    platform says. A name is no identity, so none is taken for it; but none is made beside one that may be it."""
    known = {*ids.parts.get("automations", {}).values()}
    answer = context.answers.get("organisation")
    there = [
        each
        for each in results(answer)
        if str(each.get("id")) not in known and owner(each) in ("", str(mapping(context.live).get("id")))
    ]
    for key in unused_and_unknown(context):
        name = mapping(context.want["automations"][key]).get("flow_name")
        same = [f"`{each.get('id')}`" for each in there if name and each.get("flow_name") == name]
        found = f"the organisation has {', '.join(same)} of the name `{name}`" if same else unseen(answer)
        if found:
            yield Finding(
                "parts-unclear",
                f"automation `{key}` is used by no task and no trigger, and nobody remembers which live one it is: "
                f"{found}",
                ("automations", key),
                "take it out of the manifest, and it stays as it is; or give it another `flow_name`, and it is made",
            )
