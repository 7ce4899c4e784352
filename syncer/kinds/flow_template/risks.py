"""What a change of a flow template stops or destroys (docs/platform.md#what-a-change-of-a-flow-stops), and what is not
changed at all."""

from __future__ import annotations

from collections.abc import Mapping

from syncer.diff.list_keys import key_text
from syncer.kinds.flow_template.diff_rules import SHAPE
from syncer.kinds.lenient_reader import mapping
from syncer.model.diagnostic import Finding
from syncer.model.field_change import FieldChange, Item
from syncer.model.json_values import ABSENT, Json, Spec
from syncer.model.kind import Risk
from syncer.model.unexpected_reply import objects_at


def risk(change: FieldChange, have: Spec, goal: Spec) -> Risk | None:
    """Why a changed field of a flow is not simply safe. In one piece: a table of paths."""
    match change.path:
        case ("tasks", Item(key=key)) if change.after is ABSENT:
            task = mapping(change.before)
            name = task.get("name") or key
            if task.get("task_type") == "AUTOMATION":
                reason = f"task `{name}` goes, and the platform deletes its automation"
                return Risk("destructive", reason, f"tasks/{name}")
            return Risk("risky", f"task `{name}` goes: running executions lose it, and reports that follow it end here")
        case ("phases", Item(key=key)) if change.after is ABSENT:
            name = mapping(change.before).get("name") or key
            return Risk(
                "risky", f"phase `{name}` goes: running executions lose it, and reports that follow it end here"
            )
        case ("tasks", Item(key=key), "task_type"):
            if change.before == "AUTOMATION":
                name = _task(have, key).get("name") or key
                reason = f"task `{name}` is no automation any more, and the platform may delete its automation"
                return Risk("destructive", reason, f"tasks/{name}")
            return Risk("risky", "a task becomes one of another kind")
        case ("tasks", Item(), "conditions", Item(key=key)) if change.after is ABSENT:
            name = mapping(change.before).get("branch_name") or key
            return Risk("risky", f"branch `{name}` goes, and running executions lose it")
        case ("tasks", Item(), "conditions", Item(), "statements", Item(), "operator") if _is_live(have):
            return Risk("risky", f"a branch is taken on `{change.after}` where it was on `{change.before}`")
        case ("tasks", Item(), "conditions", Item(), "logical_operator") if _is_live(have):
            words = {"AND": "all of its conditions", "OR": "one of its conditions"}
            now, then = (words.get(str(each), str(each)) for each in (change.after, change.before))
            return Risk("risky", f"a branch is taken on {now} where it was on {then}")
        case ("edges", Item(key=key), *rest) if _is_live(have) and _moves_default(change, rest, _edge(have, key)):
            return Risk("risky", "another branch is taken where no condition is met")
        case ("tasks", Item(), "automation_config", *_) if change.before is not ABSENT:
            return Risk("risky", "a task's automation does something else")
        case ("trigger", *_) | ("additional_triggers", Item(), *_) if _replaces_automation(change, have):
            return Risk("destructive", "the trigger's automation is replaced", "trigger")
        case ("trigger", *_) | ("additional_triggers", *_):
            return Risk("risky", "the flow starts otherwise")
        case ("enabled",) if change.after is False:
            return Risk("destructive", "the flow starts no more; running ones go on", "enabled")
        case ("enabled",):
            return Risk("risky", "the flow goes live")
        case ("automations", *_):
            new = change.before is ABSENT and len(change.path) <= 2
            return Risk("risky", "an automation is added" if new else "an automation does something else")
    return None


def _is_live(have: Spec) -> bool:
    """Whether the flow can be started now."""
    return have.get("enabled", True) is not False


def _moves_default(change: FieldChange, rest: list[Json], live: Mapping[str, Json]) -> bool:
    """Whether an edge begins or ceases to be a default branch, or the default branch leads elsewhere."""
    if rest:
        return bool(rest[0] == "none_met" or (rest[0] == "to_id" and live.get("none_met") is True))
    return mapping(change.before).get("none_met") is True or mapping(change.after).get("none_met") is True


def _task(have: Spec, id: str) -> Mapping[str, Json]:
    return next((task for task in objects_at(have.get("tasks"), ("tasks",)) if str(task.get("id")) == id), {})


def _edge(have: Spec, id: str) -> Mapping[str, Json]:
    return next((edge for edge in objects_at(have.get("edges"), ("edges",)) if str(edge.get("id")) == id), {})


def _replaces_automation(change: FieldChange, have: Spec) -> bool:
    """Whether a trigger of type automation goes, becomes another, or is given another automation."""
    if change.path[0] == "trigger":
        live, inner = mapping(have.get("trigger")), change.path[1:]
    else:
        key = change.path[1].key if isinstance(change.path[1], Item) else ""
        triggers = objects_at(have.get("additional_triggers"), ("additional_triggers",))
        rule = SHAPE.at("additional_triggers").rule
        live, inner = next((each for each in triggers if key_text(each, rule) == key), {}), change.path[2:]
    if live.get("type") != "automation":
        return False
    gone = not inner and change.after is ABSENT
    return gone or inner == ("type",) or (inner == ("automation_id",) and bool(live.get("automation_id")))


def create_risk(spec: Spec) -> Risk | None:
    """A flow that is created enabled starts at once."""
    return None if spec.get("enabled") is False else Risk("risky", "the flow goes live")


def objections(changes: tuple[FieldChange, ...], have: Spec, goal: Spec) -> list[Finding]:
    """A flow's generation is not changed in place: what the platform makes of it is not known."""
    return [
        Finding(
            "flow-version",
            f"version `{change.before}` of a live flow cannot become `{change.after}`",
            ("version",),
            "leave it as it is, or make a new flow under another name",
        )
        for change in changes
        if change.path == ("version",) and change.before is not ABSENT
    ]


def limits(live: Json, answers: Mapping[str, Json], goal: Spec) -> tuple[str, ...]:
    """How many enabled flows the organisation may have, and which soft limits the goal passes."""
    from syncer.kinds.flow_template.soft_limits import passed_limits  # late: only a plan with changes asks

    passed = passed_limits(live, goal)
    limit = mapping(answers.get("limits"))
    now, most = limit.get("currentNoOfWorkflows"), limit.get("maxAllowed")
    if isinstance(now, int) and isinstance(most, int) and now >= most:
        passed = (f"{now} of {most} flows are enabled: the platform may refuse to enable another", *passed)
    return passed
