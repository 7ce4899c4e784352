"""Request bodies are judged as the published definitions judge them: sound ones, and each with one thing broken."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

OPENAPI = Path(__file__).parents[2] / ".." / "shared" / "openapi"
UUID = "0f6d3a7e-6c53-4d07-9f2f-2a1b8d7b3c11"


@cache
def validator(service: str, path: str, method: str) -> Any:
    from openapi_schema_validator import OAS30Validator, OAS31Validator, oas30_strict_format_checker
    from referencing import Registry, Resource
    from referencing.jsonschema import DRAFT202012

    document = json.loads((OPENAPI / f"{service}.newer.json").read_text("utf-8"))
    registry = Registry().with_resource("urn:definition", Resource(contents=document, specification=DRAFT202012))
    escaped = path.replace("~", "~0").replace("/", "~1")
    place = f"/paths/{escaped}/{method}/requestBody"
    shared = document["paths"][path][method]["requestBody"].get("$ref")
    place = shared.removeprefix("#") if shared else place
    schema = {"$ref": f"urn:definition#{place}/content/application~1json/schema"}
    checker = OAS31Validator if document["openapi"].startswith("3.1") else OAS30Validator
    return checker(schema, registry=registry, format_checker=oas30_strict_format_checker)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place inside a JSON value."""
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in children:
        yield (*path, key)
        yield from places(child, (*path, key))


def broken(body: Any) -> Iterator[tuple[str, Any]]:
    """The body with one thing missing or of another type, for every thing in it."""
    for path in places(body):
        for name, value in (
            ("missing", ...),
            ("null", None),
            ("7", 7),
            ("'x'", "x"),
            ("true", True),
            ("[]", []),
            ("{}", {}),
        ):
            changed = copy.deepcopy(body)
            holder = changed
            for key in path[:-1]:
                holder = holder[key]
            if value is ... and isinstance(holder, list):
                continue
            if value is ...:
                del holder[path[-1]]
            else:
                holder[path[-1]] = value
            yield f"{'/'.join(map(str, path))} {name}", changed


ITEMS = [
    {
        "name": "a",
        "label": "A",
        "type": "string",
        "multiline": True,
        "rows": 3,
        "order": 1,
        "hidden": False,
        "settings_flag": [{"name": "f", "enabled": True}],
        "info_helpers": {"hint_text": "h"},
        "constraints": {"x": 1},
        "_purpose": ["p"],
        "_manifest": [UUID],
        "default_value": 1,
        "group": "g",
        "data_classification": "pii",
        "edit_mode": "external",
        "edit_mode_config": {
            "match_strategy": "fuzzy",
            "fuzzy_config": {"type": "suffix", "suffix_length": 2, "key": ["a"], "mode": "subset", "ordered": True},
        },
    },
    {
        "name": "b",
        "label": "B",
        "type": "select",
        "options": [None, "x", {"value": "v", "title": "t"}],
        "allow_any": True,
    },
    {"name": "c", "label": "C", "type": "multiselect", "options": ["x"], "allow_extra_options": None},
    {
        "name": "d",
        "label": "D",
        "type": "relation",
        "relation_type": "has_one",
        "allowedSchemas": ["contact"],
        "reverse_attributes": {"contact": "d"},
        "relation_picker_filter": {"q": None},
        "drawer_size": "small",
        "actions": [{"action_type": "create_new", "label": "l", "default": True, "new_entity_item": None}],
        "summary_fields": ["a", {"field": "f", "display_as": "d"}],
        "relation_affinity_mode": "weak",
    },
    {"name": "e", "label": "E", "type": "currency", "currency": [{"code": "EUR", "description": "d", "symbol": "€"}]},
    {
        "name": "f",
        "label": "F",
        "type": "table",
        "columns": [{"name": "n", "label": "l", "type": "number", "bold": True}],
        "min_rows": 1,
        "max_rows": 2,
        "transposed": True,
        "column_header": {"template": "t", "start": 0},
    },
    {"name": "g", "label": "G", "type": "consent", "topic": "T", "identifiers": ["email"]},
    {"name": "h", "label": "H", "type": "computed", "value_formatter": "{{a}}", "computed": True},
    {
        "name": "i",
        "label": "I",
        "type": "file",
        "multiple": True,
        "allowed_extensions": ["pdf"],
        "default_access_control": "private",
        "file_size_bytes": 1,
    },
    {"name": "j", "label": "J", "type": "address", "default_address_fields": None},
    {"name": "k", "label": "K", "type": "number", "data_type": "number", "format": "0", "show_separator": False},
    {"name": "l", "label": "L", "type": "sequence", "prefix": "p", "start_number": 1},
    {"name": "m", "label": "M", "type": "tags", "options": ["a"], "suggestions": ["a"]},
    {"name": "n", "label": "N", "type": "boolean", "display_type": "checkbox"},
    {"name": "o", "label": "O", "type": "relation_user", "multiple": True},
]
SCHEMA = {
    "slug": "mast",
    "name": "Mast",
    "plural": "Masten",
    "published": True,
    "version": 1,
    "enable_setting": ["s"],
    "_manifest": [UUID],
    "attributes": ITEMS[:1],
    "layout_settings": {"grid_gap": "1"},
    "dialog_config": {"a": 1},
    "capabilities": [
        {
            "name": "c",
            "title": "t",
            "attributes": ITEMS[:1],
            "app_id": "x",
            "ui_config": {"is_filterable": True},
            "ui_hooks": [{"hook": "h", "order": 1, "header": True, "requiredPermission": {"action": "a"}}],
            "schemas": [{"schema": "s", "x": 1}],
            "adjust_installment": {"journey_id": "j"},
        }
    ],
    "group_settings": [{"id": "g", "label": "G", "order": 1, "expanded": True, "info_tooltip_title": {"key": "k"}}],
    "group_headlines": [{"name": "h", "label": "H", "group": "g", "type": "headline", "divider": "top_divider"}],
    "explicit_search_mappings": {"a": {"type": "keyword", "index": True, "dynamic": False}},
    "ui_config": {
        "table_view": {
            "view_type": "default",
            "row_actions": ["view", {"action": "a", "label": "l"}],
            "navbar_actions": [{"type": "t", "options": [{"label": "l", "params": {}}]}],
        },
        "edit_view": {"view_type": "default", "search_params": {"a": "b"}, "summary_attributes": ["a"]},
        "create_view": {"view_type": "redirect", "route": "/r"},
        "single_view": {"view_type": "disabled"},
        "list_item": {
            "summary_attributes": ["a", {"label": "l", "value": "v", "show_as_tag": True}],
            "ui_config": {"content_direction": "row"},
        },
        "sharing": {"show_sharing_button": True},
        "widget_order": ["a"],
        "widget_visibility": {"a": True},
    },
    "conditions": [
        {"id": UUID, "name": "n", "label": "l", "type": "select", "values": ["v"]},
        {"id": UUID[:-1] + "2", "name": "m", "label": "l", "type": "location", "format": "zipcode"},
    ],
}
DUE = {"duration": 1, "unit": "days", "type": "TASK_FINISHED", "task_id": "a"}
FLOW = {
    "name": "Anschluss",
    "description": "d",
    "version": "v3",
    "enabled": True,
    "due_date": "2027-01-01",
    "due_date_config": DUE,
    "assigned_to": ["u", {"variable": "{{x}}", "value": ["v"]}],
    "available_in_ecp": False,
    "trigger": {"id": "t", "type": "journey_submission", "journey_id": "j", "journey_name": "n"},
    "phases": [{"id": "p", "name": "P", "taxonomies": ["x"], "assigned_to": ["u"]}],
    "tasks": [
        {
            "id": "a",
            "name": "A",
            "task_type": "MANUAL",
            "phase_id": "p",
            "due_date_config": DUE,
            "description": {"enabled": True, "value": "v"},
            "requirements": [{"when": "TASK_FINISHED", "task_id": "a"}],
            "journey": {"id": "i", "journeyId": "j", "complete_task_automatically": True},
            "ecp": {"enabled": True, "label": "l", "journey": {"id": "i"}},
            "partner": {"enabled": True},
        }
    ],
    "edges": [{"id": "e", "from_id": "trigger", "to_id": "a", "condition_id": "c", "none_met": True}],
    "closing_reasons": [{"id": "r"}],
    "taxonomies": ["x"],
    "singleClosingReasonSelection": True,
    "linear": True,
    "entity_sync": [
        {
            "trigger": {"event": "FlowStarted", "filter": {"task_template_id": "a"}},
            "value": {"source": "custom_value", "value": "v"},
            "target": {"entitySchema": "s", "entityAttribute": "a"},
        }
    ],
}
DEFINITION = {
    "name": "Alt",
    "enabled": True,
    "dynamicDueDate": {"numberOfUnits": 1, "timePeriod": "days", "actionTypeCondition": "STEP_CLOSED", "stepId": "s"},
    "flow": [
        {
            "name": "S",
            "order": 1,
            "type": "SECTION",
            "steps": [
                {
                    "name": "T",
                    "order": 1,
                    "type": "STEP",
                    "executionType": "MANUAL",
                    "automationConfig": {"flowId": "f"},
                    "requirements": [{"definitionId": "d", "type": "STEP", "condition": "CLOSED"}],
                }
            ],
        }
    ],
    "closingReasons": [{"id": "r"}],
    "assignedTo": ["u"],
    "updateEntityAttributes": [{"source": "workflow_status", "target": {"entitySchema": "s", "entityAttribute": "a"}}],
}
AUTOMATION = {
    "flow_name": "F",
    "enabled": True,
    "entity_schema": "contact",
    "max_executions": {"count": 1, "window": "P1D"},
    "triggers": [{"type": "entity_manual", "configuration": {"schema": "contact"}}],
    "actions": [{"type": "send-email", "name": "n", "config": {"a": 1}, "allow_failure": True}],
}
CONFIG = {
    "type": "deletion",
    "enabled": False,
    "relations_for_deletion": ["file"],
    "query": {
        "saved_view_id": "v",
        "include_deleted": "false",
        "filters": [
            {
                "type": "no_related_entities",
                "related_entity_schemas": ["s"],
                "lookback_period_days": 1,
                "message_type": ["SENT"],
                "workflow_status": ["DONE"],
            }
        ],
    },
    "schedule": {"frequency": "interval", "interval_days": 1, "start_date": "2027-01-01", "end_date": "2028-01-01"},
}
INSTALL = {
    "version": "1.0.1",
    "_manifest": [UUID],
    "option_values": [{"component_id": "c", "options": [{"key": "a", "value": [{"id": "i"}]}]}],
}
LABEL = {
    "slug": "s",
    "name": "n",
    "parents": ["p"],
    "archived": True,
    "enabled_locations": ["contact"],
    "_manifest": None,
}
LIST = {
    "filter": [{"term": {"_schema": "contact"}}, {"$or": [{"exists": {"field": "a"}}, {"range": {"a": {"gte": 1}}}]}],
    "size": 1,
    "from": 0,
    "sort": ["a:asc"],
    "fields": ["a"],
    "include_deleted": "only",
    "hydrate": False,
}
METER = "b9eda1bd-0d39-5eef-b5a2-6747eea88c73"
CASES: dict[str, tuple[str, str, str, str, Any, dict[str, str]]] = {
    # case: service, published path, method, path here, body, and what is judged differently, with the reason
    "schema": (
        "entity",
        "/v1/entity/schemas/{slug}",
        "put",
        "/v1/entity/schemas/mast",
        SCHEMA,
        {"slug 'x'": "the path names the schema too"},
    ),
    "view": (
        "entity",
        "/v1/entity/view",
        "post",
        "/v1/entity/view",
        {"slug": ["contact"], "name": "n", "ui_config": {"a": 1}, "shared": True, "shared_with": ["u"]},
        {},
    ),
    "label": (
        "entity",
        "/v2/entity/taxonomies/classifications",
        "post",
        "/v2/entity/taxonomies/classifications",
        LABEL | {"slug": "purpose:s"},
        {},
    ),
    "list": ("entity", "/v1/entity:list", "post", "/v1/entity:list", LIST, {"filter []": "the text asks for a schema"}),
    "flow": (
        "workflow-definition",
        "/v2/flows/templates",
        "post",
        "/v2/flows/templates",
        FLOW,
        {"assigned_to/1/value 'x'": "the older definition has a text there"},
    ),
    "definition": (
        "workflow-definition",
        "/v1/workflows/definitions",
        "post",
        "/v1/workflows/definitions",
        DEFINITION,
        {},
    ),
    "reason": (
        "workflow-definition",
        "/v1/workflows/closing-reasons",
        "post",
        "/v1/workflows/closing-reasons",
        {"title": "t", "status": "ACTIVE"},
        {},
    ),
    "automation": (
        "automation",
        "/v1/automation/flows",
        "post",
        "/v1/automation/flows",
        AUTOMATION,
        {"actions missing": "required and read-only at once: the platform needs it"},
    ),
    "install": ("app", "/v1/app/{appId}", "post", f"/v1/app/{METER}", INSTALL, {}),
    "config": (
        "data-governance",
        "/data-governance/v1/{entity_schema}/configs",
        "post",
        "/data-governance/v1/contact/configs",
        CONFIG,
        {},
    ),
}


SMALL = {"slug": "mast", "name": "Mast", "plural": "Masten", "capabilities": []}
CASES |= {
    f"attribute {item['type']}": (*CASES["schema"][:4], SMALL | {"attributes": [item]}, CASES["schema"][5])
    for item in ITEMS
}


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_bodies_are_judged_as_published(make_box: Callable[..., Any], case: Any) -> None:
    if not OPENAPI.is_dir():
        pytest.skip("the published definitions are not beside this repository")
    pytest.importorskip("openapi_schema_validator")
    service, published, method, path, body, excepted = case
    box = make_box(
        quota_per_minute=None,
        search_quota_per_minute=None,
        flow_tasks_by_type=False,
        reason_title_required=False,
        schema_references_checked=False,
    )
    judge = validator(service, published, method)
    assert box.ask(f"{method.upper()} {path}", body).is_success
    if method == "put":
        box.ask(f"DELETE {path}")
    assert list(judge.iter_errors(body)) == []
    differing = set()
    for name, changed in broken(body):
        answer = box.ask(f"{method.upper()} {path}", changed)
        if method == "put":
            box.ask(f"DELETE {path}")
        assert answer.status_code != 500, f"{name}: {answer.text}"
        accepted = answer.status_code not in (400, 422)
        if accepted != judge.is_valid(changed):
            differing.add(name)
    assert differing == set(excepted)
