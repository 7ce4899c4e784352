"""The log of requests as others see it: no token, no option value, nothing that looks like a secret."""

from __future__ import annotations

import json
from typing import Any

import pytest

from syncer.sandbox.control.log_redaction import discreet

OUT = "[withheld]"
TOKEN, SHORT = "canary-5f1e-31d8", "t"
JWT = "eyJhbGciOiJub25lIn0.eyJvcmdfaWQiOiIxIn0.x"

BODIES: dict[str, tuple[Any, Any]] = {
    # case: (body, as it is shown)
    "nothing": (None, None),
    "plain": (
        {"title": "Zu teuer", "n": 1, "on": True, "list": [None, "a"], "key": "iban", "value": "7"},
        {"title": "Zu teuer", "n": 1, "on": True, "list": [None, "a"], "key": "iban", "value": "7"},
    ),
    "option values": (
        {"version": "1.0.0", "option_values": [
            {"component_id": "c", "options": [
                {"key": "region", "value": "DE"}, {"key": "pin", "value": 7}, {"key": "on", "value": True},
                {"key": "login", "value": {"user": "u", "deep": [{"id": "i", "value": "s"}]}},
            ]},
        ]},
        {"version": "1.0.0", "option_values": [
            {"component_id": "c", "options": [
                {"key": "region", "value": OUT}, {"key": "pin", "value": OUT}, {"key": "on", "value": True},
                {"key": "login", "value": {"user": OUT, "deep": [{"id": OUT, "value": OUT}]}},
            ]},
        ]},
    ),
    "option values of another form": ({"option_values": "canary"}, {"option_values": OUT}),
    "a name that tells": (
        {"password": "p", "apiKey": 7, "clientSecret": ["a", {"b": "c"}], "access_token": "t", "Authorization": ""},
        {"password": OUT, "apiKey": OUT, "clientSecret": [OUT, {"b": OUT}], "access_token": OUT, "Authorization": OUT},
    ),
    "a pair": (
        {"headers": [{"key": "Authorization", "value": "canary"}, {"name": "X-Api-Key", "value": 5},
                     {"name": "Accept", "value": "text/plain"}]},
        {"headers": [{"key": "Authorization", "value": OUT}, {"name": "X-Api-Key", "value": OUT},
                     {"name": "Accept", "value": "text/plain"}]},
    ),
    "addresses": (
        {"url": "https://user:canary@a.example:8/x/y?k=canary&n=1#canary", "text": "erst https://b.example, dann c"},
        {"url": f"https://{OUT}@a.example:8/x/y?k={OUT}&n={OUT}#{OUT}", "text": "erst https://b.example, dann c"},
    ),
    "words that tell": (
        {"a": "Bearer abc.def-1", "b": f"siehe {JWT}!", "c": "Basic dXNlcjpwYXNz", "d": "Basic Tarif"},
        {"a": f"Bearer {OUT}", "b": f"siehe {OUT}!", "c": f"Basic {OUT}", "d": "Basic Tarif"},
    ),
    "a token, anywhere": (
        {"a": f"x{TOKEN}y", f"k-{TOKEN}": [SHORT, "tttt"]}, {"a": f"x{OUT}y", f"k-{OUT}": [OUT, "tttt"]},
    ),
    "no JSON": (b"token=canary", "[withheld: 12 bytes that are no JSON]"),
    "a text": (f"{TOKEN}", OUT),
}  # fmt: skip


def entry(**more: Any) -> dict[str, Any]:
    return {
        "seq": 1, "method": "POST", "path": "/v1/app/x", "query": "", "correlation_id": None, "accept": None,
        "body": None, **more,
    }  # fmt: skip


@pytest.mark.parametrize(("body", "shown"), BODIES.values(), ids=BODIES)
def test_bodies(body: Any, shown: Any) -> None:
    assert discreet(entry(body=body), [SHORT, TOKEN]) == entry(body=shown)


QUERIES = {
    # query: as it is shown
    "includeInactive=true&limit=10&q=Zu%20teuer": "includeInactive=true&limit=10&q=Zu%20teuer",
    "access_token=canary&n=1": f"access_token={OUT}&n=1",
    "api-key=canary&Sig=canary&code=canary&key=canary": f"api-key={OUT}&Sig={OUT}&code={OUT}&key={OUT}",
    "%74oken=canary": f"%74oken={OUT}",
    "q=" + "%63anary-5f1e-31d8": f"q={OUT}",
    TOKEN: OUT,
    "flag": "flag",
}


@pytest.mark.parametrize(("query", "shown"), QUERIES.items(), ids=QUERIES)
def test_queries(query: str, shown: str) -> None:
    assert discreet(entry(query=query), [SHORT, TOKEN]) == entry(query=shown)


def test_tokens_in_the_rest() -> None:
    given = entry(path=f"/v1/{TOKEN}", correlation_id=f"c-{TOKEN}", accept=TOKEN, method="GET")
    shown = entry(path=f"/v1/{OUT}", correlation_id=f"c-{OUT}", accept=OUT, method="GET")
    assert discreet(given, [TOKEN]) == shown


def test_the_log_shows_no_secret_to_whoever_asks(box: Any) -> None:
    app = "0f6d3a7e-6c53-4d07-9f2f-2a1b8d7b3c11"
    options = [{"component_id": app, "options": [{"key": "api_key", "value": "canary"}]}]
    body = {"option_values": options, "note": "alpha"}
    box.ask(f"PATCH /v1/app/{app}?token=canary", body, Authorization="Bearer canary")
    box.ask("POST /v1/workflows/closing-reasons", {"title": "x"}, **{"x-correlation-id": "the token alpha"})
    box.ask("POST /v1/workflows/closing-reasons", {"title": "x"}, token="beta")
    log = box.get("GET /_sandbox/requests")["requests"]
    assert "canary" not in json.dumps(log)
    assert [each["body"] for each in log] == [
        {"option_values": [{"component_id": app, "options": [{"key": "api_key", "value": OUT}]}], "note": OUT},
        {"title": "x"},
        {"title": "x"},
    ]
    assert (log[0]["query"], log[1]["correlation_id"], log[1]["status"]) == (f"token={OUT}", "the token alpha", 201)
    assert (log[1]["digest"] == log[2]["digest"], log[0]["digest"] == log[1]["digest"]) == (True, False)
    whole = box.app.extensions["sandbox.watch"].requests()
    assert whole[0]["body"] == body  # for whoever is in this process


def test_a_digest_is_of_no_use_elsewhere(make_box: Any) -> None:
    """It tells equal bodies in one log, and nobody can try out which secret was in one."""
    digests = set()
    for box in (make_box(), make_box()):
        box.ask("POST /v1/workflows/closing-reasons", {"title": "x"})
        digests.add(box.get("GET /_sandbox/requests")["requests"][0]["digest"])
    assert len(digests) == 2


def test_what_becomes_of_a_request_is_shown_though_it_was_shown_before(box: Any) -> None:
    watch = box.app.extensions["sandbox.watch"]
    environ = {"REQUEST_METHOD": "GET", "QUERY_STRING": "", "HTTP_ACCEPT": "*/*"}
    first = watch.enter(environ, "/v1/x", None, b"")
    assert watch.shown()[0]["status"] is None
    first.status, first.fault = 201, "fault-1"
    assert [(each["status"], each["fault"]) for each in watch.shown()] == [(201, "fault-1")]
