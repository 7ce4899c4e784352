"""A live object of each kind with much in it, and the same with something missing or of another form."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

from syncer.model.json_values import ABSENT

Json, Path_ = Any, tuple[str | int, ...]
U = "5c1cb7c4-26f6-4d6e-9b9d-6f0e3a2f7f0{}"
OF_TRIGGER = {"id": U.format(1), "origin": "trigger", "origin_type": "entity", "schema": "contact",
              "attribute": "state", "attribute_type": "status", "attribute_repeatable": False}  # fmt: skip
FLOW: Json = {
    "id": "f1", "org_id": "739224", "created_at": "x", "updated_at": "y", "name": "Umzug", "version": "v3",
    "enabled": True, "description": "lang", "singleClosingReasonSelection": True, "_manifest": ["b"], "linear": True,
    "due_date_config": {"duration": 9, "unit": "days", "type": "WORKFLOW_STARTED"}, "available_in_ecp": True,
    "assigned_to": ["77", {"variable": "{{x}}", "value": "y"}], "taxonomies": ["purpose:a"],
    "trigger": {"id": U.format(1), "type": "manual", "entity_schema": "contact"},
    "additional_triggers": [
        {"id": U.format(2), "type": "journey_submission", "journey_id": U.format(3), "automation_id": "auto-9"},
        {"id": U.format(4), "type": "automation", "automation_id": "auto-1", "input_entity": "first_email"},
        {"type": "manual", "entity_schema": "order"},
    ],
    "closing_reasons": [{"id": "r1", "title": "Won", "status": "ACTIVE"}, {"id": "r2"}],
    "phases": [{"id": "p-1", "name": "Prüfung", "assigned_to": ["77"], "taxonomies": ["purpose:a"],
                "due_date_config": {"duration": 1, "unit": "days", "type": "WORKFLOW_STARTED"}},
               {"id": "p-2", "name": "Bau"}],
    "tasks": [
        {"id": "t1", "name": "Mail", "task_type": "AUTOMATION", "phase_id": "p-1", "trigger_mode": "automatic",
         "automation_config": {"flow_id": "auto-1", "input_context": {"source": "trigger"}},
         "schedule": {"mode": "delayed", "duration": 2, "unit": "days"}},
        {"id": "t2", "name": "Weiter?", "task_type": "DECISION", "phase_id": "p-1", "trigger_mode": "automatic",
         "schedule": {"mode": "relative", "direction": "after", "duration": 1, "unit": "days",
                      "reference": {"origin": "all_preceding_tasks_completed"}},
         "allow_parallel_execution": False,
         "conditions": [
             {"id": "c1", "branch_name": "Ja", "logical_operator": "AND", "statements": [
                 {"id": "s1", "source": OF_TRIGGER, "operator": "equals", "values": ["a"], "value_type": "static"}]},
             {"id": "none-met-9", "branch_name": "Sonst", "logical_operator": "AND", "statements": []}]},
        {"id": "t3", "name": "Nochmal?", "task_type": "DECISION", "phase_id": "p-2", "trigger_mode": "manual",
         "conditions": [{"id": "c2", "branch_name": "Gut", "logical_operator": "AND", "statements": []},
                        {"id": "c3", "branch_name": "Wieder", "logical_operator": "AND", "statements": []}],
         "loop_config": {"loop_branch_id": "c3", "exit_branch_id": "c2", "max_iterations": 5}},
        {"id": "t4", "name": "Warten", "task_type": "MANUAL", "phase_id": "p-2", "taxonomies": ["purpose:a"],
         "requirements": [{"when": "TASK_FINISHED", "task_id": "t1"}], "assigned_to": ["77"],
         "description": {"enabled": True, "value": "<p>x</p>"}, "partner": {"enabled": True, "label": "P"},
         "journey": {"id": "own", "journeyId": U.format(3), "name": "Anfrage", "complete_task_automatically": False},
         "ecp": {"enabled": True, "label": "L", "journey": {"journeyId": U.format(3)}},
         "due_date_config": {"duration": 1, "unit": "days", "type": "TASK_FINISHED", "task_id": "t1"}},
        {"id": "t5", "name": "Agent", "task_type": "AI_AGENT", "phase_id": "p-2", "agent_config": {"agent_id": "a1"}},
        {"id": "t6", "name": "Ende", "task_type": "MANUAL", "phase_id": "p-2"},
        {"id": "t7", "name": "Sonst", "task_type": "MANUAL", "phase_id": "p-1"},
    ],
    "edges": [
        {"id": "e1", "from_id": "trigger", "to_id": "p-1"}, {"id": "e2", "from_id": "p-1", "to_id": "t1"},
        {"id": "e3", "from_id": "t1", "to_id": "t2"},
        {"id": "e4", "from_id": "t2", "to_id": "p-2", "condition_id": "c1"},
        {"id": "e5", "from_id": "t2", "to_id": "t7", "condition_id": "none-met-9", "none_met": True},
        {"id": "e6", "from_id": "p-2", "to_id": "t4"}, {"id": "e7", "from_id": "t4", "to_id": "t3"},
        {"id": "e8", "from_id": "t3", "to_id": "t5", "condition_id": "c2"},
        {"id": "loop-edge-1", "from_id": "t3", "to_id": "t4", "condition_id": "c3"},
        {"id": "e9", "from_id": "t5", "to_id": "t6"},
    ],
    "entity_sync": [{"trigger": {"event": "TaskCompleted", "filter": {"task_template_id": "t1"}},
                     "value": {"source": "custom_value", "value": "x"},
                     "target": {"entitySchema": "contact", "entityAttribute": "state"}}],
}  # fmt: skip
SHOWN_IF = {"render_condition": 'street = "x"', "feature_flag": "f", "settings_flag": [{"name": "n", "enabled": True}]}
SCHEMA: Json = {
    "id": "x", "version": 3, "slug": "site", "name": "Ort", "plural": "Orte", "published": True, "icon": "home",
    "feature_flag": "ff", "enable_setting": ["a"], "_purpose": ["purpose:a"], "title_template": "{{street}}",
    "group_settings": [{"id": U.format(1), "label": "Lage", "order": 1, "_purpose": ["purpose:a"], **SHOWN_IF}],
    "group_headlines": [{"id": "h", "name": "kopf", "label": "Kopf", "group": U.format(1), "type": "headline"}],
    "attributes": [
        {"id": "a", "name": "street", "label": "Straße", "type": "string", "group": U.format(1), "required": True,
         "readonly": True, "hidden": True, "constraints": {"max": 3}, "_purpose": ["purpose:a"], "default_value": "x",
         **SHOWN_IF, "render_condition": 'state = "a"', "edit_mode": "external",
         "edit_mode_config": {"match_strategy": "fuzzy", "fuzzy_config": {"type": "suffix", "suffix_length": 3}}},
        {"id": "b", "name": "who", "label": "Wer", "type": "relation", "allowedSchemas": ["contact"],
         "relation_type": "has_many", "relation_picker_filter": {"q": "a:b"},
         "actions": [{"action_type": "add_existing", "label": "L", "feature_flag": "f"}]},
        {"id": "c", "name": "state", "label": "Lage", "type": "select",
         "options": [None, {"value": "a"}, {"value": "b", "title": "B"}]},
        {"id": "d", "name": "doc", "label": "Doc", "type": "file", "allowed_extensions": ["pdf"], "multiple": True,
         "default_access_control": "private", "file_size_bytes": 5},
        {"id": "e", "name": "tab", "label": "T", "type": "table", "min_rows": 1, "max_rows": 3,
         "columns": [{"name": "c", "label": "C", "type": "number", "required": True}]},
    ],
    "capabilities": [
        {"id": "k", "name": "files", "title": "F", "feature_flag": "f", "schemas": [{"schema": "contact", "x": 1}],
         "attributes": [{"name": "ca", "label": "CA", "type": "string", "required": True}],
         "ui_hooks": [{"hook": "EntityDetailsV2:Tab", "title": "T", "disabled": True,
                       "render_condition": 'street = "x"', "requiredPermission": {"action": "a", "resource": "r"}}]},
    ],
    "conditions": [{"id": "3f2504e0-4f89-41d3-9a0c-0305e82c3301", "name": "sparte", "label": "Sparte",
                    "type": "select", "values": ["strom"]}],
    "ui_config": {"list_item": {"summary_attributes": ["street", {"label": "l", "value": "v", **SHOWN_IF}],
                                "quick_actions": [{"action": "a", "label": "l", "permission": "p"}]},
                  "table_view": {"view_type": "default",
                                 "row_actions": [{"action": "a", "label": "l", "permission": "p"}]}},
}  # fmt: skip
APP: Json = {
    "app_id": "112b87c2-ba9e-51c3-9fee-6cd85bb8f822", "enabled": True, "name": {"de": "App"},
    "installed_version": "1.0.0",
    "option_values": [{"component_id": "comp", "options": [
        {"key": "region", "value": "nord"}, {"key": "only", "value": [{"id": "1", "value": "a"}]},
        {"key": "login", "value": {"user": "u", "password": "***"}}]}],
    "components": [{"id": "comp", "name": {"de": "K"}, "options": [
        {"key": "region", "type": "text", "required": True}, {"key": "only", "type": "text", "repeatable": True},
        {"key": "login", "type": "object",
         "fields": [{"key": "user", "type": "text"}, {"key": "password", "type": "secret"}]}]}],
}  # fmt: skip
RETENTION: Json = {
    "id": "ret1", "entity_schema": "contact", "type": "deletion", "enabled": True, "created_at": "x",
    "query": {"saved_view_id": "v1", "include_deleted": "false", "filters": [
        {"type": "no_related_entities", "related_entity_schemas": ["order"]},
        {"type": "no_email_communication_since", "lookback_period_days": 700, "message_type": ["SENT"]},
        {"type": "entity_workflows_only_in_closed_or_cancelled_status", "workflow_status": ["CLOSED"]}]},
    "relations_for_deletion": ["order"],
    "schedule": {"frequency": "interval", "interval_days": 30, "start_date": "2099-01-01", "end_date": "2100-01-01"},
}  # fmt: skip


def places(value: Json, path: Path_ = ()) -> Iterator[Path_]:
    """Every place in a value, itself left out."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, item in inside:
        yield (*path, step)
        yield from places(item, (*path, step))


def changed(value: Json, path: Path_, form: Json) -> Json:
    """The value with something else at a place, or nothing."""
    made = copy.deepcopy(value)
    holder = made
    for step in path[:-1]:
        holder = holder[step]
    if form is ABSENT:
        del holder[path[-1]]
    else:
        holder[path[-1]] = copy.deepcopy(form)
    return made
