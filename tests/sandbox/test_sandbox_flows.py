"""Flow templates: ids, defaults, dropped edges, automations made on the way, conflicts, export and import."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

BASE, AUTOMATIONS = "/v2/flows/templates", "/v1/automation/flows"
SMALL: dict[str, Any] = {
    "name": "Hausanschluss",
    "tasks": [{"id": "a", "name": "Prüfen", "task_type": "MANUAL"}],
    "edges": [{"id": "e", "from_id": "trigger", "to_id": "a"}],
}
MAIL = {"type": "send-email", "name": "Mail", "config": {"email_template_id": "m"}}


def create(box: Any, **change: Any) -> Any:
    return box.get(f"POST {BASE}", SMALL | change)


def automation_task(**config: Any) -> dict[str, Any]:
    return {"id": "m", "name": "Melden", "task_type": "AUTOMATION", "automation_config": config}


def test_the_server_fills_in(box: Any) -> None:
    made = create(box, id="mine", org_id="x", created_at="never", limit_warnings=[], fremd={"a": 1}, _manifest=["m"])
    assert made == {
        "id": made["id"],
        "org_id": "739224",
        "created_at": "2026-03-02T09:14:03.000Z",
        "updated_at": "2026-03-02T09:14:03.000Z",
        **SMALL,
        "fremd": {"a": 1},
        "_manifest": ["m"],
        "enabled": True,
        "available_in_ecp": False,
        "additional_triggers": [],
        "assigned_to": [],
        "closing_reasons": [],
        "entity_sync": [],
        "taxonomies": [],
    }
    assert (len(made["id"]), made["id"] != "mine") == (8, True)
    assert box.get(f"GET {BASE}/{made['id']}") == made
    assert box.get(f"GET {BASE}") == {"results": [made]}


def test_a_put_replaces_and_a_stale_one_is_refused(box: Any) -> None:
    made = create(box, description="weg")
    changed = box.get(f"PUT {BASE}/{made['id']}", {**SMALL, "name": "Neu", "updated_at": made["updated_at"]})
    assert (changed["name"], "description" in changed, changed["created_at"]) == ("Neu", False, made["created_at"])
    answer = box.ask(f"PUT {BASE}/{made['id']}", made)
    said = f"Flow template {made['id']} was changed at {changed['updated_at']}, after it was loaded"
    assert (answer.status_code, answer.json()) == (409, {"message": said})
    assert box.ask(f"PUT {BASE}/{made['id']}", SMALL).status_code == 200, "without updated_at nothing is compared"


def test_closing_reasons_come_back_whole_and_up_to_date(box: Any) -> None:
    reason = box.get("POST /v1/workflows/closing-reasons", {"title": "Umzug", "status": "ACTIVE"})
    made = create(box, closing_reasons=[{"id": reason["id"], "title": "falsch", "status": "INACTIVE"}, {"id": "gone"}])
    assert made["closing_reasons"] == [reason, {"id": "gone"}]
    after = box.get(f"PATCH /v2/workflows/closing-reasons/{reason['id']}", {"title": "Wegzug", "status": "INACTIVE"})
    now = box.get(f"GET {BASE}/{made['id']}")
    assert (now["closing_reasons"], now["updated_at"]) == ([after, {"id": "gone"}], made["updated_at"])
    box.ask(f"DELETE /v2/workflows/closing-reasons/{reason['id']}")
    assert box.get(f"GET {BASE}")["results"][0]["closing_reasons"] == [{"id": reason["id"]}, {"id": "gone"}]


CONDITIONS = [
    {"id": "ja", "branch_name": "Ja", "logical_operator": "AND", "statements": []},
    {"id": "none-met-1", "branch_name": "Nein", "logical_operator": "AND", "statements": None},
]
NODES = {
    "phases": [{"id": "p", "name": "P"}],
    "tasks": [
        {"id": "a", "name": "A", "task_type": "MANUAL", "phase_id": "p"},
        {
            "id": "d",
            "name": "D",
            "task_type": "DECISION",
            "trigger_mode": "manual",
            "conditions": CONDITIONS,
            "loop_config": {"loop_branch_id": "none-met-1", "exit_branch_id": "ja", "max_iterations": 3},
        },
    ],
}
EDGES = {
    # case                        edges (from, to, condition)                                              which survive
    "sound": ([("trigger", "p", None), ("p", "a", None), ("a", "d", None), ("d", "", "ja")], [0, 1, 2, 3]),
    "an end that is null": ([("trigger", "a", None), ("a", None, None)], [0, 1]),
    "from nowhere": ([("trigger", "a", None), ("x", "a", None)], [0]),
    "to nowhere": ([("trigger", "a", None), ("a", "x", None)], [0]),
    "to the trigger": ([("trigger", "a", None), ("a", "trigger", None)], [0]),
    "two starts": ([("trigger", "a", None), ("trigger", "d", None)], [0]),
    "a condition of nobody": ([("trigger", "d", None), ("d", "a", "vielleicht")], [0]),
    "another task's condition": ([("trigger", "a", None), ("a", "d", "ja")], [0]),
    "a declared loop": ([("trigger", "a", None), ("a", "d", None), ("d", "a", "none-met-1")], [0, 1, 2]),
    "a circle": ([("trigger", "a", None), ("a", "d", None), ("d", "a", "ja")], [0, 1]),
    "itself": ([("trigger", "a", None), ("a", "a", None)], [0]),
}


def written(edges: list[tuple[str, str | None, str | None]]) -> list[dict[str, Any]]:
    return [
        {"id": f"e{index}", "from_id": start, "to_id": end} | ({"condition_id": condition} if condition else {})
        for index, (start, end, condition) in enumerate(edges)
    ]


@pytest.mark.parametrize(("edges", "kept"), EDGES.values(), ids=EDGES)
def test_broken_edges_are_dropped_without_a_word(make_box: Callable[..., Any], edges: Any, kept: list[int]) -> None:
    made = create(make_box(), **NODES, edges=written(edges))
    assert made["edges"] == [written(edges)[index] for index in kept]
    answer = make_box(flow_broken_edges="refuse").ask(f"POST {BASE}", {**SMALL, **NODES, "edges": written(edges)})
    assert answer.status_code == (201 if len(kept) == len(edges) else 400)


def test_a_task_brings_its_automation(box: Any) -> None:
    made = create(box, tasks=[automation_task(action_config=MAIL)], edges=[])
    (task,) = made["tasks"]
    id = task["automation_config"].pop("flow_id")
    assert task == {**automation_task(), "created_automatically": False}
    automation = box.get(f"GET {AUTOMATIONS}/{id}")
    assert (automation["flow_name"], automation["triggers"][0]["type"], automation["workflow_context"]) == (
        "Melden",
        "flows_trigger",
        {"workflow_id": made["id"], "task_id": "m", "workflow_role": "run_task_automation"},
    )
    (action,) = automation["actions"]
    assert action == {"id": action["id"], **MAIL}

    changed = {"type": "send-email", "name": "Andere"}
    box.get(f"PUT {BASE}/{made['id']}", SMALL | {"tasks": [automation_task(flow_id=id, action_config=changed)]})
    assert box.get(f"GET {AUTOMATIONS}/{id}")["actions"] == [{"id": action["id"], **changed}]
    box.get(f"PUT {BASE}/{made['id']}", SMALL)
    assert box.ask(f"GET {AUTOMATIONS}/{id}").status_code == 404, "the automation of a task that is gone goes too"


def test_an_action_without_its_flow_id_makes_a_second_automation(box: Any) -> None:
    made = create(box, tasks=[automation_task(action_config=MAIL)], edges=[])
    again = box.get(f"PUT {BASE}/{made['id']}", SMALL | {"tasks": [automation_task(action_config=MAIL)]})
    ids = {each["tasks"][0]["automation_config"]["flow_id"] for each in (made, again)}
    assert {each["id"] for each in box.get(f"GET {AUTOMATIONS}?include_flows=true")["results"]} == ids
    assert len(ids) == 2


def test_an_automation_is_cloned_for_a_task(box: Any) -> None:
    own = box.get(f"POST {AUTOMATIONS}", {"flow_name": "Vorlage", "triggers": [], "actions": [MAIL]})
    made = create(box, tasks=[automation_task(duplicated_flow_id=own["id"])], edges=[])
    config = made["tasks"][0]["automation_config"]
    assert (list(config), config["flow_id"] != own["id"]) == (["flow_id"], True)
    assert box.get(f"GET {AUTOMATIONS}/{config['flow_id']}")["flow_name"] == "Vorlage"
    broken = SMALL | {"tasks": [automation_task(duplicated_flow_id="nope")]}
    assert box.ask(f"POST {BASE}", broken).status_code == 400


def test_a_trigger_brings_its_automation(box: Any) -> None:
    config = [{"type": "entity_manual", "configuration": {"schema": "meter"}}]
    made = create(box, trigger={"id": "t", "type": "automation", "trigger_config": config})
    id = made["trigger"].pop("automation_id")
    assert made["trigger"] == {"id": "t", "type": "automation"}
    automation = box.get(f"GET {AUTOMATIONS}/{id}")
    assert (automation["flow_name"], automation["triggers"][0]["type"], automation["actions"][0]["config"]) == (
        "Hausanschluss",
        "entity_manual",
        {"target_workflow": made["id"]},
    )
    changed = [{"type": "entity_manual", "configuration": {"schema": "order"}}]
    trigger = {"id": "t", "type": "automation", "automation_id": id, "trigger_config": changed}
    box.get(f"PUT {BASE}/{made['id']}", SMALL | {"trigger": trigger})
    assert box.get(f"GET {AUTOMATIONS}/{id}")["triggers"][0]["configuration"] == {"schema": "order"}


def test_a_journey_trigger_keeps_its_automation(make_box: Callable[..., Any]) -> None:
    box = make_box()
    trigger = {"type": "journey_submission", "journey_id": "ea59c7f0-ecba-11f0-b478-6d6b2bd8039e"}
    made = create(box, trigger=trigger)
    again = box.get(f"PUT {BASE}/{made['id']}", SMALL | {"trigger": trigger})
    assert made["trigger"]["automation_id"] == again["trigger"]["automation_id"]
    assert "automation_id" not in create(make_box(flow_journey_automation=False), trigger=trigger)["trigger"]


def test_automations_of_flows_are_hidden_unless_asked_for(box: Any) -> None:
    own = box.get(
        f"POST {AUTOMATIONS}",
        {
            "flow_name": "Frei",
            "triggers": [{"type": "entity_manual", "configuration": {"schema": "meter"}}],
            "actions": [MAIL],
            "entity_schema": "meter",
        },
    )
    made = create(box, tasks=[automation_task(action_config=MAIL)], edges=[])
    hidden = made["tasks"][0]["automation_config"]["flow_id"]

    def ids(query: str) -> list[str]:
        return [each["id"] for each in box.get(f"GET {AUTOMATIONS}?{query}")["results"]]

    assert ids("") == [own["id"]]
    assert ids("include_flows=true") == [own["id"], hidden]
    assert ids("include_flows=true&size=1&from=1") == [hidden]
    assert ids("schema=meter&include_flows=true") == [own["id"]]
    box.ask(f"DELETE {BASE}/{made['id']}")
    assert ids("include_flows=true") == [own["id"]]
    batch = box.get(f"POST {AUTOMATIONS}:batchGet", {"ids": [own["id"], hidden]})
    assert (batch["total"], [each["id"] for each in batch["results"]]) == (1, [own["id"]])


def test_an_automation_put_keeps_what_is_the_servers(box: Any) -> None:
    body = {"flow_name": "Frei", "triggers": [], "actions": [MAIL]}
    made = box.get(f"POST {AUTOMATIONS}", body | {"id": "x", "runs": 99})
    after = box.get(f"PUT {AUTOMATIONS}/{made['id']}", body | {"enabled": False, "id": "y"})
    assert (after["id"], after["runs"], after["enabled"], after["created_at"]) == (
        made["id"],
        0,
        False,
        made["created_at"],
    )
    answer = box.ask(f"GET {AUTOMATIONS}/nope")
    assert (answer.status_code, answer.json()) == (404, {"status": 404, "error": "Flow nope not found"})


def test_export_and_import(box: Any) -> None:
    """The import makes everything anew: flow, tasks, automations, and every place that names them."""
    made = create(
        box,
        trigger={
            "id": "t",
            "type": "automation",
            "trigger_config": [{"type": "entity_manual", "configuration": {"schema": "meter"}}],
        },
        phases=[
            {
                "id": "p",
                "name": "P",
                "due_date_config": {"duration": 1, "unit": "days", "type": "TASK_FINISHED", "task_id": "a"},
            }
        ],
        tasks=[
            {"id": "a", "name": "a", "task_type": "MANUAL", "phase_id": "p"},
            automation_task(action_config=MAIL, input_context={"source": "task", "task_id": "a"})
            | {
                "requirements": [{"when": "TASK_FINISHED", "task_id": "a"}],
                "schedule": {
                    "mode": "relative",
                    "direction": "after",
                    "duration": 1,
                    "unit": "days",
                    "reference": {"id": "a", "origin": "task_completed"},
                },
            },
            {"id": "x", "name": "Fremd", "task_type": "AUTOMATION", "automation_config": {"flow_id": "gone"}},
        ],
        edges=[
            {"id": "a", "from_id": "trigger", "to_id": "p"},
            {"id": "e", "from_id": "p", "to_id": "a"},
            {"id": "f", "from_id": "a", "to_id": "m"},
        ],
        entity_sync=[
            {
                "trigger": {"event": "TaskCompleted", "filter": {"task_template_id": "a"}},
                "value": {"source": "task_name"},
                "target": {"entitySchema": "meter", "entityAttribute": "a"},
            }
        ],
    )
    document = box.get(f"GET {BASE}/{made['id']}/export")
    starter, mailer = made["trigger"]["automation_id"], made["tasks"][1]["automation_config"]["flow_id"]
    resolved = document.pop("_resolved_automations")
    assert document == made
    assert {id: each and each["flow_name"] for id, each in resolved.items()} == {
        starter: "Hausanschluss",
        mailer: "Melden",
        "gone": None,
    }

    result = box.get(f"POST {BASE}/import", {**document, "_resolved_automations": resolved}, token="beta")
    new, mappings = result["flow"], result["_id_mappings"]
    tasks, automations = mappings["task_ids"], mappings["automation_ids"]
    assert (mappings["flow_id"], list(tasks), set(automations)) == (
        {"old": made["id"], "new": new["id"]},
        ["a", "m", "x"],
        {starter, mailer},
    )
    assert (new["org_id"], new["name"], new["trigger"]) == (
        "911042",
        "Hausanschluss",
        {"id": "t", "type": "automation", "automation_id": automations[starter]},
    )
    assert [(task["id"], task["name"]) for task in new["tasks"]] == [
        (tasks["a"], "a"),
        (tasks["m"], "Melden"),
        (tasks["x"], "Fremd"),
    ]
    mail = new["tasks"][1]
    assert mail["automation_config"] == {
        "flow_id": automations[mailer],
        "input_context": {"source": "task", "task_id": tasks["a"]},
    }
    assert (mail["requirements"][0]["task_id"], mail["schedule"]["reference"]["id"]) == (tasks["a"], tasks["a"])
    assert new["tasks"][2]["automation_config"] == {"flow_id": "gone"}
    assert (new["phases"][0]["id"], new["phases"][0]["due_date_config"]["task_id"]) == ("p", tasks["a"])
    assert new["edges"] == [
        {"id": "a", "from_id": "trigger", "to_id": "p"},
        {"id": "e", "from_id": "p", "to_id": tasks["a"]},
        {"id": "f", "from_id": tasks["a"], "to_id": tasks["m"]},
    ]
    assert new["entity_sync"][0]["trigger"]["filter"] == {"task_template_id": tasks["a"]}
    assert new["entity_sync"][0]["target"]["entityAttribute"] == "a", "an attribute that is called like a task"
    started = box.get(f"GET {AUTOMATIONS}/{automations[starter]}", token="beta")
    assert started["actions"][0]["config"] == {"target_workflow": new["id"]}
    assert started["workflow_context"] == {"workflow_id": new["id"], "workflow_role": "trigger_workflow"}


def test_importing_twice_makes_two(box: Any) -> None:
    ids = {box.get(f"POST {BASE}/import", SMALL)["flow"]["id"] for _ in range(2)}
    assert len(ids) == len(box.get(f"GET {BASE}")["results"]) == 2


def test_a_duplicate_is_independent(box: Any) -> None:
    made = create(box, tasks=[automation_task(action_config=MAIL)], edges=[])
    copy = box.get(f"POST {BASE}/{made['id']}/duplicate")
    assert (copy["name"], copy["id"] != made["id"]) == ("Hausanschluss (Copy)", True)
    assert copy["tasks"][0]["automation_config"] != made["tasks"][0]["automation_config"]


def test_without_export(make_box: Callable[..., Any]) -> None:
    box = make_box(flow_export=False)
    made = create(box)
    for call, body in ((f"GET {BASE}/{made['id']}/export", None), (f"POST {BASE}/import", SMALL)):
        answer = box.ask(call, body)
        assert (answer.status_code, answer.json()) == (404, {"message": "Not Found"})


def many_branches(count: int) -> dict[str, Any]:
    conditions = [
        {"id": f"c{n}", "branch_name": "x", "logical_operator": "AND", "statements": []} for n in range(count)
    ]
    return {
        "tasks": [{"id": "d", "name": "D", "task_type": "DECISION", "trigger_mode": "manual", "conditions": conditions}]
    }


def test_limits_warn_or_refuse(box: Any) -> None:
    warning = {
        "i18nKey": "errors.task_max_branches",
        "message": "branches: 21 of at most 20",
        "max": 20,
        "current": 21,
        "path": ["tasks", 0, "conditions"],
        "node_id": "d",
        "task_name": "D",
    }
    body = {**SMALL, **many_branches(21), "edges": []}
    made = box.get(f"POST {BASE}", body)
    assert made["limit_warnings"] == [warning]
    assert box.get(f"GET {BASE}/{made['id']}")["limit_warnings"] == [warning]
    assert "limit_warnings" not in box.get(f"GET {BASE}")["results"][0]
    answer = box.ask(f"POST {BASE}?enforce_limits=true", body)
    assert (answer.status_code, answer.json()) == (400, {"message": "branches: 21 of at most 20"})
    put = f"PUT {BASE}/{made['id']}?enforce_limits=true"
    assert box.ask(put, body).status_code == 200, "on an update only what got worse is refused"
    assert box.ask(put, {**SMALL, **many_branches(22), "edges": []}).status_code == 400


def test_enabled_flows_are_counted(make_box: Callable[..., Any]) -> None:
    box = make_box(flow_most_enabled=1)
    create(box)
    off = create(box, enabled=False)
    assert box.get("GET /v1/workflows/limits/max-allowed") == {"currentNoOfWorkflows": 1, "maxAllowed": 1}
    said = {"message": "the organisation already has 1 of at most 1 enabled workflows"}
    for call in (f"POST {BASE}", f"PUT {BASE}/{off['id']}"):
        answer = box.ask(call, SMALL)
        assert (answer.status_code, answer.json()) == (400, said)


def test_lists_and_searches(box: Any) -> None:
    manual = create(box, name="Manuell", trigger={"type": "manual", "entity_schema": "meter"})
    journey = create(box, name="Antrag", additional_triggers=[{"type": "journey_submission", "journey_id": "j1"}])
    off = create(box, name="Alt", enabled=False, trigger={"type": "automation", "automation_id": "x"})

    def names(call: str, body: Any = None) -> list[str]:
        return [each["name"] for each in box.get(call, body)["results"]]

    assert names(f"GET {BASE}") == ["Manuell", "Antrag", "Alt"]
    assert names(f"GET {BASE}?trigger_type=manual&trigger_schema=meter") == ["Manuell"]
    assert names(f"GET {BASE}?trigger_type=manual&trigger_schema=order") == []
    assert names(f"GET {BASE}?trigger_type=journey_submission&trigger_source_id=j1") == ["Antrag"]
    assert names(f"GET {BASE}?trigger_type=automation") == ["Alt"]
    search = f"POST {BASE}:search"
    assert names(search, {}) == ["Alt", "Antrag", "Manuell"], "the last changed first"
    assert names(search, {"sort_by": "created_at", "sort_order": "asc", "from": 1, "size": 1}) == ["Antrag"]
    assert names(search, {"name": "A", "sort_by": "name", "sort_order": "asc"}) == ["Alt", "Antrag", "Manuell"]
    assert names(search, {"enabled": False}) == ["Alt"]
    assert names(search, {"definition_id": manual["id"]}) == ["Manuell"]
    assert names(search, {"trigger_type": "journey_submission"}) == ["Antrag"]
    assert box.get(search, {"size": 0}) == {"results": [], "hits": 3}
    assert [journey["enabled"], off["enabled"]] == [True, False]


def task(**change: Any) -> dict[str, Any]:
    return {"tasks": [{"id": "a", "name": "A", "task_type": "MANUAL"} | change]}


DELAYED = {"mode": "delayed", "duration": 1, "unit": "days"}
STATEMENT = {"id": "s", "source": {}, "operator": "equals", "values": ["x"]}
DECISION = {"task_type": "DECISION", "trigger_mode": "automatic"}
WRONG = {
    "a short name": ({"name": "ab"}, "body/name must NOT have fewer than 3 characters"),
    "no edges": ({"edges": None}, "body/edges must be array"),
    "a version that is a number": (
        {"version": 3},
        "body/version must be equal to one of the allowed values: v1, v2, v3",
    ),
    "an unknown kind of task": (
        task(task_type="MANUEL"),
        "body/tasks/0/task_type must be equal to one of the allowed values:",
    ),
    "a decision without conditions": (task(**DECISION), "body/tasks/0 must have required property 'conditions'"),
    "an automation without config": (
        task(task_type="AUTOMATION"),
        "body/tasks/0 must have required property 'automation_config'",
    ),
    "a decision at once": (
        task(**DECISION, conditions=[], schedule={"mode": "immediate"}),
        "body/tasks/0/schedule/mode must be equal to one of the allowed values: delayed, relative",
    ),
    "an unknown operator": (
        task(**DECISION, conditions=[{**CONDITIONS[0], "statements": [STATEMENT | {"operator": "is"}]}]),
        "body/tasks/0/conditions/0/statements/0/operator must be equal to one of the allowed values:",
    ),
    "values that are numbers": (
        task(**DECISION, conditions=[{**CONDITIONS[0], "statements": [STATEMENT | {"values": [1]}]}]),
        "body/tasks/0/conditions/0/statements/0/values/0 must be string",
    ),
    "a delay of nothing": (
        task(task_type="AUTOMATION", automation_config={}, schedule=DELAYED | {"duration": 0}),
        "body/tasks/0/schedule/duration must be >= 1",
    ),
    "an agent without id": (
        task(task_type="AI_AGENT", agent_config={}),
        "body/tasks/0/agent_config must have required property 'agent_id'",
    ),
    "a long description": (
        task(description={"value": "x" * 10_001}),
        "body/tasks/0/description/value must NOT have more than 10000",
    ),
    "a trigger without journey": (
        {"trigger": {"type": "journey_submission"}},
        "body/trigger must have required property 'journey_id'",
    ),
    "a trigger without type": (
        {"additional_triggers": [{}]},
        "body/additional_triggers/0 must have required property 'type'",
    ),
    "a sync of nothing": ({"entity_sync": [{}]}, "body/entity_sync/0 must have required property 'trigger'"),
    "a reason without id": ({"closing_reasons": [{}]}, "body/closing_reasons/0 must have required property 'id'"),
    "eleven attributes": (
        task(
            **DECISION,
            conditions=[{**CONDITIONS[0], "statements": [STATEMENT | {"source": {"attributes": ["a"] * 11}}]}],
        ),
        "body/tasks/0/conditions/0/statements/0/source/attributes must NOT have more than 10 items",
    ),
}


@pytest.mark.parametrize(("change", "said"), WRONG.values(), ids=WRONG)
def test_refused(box: Any, change: Any, said: str) -> None:
    answer = box.ask(f"POST {BASE}", SMALL | change)
    assert (answer.status_code, answer.json()["message"][: len(said)]) == (400, said)
    assert box.get(f"GET {BASE}") == {"results": []}


NEWEST = {"name": "ein anderer Weg", "version": "v2"}
SWITCHED: dict[str, tuple[dict[str, Any], str, dict[str, Any], int]] = {
    "not there": ({}, "PUT /nope", {}, 404),
    "a PUT may create": ({"flow_put_unknown_id": "create"}, "PUT /nope", {}, 200),
    "names twice": ({}, "POST ", {}, 201),
    "names unique": ({"name_unique": True}, "POST ", {}, 409),
    "stale": ({}, "PUT /ID", {"updated_at": "2026-01-01T00:00:00.000Z"}, 409),
    "stale, not compared": ({"flow_conflict": "ignored"}, "PUT /ID", {"updated_at": "2026-01-01T00:00:00.000Z"}, 200),
    "a reason nobody has": ({}, "POST ", {"closing_reasons": [{"id": "gone"}]}, 201),
    "a reason nobody has, refused": (
        {"flow_unknown_reason": "refused"},
        "POST ",
        {"closing_reasons": [{"id": "gone"}]},
        400,
    ),
    "a reason as of old": ({"flow_reasons_complete": True}, "POST ", {"closing_reasons": [{"id": "gone"}]}, 400),
    "loose tasks": ({"flow_tasks_by_type": False}, "POST ", task(**DECISION), 201),
}


@pytest.mark.parametrize(("switches", "call", "change", "status"), SWITCHED.values(), ids=SWITCHED)
def test_switches(
    make_box: Callable[..., Any], switches: dict[str, Any], call: str, change: dict[str, Any], status: int
) -> None:
    box = make_box(**switches)
    id = create(box)["id"]
    method, path = call.split(" ")
    assert box.ask(f"{method} {BASE}{path.replace('ID', id)}", SMALL | change).status_code == status


def test_switches_of_filling(make_box: Callable[..., Any]) -> None:
    box = make_box(flow_client_id_kept=True, flow_version_default="v2", flow_trigger_ids_filled=True)
    made = create(box, id="meins", trigger={"type": "manual"})
    assert (made["id"], made["version"], len(made["trigger"]["id"])) == ("meins", "v2", 36)
    keeping = make_box(flow_delete_automations=False, automation_context=False)
    made = create(keeping, tasks=[automation_task(action_config=MAIL)], edges=[])
    automation = made["tasks"][0]["automation_config"]["flow_id"]
    keeping.ask(f"DELETE {BASE}/{made['id']}")
    assert "workflow_context" not in keeping.get(f"GET {AUTOMATIONS}/{automation}")


@pytest.mark.parametrize(
    ("mode", "word", "hit"),
    [
        ("contains", "ANSCH", True),
        ("prefix", "haus", True),
        ("prefix", "ansch", False),
        ("exact", "hausanschluss", False),
        ("exact", "Hausanschluss", True),
    ],
)
def test_how_a_search_takes_a_name(make_box: Callable[..., Any], mode: str, word: str, hit: bool) -> None:
    box = make_box(flow_search_name=mode)
    create(box)
    assert box.get(f"POST {BASE}:search", {"name": word})["hits"] == hit


STOP = {"disabled_by": "system", "disabled_at": "2026-11-01T00:00:00Z"}
REPLACED: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    # what a PUT says of the stop of an automation that the platform switched off → what is kept of it
    "it goes back as it was read": ({"enabled": False, "disable_details": STOP}, {"disable_details": STOP}),
    "it is left out": ({"enabled": False}, {}),
    "it is switched on": ({"enabled": True}, {}),
}


@pytest.mark.parametrize(("given", "kept"), REPLACED.values(), ids=REPLACED)
def test_a_put_replaces_the_stop_of_an_automation_and_not_its_owner(
    box: Any, given: dict[str, Any], kept: dict[str, Any]
) -> None:
    """`disable_details` is a field of the document as the definition has it (automation 1.4.1), and none that only the
    server sets; `workflow_context` stands in the older one, and no client writes it."""
    (task,) = create(box, tasks=[automation_task(action_config=MAIL)], edges=[])["tasks"]
    path = f"{AUTOMATIONS}/{task['automation_config']['flow_id']}"
    context = box.get(f"GET {path}")["workflow_context"]
    body = {"flow_name": "Melden", "triggers": [], "actions": []}
    box.get(f"PUT {path}", {**body, "enabled": False, "disable_details": STOP})
    assert box.get(f"GET {path}")["disable_details"] == STOP
    box.get(f"PUT {path}", {**body, **given, "workflow_context": {"workflow_id": "another"}})
    now = box.get(f"GET {path}")
    assert (now["enabled"], now["workflow_context"]) == (given["enabled"], context)
    assert {name: now[name] for name in ("disable_details",) if name in now} == kept
