"""What the fields of a flow template mean when two are compared (docs/platform.md#comparing-flows); nothing about
calls."""

from __future__ import annotations

from syncer.kinds.flow_template.automations import IGNORED
from syncer.kinds.flow_template.inline_automations import WRITE_ONLY
from syncer.model.calls import without
from syncer.model.field_rules import AS_SET, as_set, compile_shape, keyed
from syncer.model.json_values import Json, Spec
from syncer.model.unexpected_reply import object_at, objects_at

NO_TASK = "all_preceding_tasks_completed"
"""Both an origin of a relative schedule and the id that goes with it (docs/platform.md#schedules-and-due-dates)."""
SERVER_SET = ("id", "org_id", "created_at", "updated_at", "limit_warnings", "_resolved_automations")
TRIGGERS = ("trigger", "additional_triggers[]")
TARGETS = ("automation_id", "journey_id", "entity_schema", "type")
"""By what an additional trigger is known that has no id, which the definition leaves to whoever makes it."""
_JOURNEYS = ("tasks[].journey", "tasks[].ecp.journey", "tasks[].installer.journey")
_ASSIGNED = ("assigned_to", "phases[].assigned_to", "tasks[].assigned_to")
_TAXONOMIES = ("taxonomies", "phases[].taxonomies", "tasks[].taxonomies")
_OF_A_TASK = (
    *("conditions", "loop_config", "requirements", "schedule", "trigger_mode", "allow_parallel_execution"),
    *("automation_config", "phase_id", "taxonomies"),
)
_OF_AN_AUTOMATION = (
    *("enabled", "entity_schema", "triggers", "trigger_conditions", "conditions", "schedules", "loops", "actions"),
    "max_executions",
)
RESTRICTIONS = (
    *("enabled", "trigger", "additional_triggers", "edges", "linear", "entity_sync", "closing_reasons", "taxonomies"),
    "phases[].taxonomies",
    *(f"tasks[].{name}" for name in _OF_A_TASK),
    *(f"automations.*.{name}" for name in _OF_AN_AUTOMATION),
)
"""What starts a flow and its automations, on which conditions, and which way it takes."""


def generation(version: Json) -> Json:
    """`2`, as an example of the API has it, is `v2`: the generation of the document, not a counter."""
    return f"v{version}" if isinstance(version, int) and not isinstance(version, bool) else version


SHAPE = compile_shape(
    lists={
        "additional_triggers": keyed("id", *TARGETS, whole=True),
        "phases": keyed("id", whole=True, shown=True),
        "tasks": keyed("id", whole=True, shown=True),
        "tasks[].requirements": AS_SET,
        "tasks[].conditions": keyed("id", whole=True, ordered=True),
        "tasks[].conditions[].statements": keyed("id", whole=True),
        "edges": keyed("id", whole=True),
        "closing_reasons": keyed("id", whole=True),
        "entity_sync": as_set("trigger", "value", "target"),
        **dict.fromkeys((*_ASSIGNED, *_TAXONOMIES), AS_SET),
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
        "tasks[].schedule.reference.id": NO_TASK,
        **{f"{root}.complete_task_automatically": True for root in _JOURNEYS},
        "tasks[].conditions[].statements[].value_type": "static",
        "tasks[].conditions[].statements[].source.attributes_match": "any",
        "tasks[].conditions[].statements[].source.attribute_repeatable": False,
        **{f"{root}.input_entity": "thread" for root in TRIGGERS},
        "edges[].to_id": "",
        "edges[].none_met": False,
        "edges[].condition_id": "",
        "automations.*.enabled": True,
    },
    empty=(
        "additional_triggers",
        "closing_reasons",
        "entity_sync",
        "phases",
        *_ASSIGNED,
        *_TAXONOMIES,
        "tasks[].requirements",
        "tasks[].conditions[].statements",
        "tasks[].description",
        "tasks[].schedule",
        "edges[].to_id",
        *(f"automations.*.{name}" for name in ("conditions", "trigger_conditions", "schedules", "loops")),
    ),
    ignored=(
        "_manifest",
        *(f"closing_reasons[].{name}" for name in ("title", "status", "creationTime", "lastUpdateTime")),
        *(f"{root}[].value" for root in _ASSIGNED),
        *(f"{root}.name" for root in _JOURNEYS),
        *(f"{root}.journey_name" for root in TRIGGERS),
        *WRITE_ONLY,
        *IGNORED,
    ),
    canon={"version": generation},
)


def spec_of(live: Json) -> Spec:
    """The live flow without what the platform sets; its closing reasons by id alone, as a flow refers to them."""
    spec = without(object_at(live), *SERVER_SET)
    if isinstance(spec.get("closing_reasons"), list):
        reasons = objects_at(spec["closing_reasons"], ("closing_reasons",))
        spec["closing_reasons"] = [{"id": reason.get("id")} for reason in reasons]
    return spec
