"""Every answer of a session that visits all routes has the form that the published definitions give it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

OPENAPI = Path(__file__).parents[2] / ".." / "shared" / "openapi"
SERVICES = {
    "/v1/entity": "entity",
    "/v2/entity": "entity",
    "/v1/workflows": "workflow-definition",
    "/v2/workflows": "workflow-definition",
    "/v2/flows": "workflow-definition",
    "/v1/automation": "automation",
    "/v1/app": "app",
    "/v1/public/app": "app",
    "/data-management": "data-management",
    "/data-governance": "data-governance",
}
EXCEPTIONS = {
    # generation, operation: what differs, and why that is right
    ("older", "GET /v1/app"): "objects and repeatable options are newer (docs/platform.md#options-of-an-app)",
    ("older", "GET /v1/app/{appId}"): "the same",
    ("older", "POST /v1/app/{appId}"): "the same",
    ("older", "POST /v1/app/{appId}/promote-to/{version}"): "the same",
    ("older", "GET /v1/app-configurations/public/{appId}"): "options of type object came with the newer definition",
    ("older", "GET /v2/flows/templates/{flowId}/export"): (
        "`_resolved_automations` holds null for an automation that is gone, as its description says"
    ),
    ("older", "GET /v2/flows/templates"): "a reason that is gone is left as its bare id; the older one wants a title",
    ("older", "GET /v2/flows/templates/{flowId}"): "the same",
}


@cache
def definition(service: str, generation: str) -> Any:
    names = {"older": f"{service}.json", "newer": f"{service}.newer.json", "newest": f"newest/{service}.json"}
    file = OPENAPI / names[generation]
    return json.loads(file.read_text("utf-8")) if file.is_file() else None


@cache
def templates(service: str, generation: str) -> list[tuple[re.Pattern[str], str]]:
    """The definition's paths as patterns; those with fewer parameters are tried first."""
    paths = sorted(definition(service, generation)["paths"], key=lambda path: path.count("{"))
    return [(re.compile(re.sub(r"\\\{[^/]+?\\\}", "[^/]+", re.escape(path))), path) for path in paths]


def operation(service: str, generation: str, path: str, method: str) -> str | None:
    for pattern, template in templates(service, generation):
        if pattern.fullmatch(path) and method.lower() in definition(service, generation)["paths"][template]:
            return template
    return None


def objections(service: str, generation: str, template: str, method: str, status: int, body: Any) -> list[str]:
    from openapi_schema_validator import OAS30ReadValidator as OAS30Validator
    from openapi_schema_validator import OAS31Validator, oas30_format_checker
    from referencing import Registry, Resource
    from referencing.jsonschema import DRAFT202012

    document = definition(service, generation)
    responses = document["paths"][template][method.lower()]["responses"]
    assert str(status) in responses, f"{method} {template} declares no {status}"
    content = responses[str(status)].get("content", {})
    if "application/json" not in content:
        assert body is None, f"{method} {template} declares no body"
        return []
    escaped = template.replace("~", "~0").replace("/", "~1")
    pointer = f"/paths/{escaped}/{method.lower()}/responses/{status}/content/application~1json/schema"
    registry = Registry().with_resource("urn:definition", Resource(contents=document, specification=DRAFT202012))
    checker = OAS31Validator if document["openapi"].startswith("3.1") else OAS30Validator
    schema = {"$ref": f"urn:definition#{pointer}"}
    validator = checker(schema, registry=registry, format_checker=oas30_format_checker)
    return [f"{error.json_path}: {error.message[:300]}" for error in validator.iter_errors(body)]


SCHEMA = {
    "slug": "grid_customer",
    "name": "Netzkunde",
    "plural": "Netzkunden",
    "published": True,
    "group_settings": [{"label": "Stammdaten", "id": "master"}, {"label": "Ohne Kennung"}],
    "group_headlines": [{"name": "h", "label": "H", "group": "master", "type": "headline"}],
    "attributes": [
        {"name": "kind", "label": "Art", "type": "select", "options": [None, "privat", {"value": "b", "title": "B"}]},
        {
            "name": "account",
            "label": "Firma",
            "type": "relation",
            "allowedSchemas": ["account"],
            "edit_mode": "list-view",
        },
        {
            "name": "deposit",
            "label": "Kaution",
            "type": "currency",
            "currency": [{"code": "EUR", "description": "Euro", "symbol": "€"}],
        },
    ],
    "capabilities": [{"name": "attributes", "ui_hooks": [{"hook": "EntityDetailsV2:Tab", "order": 0}]}],
    "conditions": [
        {"id": "0f6d3a7e-6c53-4d07-9f2f-2a1b8d7b3c11", "name": "region", "label": "Region", "type": "string"}
    ],
}
SCHEMA["attributes"][1].pop("edit_mode")  # the newer definition makes a relation with any edit_mode unsatisfiable
FLOW = {
    "name": "Hausanschluss",
    "version": "v3",
    "enabled": False,
    "due_date_config": {"duration": 6, "unit": "weeks", "type": "WORKFLOW_STARTED"},
    "trigger": {
        "id": "t1",
        "type": "automation",
        "trigger_config": [
            {"type": "entity_operation", "configuration": {"schema": "meter", "operations": ["createEntity"]}}
        ],
    },
    "additional_triggers": [
        {"id": "t2", "type": "journey_submission", "journey_id": "ea59c7f0-ecba-11f0-b478-6d6b2bd8039e"}
    ],
    "phases": [{"id": "p", "name": "Prüfen"}],
    "tasks": [
        {
            "id": "a",
            "name": "Ansehen",
            "task_type": "MANUAL",
            "phase_id": "p",
            "assigned_to": [{"variable": "{{entity.owner}}"}, "10010728"],
        },
        {
            "id": "d",
            "name": "Gut?",
            "task_type": "DECISION",
            "phase_id": "p",
            "trigger_mode": "manual",
            "conditions": [
                {"id": "ja", "branch_name": "Ja", "logical_operator": "AND", "statements": []},
                {"id": "none-met-1", "branch_name": "Nein", "logical_operator": "AND", "statements": []},
            ],
        },
        {
            "id": "m",
            "name": "Melden",
            "task_type": "AUTOMATION",
            "phase_id": "p",
            "automation_config": {
                "action_config": {"type": "send-email", "name": "Melden", "config": {"email_template_id": "x"}}
            },
        },
    ],
    "edges": [
        {"id": "e0", "from_id": "trigger", "to_id": "p"},
        {"id": "e1", "from_id": "p", "to_id": "a"},
        {"id": "e2", "from_id": "a", "to_id": "d"},
        {"id": "e3", "from_id": "d", "to_id": "m", "condition_id": "ja"},
        {"id": "e4", "from_id": "d", "to_id": "", "condition_id": "none-met-1", "none_met": True},
    ],
    "entity_sync": [
        {
            "trigger": {"event": "FlowStarted"},
            "value": {"source": "workflow_status"},
            "target": {"entitySchema": "meter", "entityAttribute": "status"},
        }
    ],
}
AUTOMATION = {
    "flow_name": "Begrüßen",
    "entity_schema": "contact",
    "triggers": [{"type": "entity_operation", "configuration": {"schema": "contact", "operations": ["createEntity"]}}],
    "actions": [{"type": "send-email", "name": "Mail", "config": {"email_template_id": "x"}}],
}
DEFINITION = {
    "name": "Alt",
    "description": "Alte Art",
    "flow": [
        {"name": "Abschnitt", "order": 1, "type": "SECTION", "steps": [{"name": "Schritt", "order": 1, "type": "STEP"}]}
    ],
}
CONFIG = {
    "type": "deletion",
    "enabled": False,
    "relations_for_deletion": ["file"],
    "schedule": {"frequency": "interval", "interval_days": 90, "start_date": "2027-01-15"},
    "query": {
        "saved_view_id": "{view}",
        "filters": [
            {"type": "no_related_entities", "related_entity_schemas": ["contract"]},
            {"type": "no_email_communication_since", "lookback_period_days": 730},
        ],
    },
}
NET, ERP = "72a8294d-48ff-5a57-872e-da670053f663", "6512cd31-4d80-55c8-a631-667031f4eafe"
INSTALL = {
    "version": "1.0.0",
    "option_values": [
        {
            "component_id": ERP,
            "options": [
                {"key": "endpunkt", "value": {"host": "erp.example.com", "port": 443, "passwort": "geheim"}},
                {"key": "netzgebiete", "value": [{"value": "West"}]},
            ],
        }
    ],
}
TARIFF = "d6f67a8f-9dc1-5dc6-87b4-10190363d0f1"
OF_THE_APP = [
    {"key": "mandant", "value": "nord"},
    {"key": "api_key", "value": "geheim"},
    {"key": "weiche", "value": "links"},
    {"key": "erp", "value": {"host": "erp.example.com", "passwort": "geheim"}},
]
GOVERN, MANAGE = "/data-governance/v1", "/data-management/v1"


def session(box: Any) -> Iterator[tuple[str, str, int, Any]]:
    """Visit every route; yields method, path, status and body of every answer."""

    def ask(call: str, body: Any = None, status: int = 200) -> Any:
        answer = box.ask(call, body)
        assert answer.status_code == status, f"{call}: {answer.status_code} {answer.text}"
        content = answer.json() if answer.content else None
        method, path = call.split(" ", 1)
        seen.append((method, path.partition("?")[0], status, content))
        return content

    seen: list[tuple[str, str, int, Any]] = []
    base = "/v1/entity/schemas"
    for call in (
        "/v1/entity/schemas",
        "/v2/entity/schemas",
        "/v2/entity/schemas?full=true&latest=true",
        f"{base}?include=contact,meter",
        f"{base}/contact?latest=true",
        f"{base}/blueprints",
    ):
        ask(f"GET {call}")
    first = ask(f"PUT {base}/grid_customer", SCHEMA)
    ask(f"PUT {base}/grid_customer", SCHEMA | {"name": "Kunde"})
    ask(f"GET {base}/grid_customer?id={first['id']}")
    ask(f"POST {base}/grid_customer/freeze", {"version_id": first["id"]})
    ask(f"GET {base}/grid_customer/versions")
    ask(f"POST {base}/grid_customer/unfreeze")
    for part in ("json/schema", "json/example", "capabilities/available", "taxonomy/purpose"):
        ask(f"GET {base}/grid_customer/{part}")
    for part, item in (
        ("attributes", {"name": "note", "label": "Notiz", "type": "string"}),
        ("capabilities", {"name": "notes"}),
        ("group", {"label": "Neu"}),
        ("headline", {"name": "k", "label": "K", "group": "master", "type": "headline"}),
    ):
        made = ask(f"POST {base}/{part}", {**item, "schema": "grid_customer"}, 201)
        ask(f"GET {base}/{part}/{made['composite_id']}")
        ask(f"PUT {base}/{part}/{made['composite_id']}", item)
        ask(f"DELETE {base}/{part}/{made['composite_id']}")
    view = {"slug": ["contact"], "name": "Ruhende", "shared": True, "ui_config": {"filters": {"status": "inaktiv"}}}
    made = ask("POST /v1/entity/view", view, 201)
    ask("GET /v1/entity/views?slug=contact&size=2&q=ruh")
    ask("GET /v1/entity/views/favorites")
    ask(f"GET /v1/entity/view/{made['id']}")
    ask(f"PUT /v1/entity/view/{made['id']}", view)
    ask(f"PATCH /v1/entity/view/{made['id']}", {"name": "Stille"})
    ask("GET /v1/entity/taxonomies")
    ask("POST /v1/entity/taxonomies", {"slug": "sparte", "name": "Sparte", "plural": "Sparten"}, 201)
    ask("GET /v1/entity/taxonomies/sparte")
    ask("PUT /v1/entity/taxonomies/sparte", {"name": "Sparten"})
    ask("POST /v1/entity/taxonomies/sparte/classifications", {"create": [{"slug": "strom", "name": "Strom"}]})
    ask("POST /v2/entity/taxonomies/classifications", {"id": "sparte:gas", "slug": "gas", "name": "Gas"}, 201)
    ask("GET /v2/entity/taxonomies/classifications/sparte:gas")
    ask("PUT /v2/entity/taxonomies/classifications/sparte:gas", {"slug": "gas", "name": "Erdgas"})
    ask("POST /v1/entity/taxonomies/classifications:search?taxonomySlug=sparte", {})
    ask("DELETE /v2/entity/taxonomies/classifications/sparte:gas")
    ask("DELETE /v1/entity/taxonomies/sparte", status=204)
    contact = ask("POST /v1/entity/contact", {"first_name": "Erika", "last_name": "Muster", "status": "inaktiv"}, 201)
    ask(f"GET /v1/entity/contact/{contact['_id']}")
    ask(f"GET /v2/entity/contact/{contact['_id']}")
    ask(f"PUT /v1/entity/contact/{contact['_id']}", {"last_name": "Mustermann", "status": "inaktiv"})
    ask(f"PATCH /v1/entity/contact/{contact['_id']}", {"first_name": "Erika"})
    ask("POST /v1/entity:list", {"filter": [{"term": {"_schema": "contact"}}]})
    ask("POST /v1/entity:search", {"q": "_schema:contact AND _exists_:last_name", "size": 0})
    other = ask("POST /v1/entity/contact", {"last_name": "Weg"}, 201)
    ask(f"DELETE /v1/entity/contact/{other['_id']}")

    ask("GET /v1/workflows/limits/max-allowed")
    reason = ask("POST /v1/workflows/closing-reasons", {"title": "Kein Interesse", "status": "ACTIVE"}, 201)
    ask("GET /v1/workflows/closing-reasons?includeInactive=true")
    for version in ("v1", "v2"):
        ask(f"GET /{version}/workflows/closing-reasons/{reason['id']}")
    ask(f"PATCH /v2/workflows/closing-reasons/{reason['id']}", {"title": "Anderes", "status": "ACTIVE"})
    ask(f"PATCH /v1/workflows/closing-reasons/{reason['id']}", {"status": "INACTIVE"}, 202)
    flow = ask("POST /v2/flows/templates", FLOW | {"closing_reasons": [{"id": reason["id"]}]}, 201)
    ask(f"PUT /v2/flows/templates/{flow['id']}", flow | {"description": "Neu"})
    ask("GET /v2/flows/templates")
    ask("POST /v2/flows/templates:search", {"name": "hausan", "size": 5})
    ask(f"GET /v2/flows/templates/{flow['id']}")
    document = ask(f"GET /v2/flows/templates/{flow['id']}/export")
    ask("POST /v2/flows/templates/import", document, 201)
    copied = ask(f"POST /v2/flows/templates/{flow['id']}/duplicate", status=201)
    ask(f"DELETE /v2/flows/templates/{copied['id']}", status=204)
    old = ask("POST /v1/workflows/definitions", DEFINITION, 201)
    ask("GET /v1/workflows/definitions")
    ask(f"GET /v1/workflows/definitions/{old['id']}")
    ask(f"PUT /v1/workflows/definitions/{old['id']}", DEFINITION | {"enabled": False})
    ask(f"PATCH /v1/workflows/definitions/{old['id']}/closing-reasons", {"reasons": [{"id": reason["id"]}]}, 201)
    ask(f"GET /v1/workflows/definitions/{old['id']}/closing-reasons")
    ask(f"DELETE /v1/workflows/definitions/{old['id']}", status=204)
    ask(f"DELETE /v2/workflows/closing-reasons/{reason['id']}", status=204)
    ask(f"DELETE /v1/automation/flows/{flow['tasks'][2]['automation_config']['flow_id']}")
    ask(f"GET /v2/flows/templates/{flow['id']}/export")
    ask("GET /v2/flows/templates")
    ask(f"GET /v2/flows/templates/{flow['id']}")

    automation = ask("POST /v1/automation/flows", AUTOMATION, 201)
    ask("GET /v1/automation/flows?include_flows=true")
    ask("POST /v1/automation/flows:batchGet", {"ids": [automation["id"], "nirgends"]})
    ask(f"GET /v1/automation/flows/{automation['id']}")
    ask(f"PUT /v1/automation/flows/{automation['id']}", AUTOMATION | {"enabled": False})
    ask(f"DELETE /v1/automation/flows/{automation['id']}")

    ask("GET /v1/app-configurations/public")
    ask(f"GET /v1/app-configurations/public/{NET}?version=1.0.0")
    own = ask("GET /v1/app-configurations")["configurations"][0]["app_id"]
    ask(f"GET /v1/app-configurations/{own}")
    ask(f"GET /v1/app-configurations/{own}/versions")
    ask(f"GET /v1/app-configurations/{own}/versions/0.0.1")
    ask(f"POST /v1/app/{NET}", INSTALL, 201)
    ask("GET /v1/app?pageSize=5")
    ask(f"POST /v1/app/{NET}/promote-to/1.10.0")
    ask(f"PATCH /v1/app/{NET}", {"option_values": INSTALL["option_values"]}, 204)
    ask(f"GET /v1/app/{NET}")
    ask(f"GET /v1/public/app/{NET}/components/{ERP}")
    ask(f"DELETE /v1/app/{NET}", status=204)
    ask(f"GET /v1/app-configurations/public/{TARIFF}")
    ask(f"POST /v1/app/{TARIFF}", {"option_values": [{"component_id": "$app", "options": OF_THE_APP}]}, 201)
    ask(f"GET /v1/app/{TARIFF}")

    config = json.loads(json.dumps(CONFIG).replace("{view}", made["id"]))
    for prefix, status in ((GOVERN, 201), (MANAGE, 200)):
        ask(f"POST {prefix}/contact/configs", config, status)
        stored = ask(f"GET {prefix}/configs?limit=1")["configs"][0]
        ask(f"GET {prefix}/configs/{stored['id']}")
        ask(f"POST {prefix}/contact/query", {**config["query"], "size": 1, "fields": ["_id"]})
        job = ask(f"POST {prefix}/configs/{stored['id']}/jobs", status=201)
        ask(f"GET {prefix}/jobs/{job['id']}")
        ask(f"GET {prefix}/jobs")
    ask(f"DELETE /v1/entity/view/{made['id']}")
    ask(f"DELETE {base}/grid_customer")
    ask("POST /v1/entity:wipeAllEntities", {}, 201)
    yield from seen


@pytest.mark.parametrize("generation", ["older", "newer", "newest"])
def test_answers_have_the_published_form(generation: str, box: Any) -> None:
    if not OPENAPI.is_dir():
        pytest.skip("the published definitions are not beside this repository")
    pytest.importorskip("openapi_schema_validator")
    wrong: list[str] = []
    excused: set[tuple[str, str]] = set()
    for method, path, status, body in session(box):
        service = next(name for prefix, name in SERVICES.items() if path.startswith(prefix))
        if definition(service, generation) is None:
            continue
        template = operation(service, generation, path, method)
        if template is None:
            assert generation != "older", f"{method} {path} is in no definition"
            assert path.endswith(("/export", "/import")), f"{method} {path} is in no definition"
            continue
        found = objections(service, generation, template, method, status, body)
        if found and (generation, f"{method} {template}") in EXCEPTIONS:
            excused.add((generation, f"{method} {template}"))
        else:
            wrong += [f"{method} {path} {status} {each}" for each in found]
    assert wrong == []
    assert excused == {each for each in EXCEPTIONS if each[0] == generation}, "an exception nobody needs any more"
