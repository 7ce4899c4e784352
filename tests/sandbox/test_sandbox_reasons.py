"""Closing reasons and first-generation definitions: hidden when inactive, two generations of paths, limits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

V1, V2 = "/v1/workflows/closing-reasons", "/v2/workflows/closing-reasons"


def test_a_life(box: Any) -> None:
    made = box.get(f"POST {V1}", {"title": "Zu teuer", "description": "bleibt", "id": "mine", "creationTime": "never"})
    assert made == {
        "id": made["id"],
        "title": "Zu teuer",
        "status": "ACTIVE",
        "description": "bleibt",
        "creationTime": "2026-03-02T09:14:03.000Z",
        "lastUpdateTime": "2026-03-02T09:14:03.000Z",
    }
    assert (len(made["id"]), made["id"].isalnum()) == (21, True)
    answer = box.ask(f"PATCH {V1}/{made['id']}", {"status": "INACTIVE"})
    assert (answer.status_code, answer.content) == (202, b"")
    assert box.get(f"GET {V1}") == {"reasons": []}
    assert box.get(f"GET {V1}?includeInactive=false") == {"reasons": []}
    after = made | {"status": "INACTIVE", "lastUpdateTime": "2026-03-02T09:14:03.001Z"}
    assert box.get(f"GET {V1}?includeInactive=true") == {"reasons": [after]}
    changed = box.get(f"PATCH {V2}/{made['id']}", {"title": "Teuer", "id": "other"})
    assert changed == after | {"title": "Teuer", "lastUpdateTime": "2026-03-02T09:14:03.002Z"}
    assert box.get(f"GET {V1}/{made['id']}") == box.get(f"GET {V2}/{made['id']}") == changed
    assert box.ask(f"DELETE {V2}/{made['id']}").status_code == 204
    assert box.ask(f"GET {V2}/{made['id']}").status_code == 404


def test_the_same_title_twice_is_two_reasons(box: Any) -> None:
    ids = {box.get(f"POST {V1}", {"title": "Umzug", "status": "ACTIVE"})["id"] for _ in range(2)}
    assert {each["id"] for each in box.get(f"GET {V1}")["reasons"]} == ids
    assert len(ids) == 2


def test_titles_can_be_made_unique(make_box: Callable[..., Any]) -> None:
    box = make_box(name_unique=True)
    box.get(f"POST {V1}", {"title": "Umzug"})
    answer = box.ask(f"POST {V1}", {"title": "Umzug"})
    assert (answer.status_code, answer.json()) == (409, {"message": "a closing reason with title Umzug exists already"})


MISSING = {"message": "Closing reason nope not found"}
REFUSED = {
    "no title": (f"POST {V1}", {"status": "ACTIVE"}, 400, "body must have required property 'title'"),
    "a title that is none": (f"POST {V1}", {"title": 7}, 400, "body/title must be string"),
    "null": (f"PATCH {V2}/ID", {"title": None}, 400, "body/title must be string"),
    "no such status": (
        f"PATCH {V2}/ID",
        {"status": "GONE"},
        400,
        "body/status must be equal to one of the allowed values: ACTIVE, INACTIVE",
    ),
    "no status": (f"PATCH {V1}/ID", {}, 400, "body must have required property 'status'"),
    "a list": (f"POST {V1}", [], 400, "body must be object"),
    "not there, read": (f"GET {V2}/nope", None, 404, MISSING["message"]),
    "not there, changed": (f"PATCH {V2}/nope", {"title": "x"}, 404, MISSING["message"]),
    "not there, deleted": (f"DELETE {V2}/nope", None, 404, MISSING["message"]),
    "no boolean": (f"GET {V1}?includeInactive=ja", None, 400, "query parameter includeInactive must be boolean"),
}


@pytest.mark.parametrize(("call", "body", "status", "said"), REFUSED.values(), ids=REFUSED)
def test_refused(box: Any, call: str, body: Any, status: int, said: str) -> None:
    id = box.get(f"POST {V1}", {"title": "Da"})["id"]
    answer = box.ask(call.replace("/ID", f"/{id}"), body)
    assert (answer.status_code, answer.json()) == (status, {"message": said})


def test_definitions_of_the_first_generation(box: Any) -> None:
    base = "/v1/workflows/definitions"
    body = {"name": "Alt", "flow": [{"name": "Schritt", "order": 1, "type": "STEP", "id": "s1", "fremd": 1}]}
    made = box.get(f"POST {base}", body)
    stamp = "2026-03-02T09:14:03.000Z"
    assert made == {"id": made["id"], "creationTime": stamp, "lastUpdateTime": stamp, "enabled": True, **body}
    assert box.get(f"GET {base}") == [made]
    assert box.get("GET /v1/workflows/limits/max-allowed") == {"currentNoOfWorkflows": 1, "maxAllowed": 1000}
    answer = box.ask(f"PATCH {base}/{made['id']}/closing-reasons", {"reasons": [{"id": "a"}, {"id": "b"}]})
    assert (answer.status_code, answer.content) == (201, b"")
    assert box.get(f"GET {base}/{made['id']}/closing-reasons") == {"reasons": [{"id": "a"}, {"id": "b"}]}
    box.get(f"PUT {base}/{made['id']}", body | {"enabled": False})
    assert "closingReasons" not in box.get(f"GET {base}/{made['id']}"), "a PUT replaces the document"
    assert box.get("GET /v1/workflows/limits/max-allowed")["currentNoOfWorkflows"] == 0
    assert box.get("GET /v2/flows/templates") == {"results": []}, "the two generations keep apart"
