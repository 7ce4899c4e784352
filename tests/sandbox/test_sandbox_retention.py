"""Retention configs: an upsert without an id, computed days, a preview, and runs that really delete."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

NEW, OLD = "/data-governance/v1", "/data-management/v1"
SCHEDULE = {"frequency": "interval", "interval_days": 90}


def view(box: Any, **filters: Any) -> str:
    body = {"slug": ["contact"], "name": "Auswahl", "ui_config": {"filters": filters}, "shared": True}
    return str(box.get("POST /v1/entity/view", body)["id"])


def config(saved_view_id: str = "nope", **change: Any) -> dict[str, Any]:
    return {"type": "deletion", "query": {"saved_view_id": saved_view_id}, "schedule": SCHEDULE} | change


def test_an_upsert_creates_and_then_updates(box: Any) -> None:
    answer = box.ask(f"POST {NEW}/contact/configs", config(enabled=False, id="mine", fremd=1))
    made = answer.json()
    assert (answer.status_code, made) == (
        201,
        {
            "id": made["id"],
            "type": "deletion",
            "entity_schema": "contact",
            "query": {"saved_view_id": "nope"},
            "schedule": SCHEDULE,
            "relations_for_deletion": [],
            "enabled": False,
            "fremd": 1,
            "created_at": "2026-03-02T09:14:03.000Z",
            "last_updated_at": "2026-03-02T09:14:03.000Z",
            "next_run_at": "2026-03-02",
        },
    )
    box.turn(days=1)
    answer = box.ask(f"POST {OLD}/contact/configs", config(relations_for_deletion=["file"]))
    after = answer.json()
    assert (answer.status_code, after["id"], after["enabled"], after["relations_for_deletion"]) == (
        200,
        made["id"],
        True,
        ["file"],
    )
    assert ("fremd" in after, after["created_at"], after["last_updated_at"], after["next_run_at"]) == (
        False,
        made["created_at"],
        "2026-03-03T09:14:03.000Z",
        "2026-03-03",
    )
    assert box.get(f"GET {NEW}/configs/{made['id']}") == box.get(f"GET {OLD}/configs/{made['id']}") == after
    assert box.ask(f"POST {NEW}/account/configs", config()).status_code == 201, "another schema is another config"


NEXT = {
    # case                schedule                                                       next run
    "at once": ({}, "2026-03-02"),
    "later": ({"start_date": "2027-01-15"}, "2027-01-15"),
    "long begun": ({"start_date": "2020-01-15"}, "2026-03-02"),
    "over": ({"end_date": "2026-03-01"}, None),
    "its last day": ({"end_date": "2026-03-02"}, "2026-03-02"),
}


@pytest.mark.parametrize(("schedule", "day"), NEXT.values(), ids=NEXT)
def test_the_next_run_is_worked_out(box: Any, schedule: dict[str, str], day: str | None) -> None:
    made = box.get(f"POST {NEW}/contact/configs", config(schedule=SCHEDULE | schedule))
    assert made.get("next_run_at") == day


def test_lists_have_a_cursor(box: Any) -> None:
    for slug in ("contact", "account", "meter", "order", "ticket"):
        box.get(f"POST {NEW}/{slug}/configs", config(enabled=slug != "meter"))
    seen: list[str] = []
    cursor = ""
    while cursor is not None:
        page = box.get(f"GET {NEW}/configs?limit=2{cursor and '&cursor=' + cursor}")
        seen += [each["entity_schema"] for each in page["configs"]]
        cursor = page["cursor"]
    assert seen == ["contact", "account", "meter", "order", "ticket"]

    def slugs(query: str) -> list[str]:
        return [each["entity_schema"] for each in box.get(f"GET {NEW}/configs?{query}")["configs"]]

    assert slugs("entity_schema=order&type=deletion") == ["order"]
    assert slugs("enabled=false") == ["meter"]
    assert slugs("limit=5") == seen
    assert box.get(f"GET {NEW}/configs?limit=5")["cursor"] is None
    assert box.ask(f"GET {NEW}/configs?cursor=x").status_code == 400


def fill(box: Any) -> dict[str, str]:
    """Four contacts: one with a contract, one with an open workflow, one who wrote lately, one with nothing."""
    contacts: dict[str, Any] = {
        "contract": {"last_name": "V"},
        "flow": {"last_name": "W", "_workflows": [{"status": "STARTED"}]},
        "mail": {"last_name": "M"},
        "none": {"last_name": "N", "_workflows": [{"status": "CLOSED"}], "status": "inaktiv"},
    }
    ids = {name: box.get("POST /v1/entity/contact", body)["_id"] for name, body in contacts.items()}

    def link(name: str) -> Any:
        return {"$relation": [{"entity_id": ids[name]}]}

    box.get("POST /v1/entity/contract", {"contract_number": "1", "status": "active", "customer": link("contract")})
    box.get("POST /v1/entity/message", {"subject": "Hallo", "type": "RECEIVED", "linked": link("mail")})
    box.get("POST /v1/entity/contract", {"contract_number": "2", "status": "closed", "customer": link("none")})
    return ids


FILTERS: dict[str, tuple[list[Any], set[str]]] = {
    "none": ([], {"contract", "flow", "mail", "none"}),
    "no contract": ([{"type": "no_related_entities", "related_entity_schemas": ["contract"]}], {"flow", "mail"}),
    "contracts closed": (
        [{"type": "related_entities_all_in_closed_or_cancelled_status", "related_entity_schemas": ["contract"]}],
        {"flow", "mail", "none"},
    ),
    "own workflows closed": (
        [{"type": "entity_workflows_only_in_closed_or_cancelled_status"}],
        {"contract", "mail", "none"},
    ),
    "own workflows done": (
        [{"type": "entity_workflows_only_in_closed_or_cancelled_status", "workflow_status": ["DONE"]}],
        {"contract", "mail"},
    ),
    "related workflows closed": (
        [
            {
                "type": "related_entities_workflows_only_in_closed_or_cancelled_status",
                "related_entity_schemas": ["contract"],
            }
        ],
        {"contract", "flow", "mail", "none"},
    ),
    "silent": ([{"type": "no_email_communication_since", "lookback_period_days": 30}], {"contract", "flow", "none"}),
    "sent nothing": (
        [{"type": "no_email_communication_since", "lookback_period_days": 30, "message_type": ["SENT"]}],
        {"contract", "flow", "mail", "none"},
    ),
    "both": (
        [
            {"type": "no_related_entities", "related_entity_schemas": ["contract"]},
            {"type": "no_email_communication_since", "lookback_period_days": 30},
        ],
        {"flow"},
    ),
}


@pytest.mark.parametrize(("filters", "who"), FILTERS.values(), ids=FILTERS)
def test_a_preview(box: Any, filters: list[Any], who: set[str]) -> None:
    ids = fill(box)
    query = {"saved_view_id": view(box), "filters": filters, "include_deleted": "false"}
    found = box.get(f"POST {NEW}/contact/query", {**query, "size": 100, "fields": ["_id"]})
    assert {each["_id"] for each in found["results"]} == {ids[name] for name in who}
    assert found["hits"] == len(who)
    assert box.get(f"POST {OLD}/contact/query", {**query, "size": 0}) == {"results": [], "hits": len(who)}


def test_a_preview_follows_the_view(box: Any) -> None:
    ids = fill(box)
    found = box.get(f"POST {NEW}/contact/query", {"saved_view_id": view(box, status=["inaktiv", "gesperrt"])})
    assert [each["_id"] for each in found["results"]] == [ids["none"]]


def test_a_run_really_deletes(box: Any) -> None:
    ids = fill(box)
    body = config(view(box, status="inaktiv"), relations_for_deletion=["contract"], enabled=False)
    made = box.get(f"POST {NEW}/contact/configs", body)
    box.turn(hours=1)
    job = box.get(f"POST {NEW}/configs/{made['id']}/jobs")
    assert {
        key: job[key] for key in ("config_id", "entity_schema", "status", "details", "scheduled_for", "trigger")
    } == {
        "config_id": made["id"],
        "entity_schema": "contact",
        "status": "success",
        "scheduled_for": "2026-03-02",
        "details": {"matched_count": 1, "deleted_count": 2, "failed_count": 0},
        "trigger": "manual",
    }
    assert box.ask(f"GET /v1/entity/contact/{ids['none']}").status_code == 404
    left = box.get("POST /v1/entity:list", {"filter": [{"term": {"_schema": "contract"}}]})["results"]
    assert [each["contract_number"] for each in left] == ["1"]
    after = box.get(f"GET {NEW}/configs/{made['id']}")
    assert (after["last_run_at"], after["next_run_at"]) == (job["completed_at"], "2026-05-31")
    assert box.get(f"GET {NEW}/jobs?config_id={made['id']}") == {"jobs": [job], "cursor": None}
    assert box.get(f"GET {OLD}/jobs/{job['id']}") == job
    assert box.get(f"GET {NEW}/jobs?status=failed")["jobs"] == []
    again = box.get(f"POST {NEW}/contact/configs", body)
    assert again["last_run_at"] == after["last_run_at"]


def test_a_run_whose_view_is_gone_fails(box: Any) -> None:
    made = box.get(f"POST {NEW}/contact/configs", config("gone"))
    job = box.get(f"POST {NEW}/configs/{made['id']}/jobs")
    assert (job["status"], job["error"], job["details"]["deleted_count"]) == ("failed", "saved view gone not found", 0)


WRONG = {
    "no schedule": ({"schedule": None}, "body/schedule must be object"),
    "no view": ({"query": {}}, "body/query must have required property 'saved_view_id'"),
    "deleted as a boolean": (
        {"query": {"saved_view_id": "v", "include_deleted": True}},
        "body/query/include_deleted must be equal to one of the allowed values: true, false, only",
    ),
    "another type": ({"type": "archive"}, "body/type must be equal to one of the allowed values: deletion"),
    "an old schedule": (
        {"schedule": {"frequency": "daily", "interval_days": 1}},
        "body/schedule/frequency must be equal to one of the allowed values: interval",
    ),
    "every nought days": ({"schedule": SCHEDULE | {"interval_days": 0}}, "body/schedule/interval_days must be >= 1"),
    "a half day": ({"schedule": SCHEDULE | {"interval_days": 1.5}}, "body/schedule/interval_days must be integer"),
    "a date that is none": (
        {"schedule": SCHEDULE | {"start_date": "15.01.2027"}},
        "body/schedule/start_date must match pattern",
    ),
    "an old relation": ({"relations_for_deletion": ["email"]}, "body/relations_for_deletion/0 must be equal to one of"),
    "an old filter": (
        {"query": {"saved_view_id": "v", "filters": [{"type": "related_entities_any_in_closed_or_cancelled_status"}]}},
        "body/query/filters/0/type must be equal to one of the allowed values:",
    ),
    "enabled in words": ({"enabled": "no"}, "body/enabled must be boolean"),
}


@pytest.mark.parametrize(("change", "said"), WRONG.values(), ids=WRONG)
def test_refused(box: Any, change: Any, said: str) -> None:
    answer = box.ask(f"POST {NEW}/contact/configs", config() | change)
    assert (answer.status_code, answer.json()["message"][: len(said)]) == (400, said)


MISSING = [
    ("GET /configs/nope", None, 404),
    ("GET /jobs/nope", None, 404),
    ("POST /configs/nope/jobs", None, 404),
    ("POST /contact/query", {"saved_view_id": "nope"}, 400),
]


@pytest.mark.parametrize(("call", "body", "status"), MISSING)
def test_not_there(box: Any, call: str, body: Any, status: int) -> None:
    assert box.ask(call.replace(" ", f" {NEW}"), body).status_code == status


SWITCHED: dict[str, tuple[dict[str, Any], list[Any], list[int]]] = {
    # case: switches, upserts, statuses
    "one a schema and type": ({}, [config("a"), config("b")], [201, 200]),
    "one a view": ({"retention_key": "saved_view"}, [config("a"), config("b"), config("a")], [201, 201, 200]),
    "always a new one": ({"retention_key": "none"}, [config("a"), config("a")], [201, 201]),
    "views checked": ({"retention_view_checked": True}, [config("nope")], [400]),
    "other schemas only": ({"retention_schemas": ("account",)}, [config("a")], [400]),
}


@pytest.mark.parametrize(("switches", "upserts", "statuses"), SWITCHED.values(), ids=SWITCHED)
def test_switches(make_box: Callable[..., Any], switches: Any, upserts: list[Any], statuses: list[int]) -> None:
    box = make_box(**switches)
    assert [box.ask(f"POST {NEW}/contact/configs", body).status_code for body in upserts] == statuses


def test_switches_of_leaving_out(make_box: Callable[..., Any]) -> None:
    box = make_box(retention_omitted="kept", retention_disabled_runs=False)
    made = box.get(f"POST {NEW}/contact/configs", config(view(box), enabled=False, relations_for_deletion=["file"]))
    after = box.get(f"POST {NEW}/contact/configs", config())
    assert (after["enabled"], after["relations_for_deletion"]) == (False, ["file"])
    assert box.ask(f"POST {NEW}/configs/{made['id']}/jobs").status_code == 400


@pytest.mark.parametrize(("switch", "status"), [("allowed", 200), ("refused", 409)])
def test_deleting_a_view_in_use(make_box: Callable[..., Any], switch: str, status: int) -> None:
    box = make_box(view_delete_in_use=switch)
    id = view(box)
    box.get(f"POST {NEW}/contact/configs", config(id))
    assert box.ask(f"DELETE /v1/entity/view/{id}").status_code == status
