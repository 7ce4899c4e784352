"""Tokens, quotas, error shapes, large replies, faults on demand and the log: what stands before every service."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

REASONS = "/v1/workflows/closing-reasons"
MUTATION = (f"POST {REASONS}", {"title": "Zu teuer", "status": "ACTIVE"})

REFUSED = {
    # case: call, body, token, headers, status, what is said
    "no such token": (f"GET {REASONS}", None, "nobody", {}, 401, {"message": "Unauthorized"}),
    "read-only token": (*MUTATION, "reader", {}, 403, {"message": "the token is read-only"}),
    "another organisation": (
        "GET /v1/entity/schemas",
        None,
        "alpha",
        {"x-epilot-org-id": "911042"},
        403,
        {"message": "no sharing rights in organisation 911042"},
    ),
    "unknown route, entity": ("GET /v1/entity/a/b/c/d", None, "alpha", {}, 404, {"status": 404, "error": "Not Found"}),
    "unknown route, automation": (
        "GET /v1/automation/x",
        None,
        "alpha",
        {},
        404,
        {"status": 404, "error": "Not Found"},
    ),
    "unknown route, workflow": ("GET /v2/flows/nothing", None, "alpha", {}, 404, {"message": "Not Found"}),
    "unknown route, app": ("GET /v1/app/a/b/c", None, "alpha", {}, 404, {"message": "Not Found"}),
    "unknown route, governance": ("GET /data-governance/v1/x", None, "alpha", {}, 404, {"message": "Not Found"}),
    "unknown route, nobody's": ("GET /nothing", None, "alpha", {}, 404, {"message": "Not Found"}),
    "wrong method": ("PUT /v1/entity/schemas", {}, "alpha", {}, 405, {"status": 405, "error": "Method Not Allowed"}),
}


@pytest.mark.parametrize(("call", "body", "token", "headers", "status", "said"), REFUSED.values(), ids=REFUSED)
def test_refused(box: Any, call: str, body: Any, token: str, headers: dict[str, str], status: int, said: Any) -> None:
    answer = box.ask(call, body, token, **headers)
    assert (answer.status_code, answer.json()) == (status, said)


READS = {
    "GET": ("GET /v1/entity/schemas", None),
    "list": ("POST /v1/entity:list", {"filter": [{"term": {"_schema": "contact"}}]}),
    "search": ("POST /v1/entity:search", {"q": "*"}),
    "flow search": ("POST /v2/flows/templates:search", {}),
    "batchGet": ("POST /v1/automation/flows:batchGet", {"ids": []}),
    "labels": ("POST /v1/entity/taxonomies/classifications:search", {}),
    "workflows take no organisation header": (f"GET {REASONS}", None),
}


@pytest.mark.parametrize(("call", "body"), READS.values(), ids=READS)
def test_a_read_only_token_may(box: Any, call: str, body: Any) -> None:
    headers = {"x-epilot-org-id": "911042"} if "workflows" in call else {}
    assert box.ask(call, body, "reader", **headers).status_code == 200


@pytest.mark.parametrize(
    "body", [b"{", b'{"title": NaN}', b"[" * 100_000, b"\xff\xfe"], ids=["cut", "NaN", "deep", "bytes"]
)
def test_a_body_that_is_no_json(box: Any, body: bytes) -> None:
    answer = box.client().post(REASONS, content=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()) == (400, {"message": "request body is not valid JSON"})


def test_organisations_see_nothing_of_each_other(box: Any) -> None:
    mine = box.get(*MUTATION)
    schema = box.get("GET /v1/entity/schemas/contact")
    theirs = box.get("GET /v1/entity/schemas/contact", token="beta")
    assert box.get(f"GET {REASONS}", token="beta") == {"reasons": []}
    assert box.ask(f"GET /v2/workflows/closing-reasons/{mine['id']}", token="beta").status_code == 404
    assert {each["id"] for each in schema["attributes"]}.isdisjoint(each["id"] for each in theirs["attributes"])
    assert schema["id"] != theirs["id"]


def test_the_quota_of_mutations_counts_a_minute(make_box: Callable[..., Any]) -> None:
    box = make_box(quota_per_minute=2)
    assert [box.ask(*MUTATION).status_code for _ in range(3)] == [201, 201, 429]
    answer = box.ask("PUT /v1/entity/schemas/x", {})
    assert (answer.json(), answer.headers["Retry-After"]) == ({"status": 429, "error": "Too Many Requests"}, "57")
    assert box.ask(f"GET {REASONS}").status_code == 200
    assert box.ask(*MUTATION, "beta").status_code == 201
    box.turn(seconds=57)
    assert box.ask(*MUTATION).status_code == 201


QUOTAS: dict[str, tuple[dict[str, Any], list[int]]] = {
    "500 unless set": ({}, [201] * 500 + [429] * 10),
    "off": ({"quota_per_minute": None}, [201] * 510),
    "the entity API only": ({"quota_services": "entity", "quota_per_minute": 1}, [201] * 510),
}


@pytest.mark.parametrize(("switches", "statuses"), QUOTAS.values(), ids=QUOTAS)
def test_quotas(make_box: Callable[..., Any], switches: dict[str, Any], statuses: list[int]) -> None:
    box = make_box(**switches)
    assert [box.ask(*MUTATION).status_code for _ in range(510)] == statuses


def test_searches_have_a_quota_of_their_own(make_box: Callable[..., Any]) -> None:
    box = make_box(search_quota_per_minute=1, quota_per_minute=0)
    search = ("POST /v1/entity:search", {"q": "*", "size": 0})
    assert [box.ask(*search).status_code for _ in range(2)] == [200, 429]


LARGE = "application/large-response.vnd+json"


def test_a_large_reply_is_fetched_elsewhere(make_box: Callable[..., Any]) -> None:
    box = make_box(large_reply_bytes=2000)
    whole = make_box().get("GET /v1/entity/schemas")
    refused = box.ask("GET /v1/entity/schemas")
    assert (refused.status_code, refused.json()["status"]) == (413, 413)
    answer = box.ask("GET /v1/entity/schemas", Accept=f"application/json, {LARGE}")
    assert answer.headers["Content-Type"] == LARGE
    address = answer.json()["$payload_ref"]
    bare = httpx.Client(transport=httpx.WSGITransport(box.app))
    assert bare.get(address).json() == whole
    assert box.ask(f"GET {address}").status_code == 400, "a pre-signed address takes no token"
    assert bare.get(address + "x").status_code == 404


FAULTS: dict[str, tuple[dict[str, Any], int, str, bool]] = {
    # case            rule                                               status  text                        done
    "a status": ({"status": 503, "body": "weg"}, 503, "weg", False),
    "after the work": ({"status": 504, "after_commit": True, "body": {"a": 1}}, 504, '{"a": 1}', True),
    "a page of HTML": ({"status": 502, "body": "<html>", "content_type": "text/html"}, 502, "<html>", False),
    "another body": ({"body": "[]"}, 201, "[]", True),
    "a body cut short": ({"truncate": 6}, 201, '{"id":', True),
    "another type": ({"content_type": "text/plain", "body": "ok"}, 201, "ok", True),
}


@pytest.mark.parametrize(("rule", "status", "text", "done"), FAULTS.values(), ids=FAULTS)
def test_faults(box: Any, rule: dict[str, Any], status: int, text: str, done: bool) -> None:
    box.get("POST /_sandbox/faults", {"method": "POST", "path": "/v1/workflows/*", **rule})
    answer = box.ask(*MUTATION)
    assert (answer.status_code, answer.text) == (status, text)
    assert answer.headers["Content-Type"].split(";")[0] == rule.get("content_type", "application/json")
    assert len(box.get(f"GET {REASONS}")["reasons"]) == done
    assert box.ask(*MUTATION).status_code == 201, "a rule strikes once unless it says otherwise"


@pytest.mark.parametrize("after", [False, True], ids=["before the work", "after the work"])
def test_an_answer_dropped(box: Any, after: bool) -> None:
    box.get("POST /_sandbox/faults", {"path": REASONS, "drop": True, "after_commit": after})
    with pytest.raises(httpx.RemoteProtocolError):
        box.ask(*MUTATION)
    assert len(box.get(f"GET {REASONS}")["reasons"]) == after
    assert [each["status"] for each in box.get("GET /_sandbox/requests")["requests"]] == [0, 200]


STRIKES: dict[str, tuple[dict[str, Any], list[int]]] = {
    "twice": ({"times": 2, "status": 500}, [500, 500, 201, 201]),
    "always": ({"times": None, "status": 500}, [500, 500, 500, 500]),
    "not the first two": ({"skip": 2, "status": 500}, [201, 201, 500, 201]),
    "another method": ({"method": "GET", "status": 500}, [201, 201, 201, 201]),
    "another path": ({"path": "/v2/*", "status": 500}, [201, 201, 201, 201]),
    "another organisation": ({"org": "911042", "status": 500}, [201, 201, 201, 201]),
    "this organisation": ({"org": "739224", "status": 500}, [500, 201, 201, 201]),
    "a quota of its own": ({"quota": 3, "times": None}, [201, 201, 201, 429]),
}


@pytest.mark.parametrize(("rule", "statuses"), STRIKES.values(), ids=STRIKES)
def test_which_requests_a_rule_takes(box: Any, rule: dict[str, Any], statuses: list[int]) -> None:
    box.get("POST /_sandbox/faults", [rule])
    assert [box.ask(*MUTATION).status_code for _ in range(4)] == statuses


def test_rules_are_shown_and_cleared(box: Any) -> None:
    box.get("POST /_sandbox/faults", [{"status": 500, "times": 1}, {"status": 502, "headers": {"Retry-After": "1"}}])
    assert box.ask(*MUTATION).status_code == 500
    assert [each["hits"] for each in box.get("GET /_sandbox/faults")["faults"]] == [1, 0]
    answer = box.ask(*MUTATION)
    assert (answer.status_code, answer.headers["Retry-After"]) == (502, "1")
    box.get("DELETE /_sandbox/faults")
    assert box.get("GET /_sandbox/faults") == {"faults": []}


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ({"stauts": 500}, "body must NOT have additional property 'stauts'"),
        ([{"status": "500"}], "body/0/status must be integer"),
        ({"times": 0}, "body/times must be >= 1"),
    ],
)
def test_a_rule_that_cannot_be_meant(box: Any, rule: Any, said: str) -> None:
    answer = box.ask("POST /_sandbox/faults", rule)
    assert (answer.status_code, answer.json()) == (400, {"message": said})


def test_the_log(box: Any) -> None:
    box.ask(*MUTATION, **{"x-correlation-id": "abc"})
    box.ask(f"GET {REASONS}?includeInactive=true", token="nobody")
    first, second = box.get("GET /_sandbox/requests")["requests"]
    assert {key: first[key] for key in ("seq", "method", "path", "query", "org", "status", "body", "fault")} == {
        "seq": 1,
        "method": "POST",
        "path": REASONS,
        "query": "",
        "org": "739224",
        "status": 201,
        "body": MUTATION[1],
        "fault": None,
    }
    assert (first["correlation_id"], first["time"], len(first["digest"])) == ("abc", "2026-03-02T09:14:03+00:00", 64)
    assert (second["org"], second["status"], second["query"]) == (None, 401, "includeInactive=true")
    assert box.get("GET /_sandbox/requests?method=GET&path=/v1/*&since=1")["total"] == 1
    assert box.get("GET /_sandbox/requests?org=739224")["total"] == 1
    box.get("DELETE /_sandbox/requests")
    assert box.get("GET /_sandbox/requests") == {"requests": [], "total": 0}


def test_control_is_for_this_machine_only(box: Any) -> None:
    far = httpx.Client(transport=httpx.WSGITransport(box.app, remote_addr="192.0.2.7"), base_url="http://sandbox")
    assert far.get("/_sandbox/requests").status_code == 403


def test_a_token_is_for_one_organisation() -> None:
    from syncer.sandbox.server import Organisation, create_app

    with pytest.raises(ValueError, match="two organisations have the same token"):
        create_app(":memory:", [Organisation("1", "t"), Organisation("2", "t")])


def test_what_fails_leaves_nothing_behind(box: Any) -> None:
    """A taxonomy's classifications are written one by one; the second one here is refused."""
    change = {"create": [{"slug": "neu", "name": "Neu"}, {"slug": "angebot", "name": "Gibt es schon"}]}
    assert box.ask("POST /v1/entity/taxonomies/purpose/classifications", change).status_code == 409
    assert box.ask("GET /v2/entity/taxonomies/classifications/purpose:neu").status_code == 404
