"""The automations that a flow template bundles: a slice of the automation API (workflow-definition.md 11)."""

from __future__ import annotations

from syncer.core.fingerprint import canonical
from syncer.core.kind import Listing, Spec
from syncer.core.references import clone
from syncer.core.values import Json
from syncer.core.verbs import without

AUTOMATION_LISTING = Listing("/v1/automation/flows?include_flows=true", "results", paging="from", total="total", service="automation")
"""Without `include_flows` the automations that belong to flows are hidden."""

SERVER_SET = (
    "id", "org_id", "runs", "disable_details", "created_at", "updated_at", "created_by", "last_updated_by", "version",
    "system_flow", "workflow_context",
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
    spec = without(live, *SERVER_SET)
    if isinstance(spec.get("actions"), list):
        spec["actions"] = [without(action, *_OF_A_RUN) for action in spec["actions"]]
    return spec


def automation_body(spec: Spec) -> Spec:
    """What goes out: `actions` is marked read-only in the definition and required as well; it is sent."""
    return {"triggers": [], "actions": [], **automation_spec(spec)}


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
    return [(action.get("config") or {}).get("target_workflow") for action in automation.get("actions") or []]


def with_targets(live: Spec, wanted: Spec) -> list[Json]:
    """The live actions with the targets of the wanted ones."""
    return [
        {**action, "config": {**(action.get("config") or {}), "target_workflow": target}} if target is not None else action
        for action, target in zip(live.get("actions") or [], targets(wanted), strict=False)
    ]
