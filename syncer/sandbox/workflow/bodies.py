"""What flow templates, v1 definitions and automations look like, as the newest definitions say."""

from __future__ import annotations

from collections.abc import Iterator

from syncer.sandbox.body_rules import (
    Check,
    anything,
    chosen,
    either,
    flag,
    listing,
    mapping,
    nullable,
    number,
    one_of,
    record,
    text,
    texts,
    word_of,
)
from syncer.sandbox.store import Json

_integer = number(whole=True)
_UNIT = one_of("minutes", "hours", "days", "weeks", "months", "years")
_variable = record({"variable": text(), "value": either(text(), texts)}, ("variable",))
_assigned = listing(either(text(), _variable))
_due = record(
    {
        "duration": number(),
        "unit": _UNIT,
        "type": one_of(
            "WORKFLOW_STARTED",
            "TASK_FINISHED",
            "PHASE_FINISHED",
            "A_PRECEDING_TASK_COMPLETED",
            "ALL_PRECEDING_TASKS_COMPLETED",
        ),
        "task_id": text(),
        "phase_id": text(),
    },
    ("duration", "unit", "type"),
)
_journey = record({"id": text(), "journeyId": text(), "name": text(), "complete_task_automatically": flag})
_portal = record({"enabled": flag, "label": text(), "description": text(), "journey": _journey})
_partner = record({"enabled": flag, "label": text(), "description": text()})
_description = record({"enabled": flag, "value": text(most=10_000)})

_reference = record(
    {
        "id": text(),
        "origin": one_of("flow_started", "task_completed", "trigger_entity_attribute", "all_preceding_tasks_completed"),
        "schema": text(),
        "attribute": text(),
    },
    ("id", "origin"),
)
_delayed = record({"mode": one_of("delayed"), "duration": number(1), "unit": _UNIT}, ("mode", "duration", "unit"))
_relative = record(
    {
        "mode": one_of("relative"),
        "direction": one_of("before", "after"),
        "duration": number(1),
        "unit": _UNIT,
        "reference": _reference,
    },
    ("mode", "direction", "duration", "unit", "reference"),
)
_immediate = record({"mode": one_of("immediate")})


def _by_mode(**modes: Check) -> Check:
    """A schedule; without a mode it is read as the first of them."""
    first = next(iter(modes))
    word = one_of(*modes)

    def check(value: Json, at: str) -> Iterator[str]:
        mode = value.get("mode", first) if isinstance(value, dict) else first
        wrong = list(word(mode, f"{at}/mode"))
        yield from wrong or modes[mode](value, at)

    return check


_source = record(
    {
        "id": text(),
        "origin": one_of("trigger", "action"),
        "origin_type": one_of("entity", "workflow", "journey_block"),
        "schema": text(),
        "attribute": text(),
        "attribute_type": word_of(
            "string text number boolean date datetime tags country email phone product price status "
            "relation multiselect select radio relation_user purpose label message_email_address"
        ),
        "attribute_repeatable": flag,
        "attribute_operation": one_of("all", "updated", "added", "deleted"),
        "attributes": listing(text(), most=10),
        "attributes_match": one_of("any", "all"),
        "attribute_sub_field": text(),
        "date_offset": record({"amount": _integer, "unit": one_of("days", "months", "years")}),
    }
)
_statement = record(
    {
        "id": text(),
        "source": _source,
        "operator": word_of(
            "equals not_equals any_of none_of contains not_contains starts_with ends_with greater_than "
            "less_than greater_than_or_equals less_than_or_equals is_empty is_not_empty"
        ),
        "values": texts,
        "value_type": one_of("static", "relative_date"),
    },
    ("id", "source", "operator", "values"),
)
_condition = record(
    {
        "id": text(),
        "branch_name": text(),
        "logical_operator": one_of("AND", "OR"),
        "statements": nullable(listing(_statement)),
    },
    ("id", "branch_name", "logical_operator", "statements"),
)
_TASK: dict[str, Check] = {
    "id": text(1),
    "name": text(),
    "description": _description,
    "journey": _journey,
    "due_date": text(),
    "due_date_config": _due,
    "requirements": listing(
        record({"when": one_of("TASK_FINISHED", "PHASE_FINISHED"), "task_id": text(), "phase_id": text()}, ("when",))
    ),
    "assigned_to": _assigned,
    "ecp": _portal,
    "installer": _portal,
    "partner": _partner,
    "taxonomies": texts,
    "phase_id": text(),
}
_mode = one_of("manual", "automatic")
_automation_config = record(
    {
        "flow_id": text(),
        "action_config": record({"type": text(), "config": mapping()}, ("type",)),
        "duplicated_flow_id": text(),
        "input_context": record({"source": one_of("trigger", "task"), "task_id": text()}, ("source",)),
    }
)
_NEEDED = ("id", "name", "task_type")
TASK = chosen(
    "task_type",
    {
        "MANUAL": record(_TASK, _NEEDED),
        "AUTOMATION": record(
            {
                **_TASK,
                "automation_config": _automation_config,
                "trigger_mode": _mode,
                "schedule": _by_mode(immediate=_immediate, delayed=_delayed, relative=_relative),
                "created_automatically": flag,
            },
            (*_NEEDED, "automation_config"),
        ),
        "DECISION": record(
            {
                **_TASK,
                "trigger_mode": _mode,
                "conditions": listing(_condition),
                "allow_parallel_execution": flag,
                "schedule": _by_mode(delayed=_delayed, relative=_relative),
                "loop_config": record(
                    {"loop_branch_id": text(), "exit_branch_id": text(), "max_iterations": number(1, whole=True)},
                    ("loop_branch_id", "exit_branch_id", "max_iterations"),
                ),
            },
            (*_NEEDED, "trigger_mode", "conditions"),
        ),
        "AI_AGENT": record({**_TASK, "agent_config": record({"agent_id": text()}, ("agent_id",))}, _NEEDED),
    },
)
_LOOSE_TASK = record({**_TASK, "task_type": one_of("MANUAL", "AUTOMATION", "DECISION", "AI_AGENT")}, _NEEDED)
_edge = record(
    {"id": text(), "from_id": text(), "to_id": nullable(text()), "condition_id": text(), "none_met": flag},
    ("id", "from_id"),
)
_phase = record(
    {
        "id": text(1),
        "name": text(),
        "due_date": text(),
        "due_date_config": _due,
        "assigned_to": _assigned,
        "taxonomies": texts,
    },
    ("id", "name"),
)
TRIGGER = chosen(
    "type",
    {
        "manual": record({"id": text(), "entity_schema": text()}),
        "automation": record(
            {
                "id": text(),
                "automation_id": text(),
                "input_entity": one_of("thread", "first_email", "last_email"),
                "trigger_config": listing(record({"type": text(), "configuration": mapping()}, ("type",))),
            }
        ),
        "journey_submission": record(
            {"id": text(), "journey_id": text(), "journey_name": text(), "automation_id": text()}, ("journey_id",)
        ),
        "journey_automation": record({"id": text(), "entity_schema": text()}),
    },
)
_entity_sync = record(
    {
        "trigger": record(
            {
                "event": word_of(
                    "FlowStarted FlowCompleted FlowCancelled FlowReopened FlowDeleted FlowAssigned "
                    "FlowDueDateChanged FlowContextsChanged TaskUpdated CurrTaskChanged TaskCompleted "
                    "TaskSkipped TaskMarkedInProgress TaskMarkedOnHold PhaseUpdated PhaseCompleted PhaseSkipped "
                    "PhaseMarkedInProgress"
                ),
                "filter": record({"task_template_id": text(), "phase_template_id": text()}),
            },
            ("event",),
        ),
        "value": record(
            {
                "source": word_of(
                    "workflow_name workflow_status workflow_assigned_to task_name task_status task_assigned_to "
                    "phase_name phase_status phase_assigned_to custom_value"
                ),
                "value": text(),
            },
            ("source",),
        ),
        "target": record({"entitySchema": text(), "entityAttribute": text()}, ("entitySchema", "entityAttribute")),
    },
    ("trigger", "value", "target"),
)


def flow(tasks_by_type: bool, reasons_complete: bool) -> Check:
    """A flow template as it is created and updated; closing reasons by id, or with title and status as of old."""
    needed = ("id", "title", "status") if reasons_complete else ("id",)
    return record(
        {
            "name": text(3),
            "description": text(most=5000),
            "version": one_of("v1", "v2", "v3"),
            "enabled": flag,
            "trigger": TRIGGER,
            "additional_triggers": listing(TRIGGER),
            "due_date": text(),
            "due_date_config": _due,
            "assigned_to": _assigned,
            "available_in_ecp": flag,
            "phases": listing(_phase),
            "tasks": listing(TASK if tasks_by_type else _LOOSE_TASK),
            "edges": listing(_edge),
            "closing_reasons": listing(
                record({"id": text(), "title": text(), "status": one_of("ACTIVE", "INACTIVE")}, needed)
            ),
            "entity_sync": listing(_entity_sync),
            "taxonomies": texts,
            "singleClosingReasonSelection": flag,
            "linear": flag,
            "_manifest": texts,
            "updated_at": text(),
        },
        ("name", "tasks", "edges"),
    )


SEARCH = record(
    {
        "name": text(),
        "definition_id": text(),
        "trigger_type": one_of("journey_submission", "manual", "automation"),
        "enabled": flag,
        "from": number(0, whole=True),
        "size": number(0, whole=True),
        "sort_by": one_of("created_at", "updated_at", "name", "id", "enabled"),
        "sort_order": one_of("asc", "desc"),
    }
)

_dynamic_due = record(
    {
        "numberOfUnits": number(),
        "timePeriod": _UNIT,
        "actionTypeCondition": one_of("WORKFLOW_STARTED", "STEP_CLOSED", "PHASE_FINISHED"),
        "stepId": text(),
        "phaseId": text(),
    },
    ("numberOfUnits", "timePeriod", "actionTypeCondition"),
)
_STEP: dict[str, Check] = {
    "id": text(),
    "name": text(),
    "order": number(),
    "description": _description,
    "executionType": one_of("MANUAL", "AUTOMATION"),
    "automationConfig": record({"flowId": text()}, ("flowId",)),
    "journey": _journey,
    "dueDate": text(),
    "dynamicDueDate": _dynamic_due,
    "assignedTo": texts,
    "userIds": listing(number()),
    "requirements": listing(
        record(
            {"definitionId": text(), "type": one_of("STEP", "SECTION"), "condition": one_of("CLOSED")},
            ("definitionId", "type", "condition"),
        )
    ),
    "ecp": _portal,
    "installer": _portal,
    "partner": _partner,
    "taxonomies": texts,
}
_KIND = one_of("STEP", "SECTION")
_step = record({**_STEP, "type": _KIND}, ("name", "order", "type"))
_section = record({**_STEP, "type": _KIND, "steps": listing(_step)}, ("name", "order", "type", "steps"))
REASON_IDS = record({"reasons": listing(record({"id": text()}, ("id",)))}, ("reasons",))
DEFINITION = record(
    {
        "name": text(),
        "description": text(),
        "enabled": flag,
        "dueDate": text(),
        "dynamicDueDate": _dynamic_due,
        "assignedTo": texts,
        "userIds": listing(number()),
        "enableECPWorkflow": flag,
        "flow": listing(either(_section, _step)),
        "closingReasons": listing(record({"id": text()}, ("id",))),
        "updateEntityAttributes": listing(
            record(
                {
                    "source": one_of("workflow_status", "current_section", "current_step"),
                    "target": record(
                        {"entitySchema": text(), "entityAttribute": text()}, ("entitySchema", "entityAttribute")
                    ),
                },
                ("source", "target"),
            )
        ),
        "taxonomies": texts,
        "singleClosingReasonSelection": flag,
        "_manifest": texts,
    },
    ("name", "flow"),
)

_configured = ("configuration",)
AUTOMATION_TRIGGER = chosen(
    "type",
    {
        "entity_operation": record(
            {"configuration": record({"schema": text(), "operations": listing(text(), least=1)})}, _configured
        ),
        "activity": record({"configuration": record({"schema": text(), "types": texts})}, _configured),
        "entity_manual": record({"configuration": record({"schema": text()})}, _configured),
        "journey_submission": record({"configuration": record({"source_id": text()}, ("source_id",))}, _configured),
        "frontend_submission": record({"configuration": record({"source_id": text()})}, _configured),
        "api_submission": record({"configuration": record({"source_id": text()})}, _configured),
        "received_email": record({"configuration": record({"message_type": one_of("RECEIVED")})}, _configured),
        "new_email_thread": record(
            {"configuration": record({"direction": one_of("INBOUND", "OUTBOUND", "BOTH")}, ("direction",))}, _configured
        ),
        "flows_trigger": record({"configuration": mapping()}),
    },
)
_ACTION = record({"id": text(), "name": text(), "type": text(), "config": mapping(), "allow_failure": flag})
AUTOMATION = record(
    {
        "flow_name": text(),
        "enabled": flag,
        "triggers": listing(AUTOMATION_TRIGGER),
        "actions": listing(_ACTION),
        "trigger_conditions": listing(record({"source": text(), "comparison": text()}, ("source", "comparison"))),
        "conditions": listing(mapping()),
        "schedules": listing(record({"id": text(), "source": anything}, ("id", "source"))),
        "loops": listing(record({"id": text(), "source_path": text()}, ("id", "source_path"))),
        "entity_schema": text(),
        "max_executions": record({"count": number(1), "window": text()}),
        "version": number(),
        "protected": flag,
        "_manifest": nullable(texts),
    },
    ("flow_name", "triggers", "actions"),
)
BATCH = record({"ids": texts})
