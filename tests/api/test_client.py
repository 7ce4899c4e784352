# ruff: noqa: E501  a case is a line, so that the tables can be read down
"""Lists whole or not at all, reads, writes as values; and no secret in any word of it."""

from __future__ import annotations

import base64
import html
import itertools
import json
import threading
import time
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import httpx
import pytest

from syncer.api import pagination
from syncer.api.allowlist import ForbiddenCall
from syncer.api.client import Api, WriteResult, fetch_all
from syncer.api.endpoints import services
from syncer.api.options import TransportOptions
from syncer.api.pagination import call_of
from syncer.fs.clock import Effects
from syncer.model.calls import Call, Listing
from syncer.model.diagnostic import PlatformError, Problem, Refused
from syncer.model.json_values import ABSENT, Json, Lookup, Part, Ref, Secret
from syncer.model.secret_text import secret_text
from tests.support.patience import PATIENCE

TOKEN = Secret("EPILOT_TOKEN", "tok-canary-7f3a")
Handler = Callable[[httpx.Request], httpx.Response]
NONE = Listing("/v1/workflows/closing-reasons?includeInactive=true", "reasons")
PAGE = Listing("/v1/app", "apps", "page", size=2)
CURSOR = Listing("/configs", "configs", "cursor", size=2)
FROM = Listing("/v1/automation/flows?include_flows=true", "results", "from", size=2, total="total")
SEARCH = Listing("/v2/flows/templates:search", "results", "from", "POST", {"sort_by": "created_at"}, size=2)
SERVICE = {"/v1/app": "app", "/configs": "data_governance", "/v1/automation/flows?include_flows=true": "automation"}


def api(handler: Handler, *, read_only: bool = False) -> Api:
    effects = Effects(lambda: 0.0, lambda: 0.0, lambda seconds: None, lambda: 0.5)
    return Api(
        services(), TOKEN, read_only=read_only, options=TransportOptions(effects, wire=httpx.MockTransport(handler))
    )


def listed(listing: Listing, handler: Handler) -> list[str]:
    return [each["id"] for each in api(handler).list(SERVICE.get(listing.path, "workflow"), listing)]


def paging(request: httpx.Request) -> dict[str, Json]:
    """What a request says about paging, wherever it says it."""
    if request.content:
        return dict(json.loads(request.content))
    return {name: int(value) if value.isdigit() else value for name, value in request.url.params.items()}


def objects(*ids: str) -> list[dict[str, str]]:
    return [{"id": each} for each in ids]


def by_page(ids: str, largest: int = 100, total: int | None = None) -> Handler:
    """A platform with `page`/`pageSize` that gives at most `largest` a page."""

    def handler(request: httpx.Request) -> httpx.Response:
        asked = paging(request)
        size = min(int(asked["pageSize"]), largest)
        start = (int(asked["page"]) - 1) * size
        count = len(ids) if total is None else total
        return httpx.Response(200, json={"apps": objects(*ids[start : start + size]), "pagination": {"total": count}})

    return handler


def by_from(ids: str, total: str = "total", largest: int = 100) -> Handler:
    """A platform with `from`/`size`; `total` names the count, "" if it gives none."""

    def handler(request: httpx.Request) -> httpx.Response:
        asked = paging(request)
        start, size = int(asked["from"]), min(int(asked["size"]), largest)
        count = {total: len(ids)} if total else {}
        return httpx.Response(200, json={"results": objects(*ids[start : start + size]), **count})

    return handler


def by_cursor(pages: dict[str, tuple[str, Json]]) -> Handler:
    """A platform with cursors: cursor → (ids, next cursor)."""

    def handler(request: httpx.Request) -> httpx.Response:
        ids, following = pages[str(paging(request).get("cursor", ""))]
        return httpx.Response(200, json={"configs": objects(*ids), "cursor": following})

    return handler


def fresh(request: httpx.Request) -> str:
    """A text that no other request gives."""
    return request.headers["x-correlation-id"]


def once(body: Json) -> Handler:
    return lambda request: httpx.Response(200, json=body)


LISTS = {
    # case: (listing, platform, ids)
    "no paging": (NONE, once({"reasons": objects("a", "b")}), "ab"),
    "nothing": (NONE, once({"reasons": []}), ""),
    "pages": (PAGE, by_page("abcde"), "abcde"),
    "one page": (PAGE, by_page("a"), "a"),
    "no page": (PAGE, by_page(""), ""),
    "C02 smaller pages than asked for": (PAGE, by_page("abcde", largest=1), "abcde"),
    "cursors": (CURSOR, by_cursor({"": ("ab", "x"), "x": ("c", "y"), "y": ("", None)}), "abc"),
    "cursor, empty at the end": (CURSOR, by_cursor({"": ("ab", "")}), "ab"),
    "cursor, an empty page between": (CURSOR, by_cursor({"": ("", "x"), "x": ("c", None)}), "c"),
    "C01 cursor, seen twice": (CURSOR, by_cursor({"": ("ab", "x"), "x": ("bc", None)}), "abc"),
    "from": (FROM, by_from("abcde"), "abcde"),
    "from, smaller pages": (FROM, by_from("abcde", largest=1), "abcde"),
    "from, no total": (FROM, by_from("abcde", total=""), "abcde"),
    "search": (SEARCH, by_from("abcde", total="hits"), "abcde"),
}


@pytest.mark.parametrize(("listing", "handler", "ids"), LISTS.values(), ids=LISTS)
def test_a_list(listing: Listing, handler: Handler, ids: str) -> None:
    assert "".join(listed(listing, handler)) == ids


BAD_LISTS = {
    # case: (listing, platform, message)
    "C01 fewer than the total": (
        PAGE, by_page("abc", total=4), "`GET /v1/app`: 4 objects are said to exist, 3 are listed, 3 times in a row",
    ),
    "more than the total": (
        PAGE, by_page("abc", total=1), "`GET /v1/app`: 1 objects are said to exist, 2 are listed, 3 times in a row",
    ),
    "no paging, but more": (
        NONE, once({"reasons": objects("a"), "hits": 2}),
        "`GET /v1/workflows/closing-reasons`: 2 objects are said to exist, 1 are listed, 3 times in a row",
    ),
    "C02 the same page for ever": (
        FROM, once({"results": objects("a", "b")}),
        "reply to `GET /v1/automation/flows` is not what the API promises: its pages repeat",
    ),
    "C02 the same page, with a total": (
        PAGE, once({"apps": objects("a", "b"), "pagination": {"total": 6}}),
        "`GET /v1/app`: 6 objects are said to exist, 2 are listed, 3 times in a row",
    ),
    "C02 cursor repeats": (
        CURSOR, by_cursor({"": ("a", "x"), "x": ("b", "x")}),
        "reply to `GET /configs` is not what the API promises: its pages lead in a circle",
    ),
    "C02 cursors in a circle": (
        CURSOR, by_cursor({"": ("a", "x"), "x": ("b", "y"), "y": ("c", "x")}),
        "reply to `GET /configs` is not what the API promises: its pages lead in a circle",
    ),
    "C02 ever new cursors": (
        CURSOR, lambda request: httpx.Response(200, json={"configs": objects("a"), "cursor": fresh(request)}),
        "reply to `GET /configs` is not what the API promises: its pages lead in a circle",
    ),
    "C17 cursor of another type": (
        CURSOR, once({"configs": [], "cursor": 7}),
        "reply to `GET /configs` is not what the API promises: its `cursor` is no text",
    ),
    "C17 no list": (
        NONE, once({"reasons": None}),
        "reply to `GET /v1/workflows/closing-reasons` is not what the API promises: `reasons` is not a list of objects",
    ),
    "C17 a bare list": (
        NONE, once([{"id": "a"}]),
        "reply to `GET /v1/workflows/closing-reasons` is not what the API promises: `reasons` is not a list of objects",
    ),
    "C17 texts": (
        NONE, once({"reasons": ["a"]}),
        "reply to `GET /v1/workflows/closing-reasons` is not what the API promises: `reasons` is not a list of objects",
    ),
    "C17 total of another type": (
        PAGE, once({"apps": [], "pagination": {"total": "3"}}),
        "reply to `GET /v1/app` is not what the API promises: `pagination.total` is not a number of objects",
    ),
    "an absurd total": (
        PAGE, once({"apps": objects("a"), "pagination": {"total": 10**9}}),
        "reply to `GET /v1/app` is not what the API promises: it has more than 10,000 pages",
    ),
    "an absurd total, within the pages": (
        PAGE, once({"apps": objects(*map(str, range(100))), "pagination": {"total": 500_001}}),
        "reply to `GET /v1/app` is not what the API promises: it has more than 500,000 objects",
    ),
    "B18 unavailable": (
        NONE, lambda request: httpx.Response(503), "`GET /v1/workflows/closing-reasons`: 503 Service Unavailable",
    ),
    "C10 forbidden": (
        NONE, lambda request: httpx.Response(403, json={"message": "no"}),
        "`GET /v1/workflows/closing-reasons`: 403 Forbidden: no",
    ),
    "not found": (NONE, lambda request: httpx.Response(404), "`GET /v1/workflows/closing-reasons`: 404 Not Found"),
}  # fmt: skip


ENDLESS = {
    # case: (listing, reply to the request of a number)
    "by cursor": (CURSOR, lambda number: {"configs": objects(f"a{number}", f"b{number}"), "cursor": str(number)}),
    "by number": (PAGE, lambda number: {"apps": objects(f"a{number}", f"b{number}")}),
}


@pytest.mark.parametrize(("listing", "body"), ENDLESS.values(), ids=ENDLESS)
def test_c02_pages_of_ever_new_objects_end(
    listing: Listing, body: Callable[[int], Json], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pagination, "MOST_OBJECTS", 6)
    asked = itertools.count()
    with pytest.raises(PlatformError, match="it has more than 6 objects"):
        listed(listing, lambda _: httpx.Response(200, json=body(next(asked))))
    assert next(asked) == 4


@pytest.mark.parametrize(("listing", "handler", "message"), BAD_LISTS.values(), ids=BAD_LISTS)
def test_part_of_a_list_is_never_given_for_the_whole(listing: Listing, handler: Handler, message: str) -> None:
    with pytest.raises(PlatformError) as caught:
        listed(listing, handler)
    assert str(caught.value).startswith(message)
    assert caught.value.__cause__ is None


def test_c01_a_list_that_moves_is_read_again() -> None:
    rounds = iter([5, 3])
    total = 0

    def handler(request: httpx.Request) -> httpx.Response:
        nonlocal total
        page = int(paging(request)["page"])
        if page == 1:
            total = next(rounds)
        ids = "abc"[(page - 1) * 2 : page * 2]
        return httpx.Response(200, json={"apps": objects(*ids), "pagination": {"total": total}})

    assert listed(PAGE, handler) == ["a", "b", "c"]


CALLS = {
    # case: (listing, paging, call)
    "plain": (NONE, {}, Call("GET", "/v1/workflows/closing-reasons?includeInactive=true")),
    "query": (PAGE, {"page": 2, "pageSize": 2}, Call("GET", "/v1/app?page=2&pageSize=2")),
    "further query": (FROM, {"from": 4}, Call("GET", "/v1/automation/flows?include_flows=true&from=4")),
    "cursor": (CURSOR, {"cursor": "a&b=c/ä"}, Call("GET", "/configs?cursor=a%26b%3Dc%2F%C3%A4")),
    "body": (SEARCH, {"from": 2}, Call("POST", "/v2/flows/templates:search", {"sort_by": "created_at", "from": 2})),
}


@pytest.mark.parametrize(("listing", "asked", "call"), CALLS.values(), ids=CALLS)
def test_the_call_for_a_page(listing: Listing, asked: dict[str, str | int], call: Call) -> None:
    assert call_of(listing, **asked) == call


def test_requests_are_one_a_page_and_not_more() -> None:
    seen: list[str] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(str(request.url.params))
        return by_page("abcde")(request)

    listed(PAGE, handler)
    assert sorted(seen) == ["page=1&pageSize=2", "page=2&pageSize=2", "page=3&pageSize=2"]


def test_a_read() -> None:
    body = {"id": "f1", "org_id": "911690"}
    with api(once(body)) as door:
        assert door.read("workflow", Call("GET", "/v2/flows/templates/f1")) == body
        assert door.organisations == {"911690"}


def test_no_cookie_is_taken_or_sent() -> None:
    sent: list[str | None] = []

    def handler(request: httpx.Request) -> httpx.Response:
        sent.append(request.headers.get("cookie"))
        return httpx.Response(200, json={}, headers={"set-cookie": "session=x; Path=/; Max-Age=1000"})

    with api(handler) as there:
        for _ in range(2):
            there.read("app", Call("GET", "/v1/app/a"))
    assert sent == [None] * len(sent)


def test_b23_what_is_not_there_is_none() -> None:
    assert api(lambda request: httpx.Response(404, json={})).read("app", Call("GET", "/v1/app/a")) is None


def test_a_call_may_go_to_another_service() -> None:
    seen: list[str] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(str(request.url))
        return httpx.Response(200, json={})

    api(handler).read("workflow", Call("GET", "/v1/automation/flows/a", service="automation"))
    assert seen == ["https://automation.sls.epilot.io/v1/automation/flows/a"]


REPLIES: dict[str, tuple[httpx.Response | Exception, WriteResult]] = {
    "applied": (httpx.Response(201, json={"id": "r"}), WriteResult("APPLIED", 201, {"id": "r"}, "")),
    "no content": (httpx.Response(204), WriteResult("APPLIED", 204, None, "")),
    "message": (
        httpx.Response(409, json={"message": "changed since"}),
        WriteResult("REJECTED", 409, None, "`PUT /v2/flows/templates/f`: 409 Conflict: changed since"),
    ),
    "error first": (
        httpx.Response(400, json={"message": "second", "error": "first"}),
        WriteResult("REJECTED", 400, None, "`PUT /v2/flows/templates/f`: 400 Bad Request: first"),
    ),
    "errors": (
        httpx.Response(422, json={"errors": [{"message": "a"}, {"message": "b"}]}),
        WriteResult("REJECTED", 422, None, "`PUT /v2/flows/templates/f`: 422 Unprocessable Entity: a; b"),
    ),
    "anything": (
        httpx.Response(400, json={"reason": ["ä"]}),
        WriteResult("REJECTED", 400, None, '`PUT /v2/flows/templates/f`: 400 Bad Request: {"reason": ["ä"]}'),
    ),
    "nothing": (
        httpx.Response(400),
        WriteResult("REJECTED", 400, None, "`PUT /v2/flows/templates/f`: 400 Bad Request"),
    ),
    "B09 a page is not echoed": (
        httpx.Response(403, html="<h1>blocked</h1>"),
        WriteResult("REJECTED", 403, None, "`PUT /v2/flows/templates/f`: 403 Forbidden"),
    ),
    "long": (
        httpx.Response(400, json={"message": "x" * 1000}),
        WriteResult("REJECTED", 400, None, f"`PUT /v2/flows/templates/f`: 400 Bad Request: {'x' * 300}…"),
    ),
    "T6 escapes": (
        httpx.Response(400, json={"message": "a\x1b]52;c;x\x07\x1b[2Jb\u202ec\r\nd\u200be\x9b2Jf"}),
        WriteResult("REJECTED", 400, None, "`PUT /v2/flows/templates/f`: 400 Bad Request: abc def"),
    ),
    "request id": (
        httpx.Response(500, json={"message": "m"}, headers={"x-amzn-RequestId": "1-67 \x1b;x"}),
        WriteResult(
            "AMBIGUOUS", 500, None, "`PUT /v2/flows/templates/f`: 500 Internal Server Error: m (request `1-67x`)"
        ),
    ),
    "B02 no reply": (
        httpx.ReadTimeout("x"),
        WriteResult(
            "AMBIGUOUS",
            0,
            None,
            "`PUT /v2/flows/templates/f`: no reply in time: `workflows-definition.sls.epilot.io:443`",
        ),
    ),
    "B10 empty": (
        httpx.Response(200),
        WriteResult("AMBIGUOUS", 200, None, "`PUT /v2/flows/templates/f`: a success without the body that is due"),
    ),
    "B01 not sent": (
        httpx.ConnectError("x"),
        WriteResult(
            "NOT_SENT",
            0,
            None,
            "`PUT /v2/flows/templates/f`: the connection is refused or unreachable: "
            "`workflows-definition.sls.epilot.io:443`",
        ),
    ),
    "B13 moved": (
        httpx.Response(302, headers={"location": "https://evil.example/?tok"}),
        WriteResult("AMBIGUOUS", 302, None, "`PUT /v2/flows/templates/f`: 302 Found"),
    ),
}


@pytest.mark.parametrize(("reply", "result"), REPLIES.values(), ids=REPLIES)
def test_a_write(reply: httpx.Response | Exception, result: WriteResult) -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        if isinstance(reply, Exception):
            raise reply
        return reply

    assert api(handler).write("workflow", Call("PUT", "/v2/flows/templates/f", {})) == result


def test_b21_unauthorised_can_be_told() -> None:
    door = api(lambda request: httpx.Response(401, json={"message": "Unauthorized"}))
    assert door.write("workflow", Call("PUT", "/v2/flows/templates/f", {})).unauthorised
    with pytest.raises(PlatformError) as caught:
        door.read("app", Call("GET", "/v1/app"))
    (problem,) = caught.value.problems
    assert problem.message == "`GET /v1/app`: 401 Unauthorized: Unauthorized"
    assert problem.hint == "the token in `EPILOT_TOKEN` is not accepted: it was revoked, has expired, or is another's"
    assert caught.value.exit_code == 6


def test_secrets_are_revealed_on_the_wire_and_nowhere_else() -> None:
    seen: list[bytes] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request.content)
        return httpx.Response(201, json={})

    body = {"option_values": [{"key": "ü", "value": Secret("APP_KEY", 'p@"ss')}]}
    api(handler).write("app", Call("POST", "/v1/app/a", body))
    assert seen == [b'{"option_values":[{"key":"\\u00fc","value":"p@\\"ss"}]}']


@pytest.mark.parametrize("around", [(), ("https://a.example/?k=", "&n=1")], ids=["alone", "within a text"])
@pytest.mark.parametrize("value", ["tok-canary-7f3a", "p@ss<&>'\"!", "two\nlines", "ünï", "x"])
def test_i01_i02_no_form_of_a_secret_comes_back(value: str, around: tuple[str, ...]) -> None:
    secret = Secret("KEY", value)
    sent = secret_text([around[0], secret, around[1]]) if around else secret
    raw = value.encode()
    forms = [
        value,
        json.dumps(value)[1:-1],
        quote(value),
        quote(value, safe=""),
        quote_plus(value),
        html.escape(value),
        base64.b64encode(raw).decode(),
        base64.urlsafe_b64encode(raw).decode(),
        raw.hex(),
    ]

    def handler(request: httpx.Request) -> httpx.Response:
        return httpx.Response(400, json={"message": "~".join(["~", *forms, TOKEN.reveal(), "~"])})

    message = api(handler).write("app", Call("POST", "/v1/app/0", {"k": sent})).message
    words = message.partition("400 Bad Request: ")[2]
    assert "canary" not in words
    rest = words.replace("[KEY]", "").replace("[EPILOT_TOKEN]", "").rstrip("…")
    for form in forms:
        assert form not in rest


BAD_LEAVES = {
    "reference": (Ref("ClosingReason", "won"), "$.a[1].b: Ref cannot be sent"),
    "lookup": (Lookup("SavedView", "x"), "$.a[1].b: Lookup cannot be sent"),
    "part": (Part("automations", "x"), "$.a[1].b: Part cannot be sent"),
    "absent": (ABSENT, "$.a[1].b: _Absent cannot be sent"),
    "not a number": (float("nan"), "$.a[1].b: float cannot be sent"),
    "bytes": (b"x", "$.a[1].b: bytes cannot be sent"),
}


@pytest.mark.parametrize(("leaf", "message"), BAD_LEAVES.values(), ids=BAD_LEAVES)
def test_a_leaf_that_is_no_json_is_a_bug_found_before_sending(leaf: Json, message: str) -> None:
    seen: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json={})

    body = {"s": Secret("KEY", "p-canary"), "a": [1, {"b": leaf}]}
    with pytest.raises(TypeError) as caught:
        api(handler).write("app", Call("POST", "/v1/app/a", body))
    assert (str(caught.value), caught.value.__suppress_context__, seen) == (message, True, [])


def test_an_api_for_reading_cannot_write() -> None:
    seen: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json={})

    with pytest.raises(ForbiddenCall, match="`PUT /v2/flows/templates/f` of workflow is not a call this run may make"):
        api(handler, read_only=True).write("workflow", Call("PUT", "/v2/flows/templates/f", {}))
    assert seen == []


def test_h02_an_expired_token_stops_before_any_call() -> None:
    seen: list[httpx.Request] = []
    claims = base64.urlsafe_b64encode(b'{"org_id": "1", "exp": 5}').decode()

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json={})

    with pytest.raises(PlatformError, match="token in `T` expired on 1970-01-01 00:00 UTC"):
        Api(services(), Secret("T", f"a.{claims}.b"), options=TransportOptions(wire=httpx.MockTransport(handler)))
    assert seen == []


def test_the_organisation_is_known_from_token_and_replies() -> None:
    claims = base64.urlsafe_b64encode(b'{"org_id": "1"}').decode()
    transport = httpx.MockTransport(once({"apps": [{"id": "a", "installer_org_id": "2", "owner_org_id": "3"}]}))
    with Api(services(), Secret("T", f"a.{claims}.b"), options=TransportOptions(wire=transport)) as door:
        assert (door.claims.org_id, door.organisations) == ("1", {"1"})
        door.list("app", Listing("/v1/app", "apps"))
        assert door.organisations == {"1", "2"}


def must_be_one(organisations: frozenset[str]) -> None:
    """A judge for organisation 1."""
    if organisations != {"1"}:
        raise Refused(Problem("wrong-organisation", f"not {sorted(organisations)}"))


def judged(claims: Json, replies: dict[str, Json], seen: list[str]) -> Api:
    """A client for organisation 1; the replies by path, 404 for another; `seen` gets every request."""

    def handler(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/v1/permissions/me":
            time.sleep(0.05)  # time enough for whoever does not wait for it
        seen.append(f"{request.method} {request.url.path}")
        body = replies.get(request.url.path)
        return httpx.Response(404, json={}) if body is None else httpx.Response(200, json=body)

    payload = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode()
    token = Secret("T", f"a.{payload}.b")
    return Api(
        services(),
        token,
        read_only=False,
        judge=must_be_one,
        options=TransportOptions(wire=httpx.MockTransport(handler)),
    )


def me(*organisations: Json) -> Json:
    return {"roles": [{"organization_id": each} for each in organisations]}


WHO = "GET /v1/permissions/me"
LIST = "GET /v1/workflows/closing-reasons"
OWNERS: dict[str, tuple[Json, Json, str, list[str]]] = {
    # case: claims, what the platform says of the caller, what is refused, what was sent for a list
    "the token says it": ({"org_id": "1"}, me("2"), "", [LIST]),
    "the platform says it": ({}, me("1", "1"), "", [WHO, LIST]),
    "the platform says another": ({}, me("2"), "not ['2']", [WHO]),
    "roles of two": ({}, me("1", "2"), "not []", [WHO]),
    "no role": ({}, me(), "not []", [WHO]),
    "an odd role": ({}, {"roles": ["x", {"organization_id": 1}]}, "not []", [WHO]),
    "nobody knows the caller": ({}, None, "not []", [WHO]),
}


@pytest.mark.parametrize(("claims", "caller", "refused", "sent"), OWNERS.values(), ids=OWNERS)
def test_whose_it_is_stands_before_the_first_request(claims: Json, caller: Json, refused: str, sent: list[str]) -> None:
    seen: list[str] = []
    reasons = {"reasons": [{"id": "r"}]}
    door = judged(claims, {"/v1/permissions/me": caller, "/v1/workflows/closing-reasons": reasons}, seen)
    for _ in range(2):  # the second time nobody is asked again
        try:
            assert door.list("workflow", NONE) == [{"id": "r"}]
            said = ""
        except Refused as error:
            said = error.problems[0].message
        assert said == refused
    assert seen == sent + sent[-1:] * (not refused)
    assert door.write("workflow", Call("DELETE", "/v2/flows/templates/f")).outcome == (
        "NOT_SENT" if refused else "REJECTED"
    )


def test_a_token_that_names_another_organisation_makes_no_client() -> None:
    seen: list[str] = []
    with pytest.raises(Refused, match=r"not \['2'\]"):
        judged({"org_id": "2"}, {}, seen)
    assert seen == []


def test_many_at_once_ask_once_whose_it_is() -> None:
    seen: list[str] = []
    door = judged({}, {"/v1/permissions/me": me("1"), "/v1/workflows/closing-reasons": {"reasons": []}}, seen)
    fetch_all([lambda: door.list("workflow", NONE)] * 16)
    assert (seen.count(WHO), seen[0], len(seen)) == (1, WHO, 17)


def test_who_looks_for_the_organisation_before_a_request_is_told_it() -> None:
    seen: list[str] = []
    assert judged({}, {"/v1/permissions/me": me("1")}, seen).organisations == {"1"}
    assert seen == [WHO]


def test_a_run_without_a_request_asks_at_its_end_and_one_that_failed_does_not() -> None:
    seen: list[str] = []
    with pytest.raises(Refused), judged({}, {"/v1/permissions/me": me("2")}, seen):
        pass
    assert seen == [WHO]
    with pytest.raises(ZeroDivisionError), judged({}, {"/v1/permissions/me": me("2")}, seen):
        raise ZeroDivisionError
    assert seen == [WHO]


FLOW_PATH = "/v2/flows/templates/f"


def test_a_reply_that_names_another_ends_the_sending_and_no_outcome_is_lost() -> None:
    seen: list[str] = []
    with judged({"org_id": "1"}, {FLOW_PATH: {"id": "f", "org_id": "2"}}, seen) as door:
        with pytest.raises(Refused, match=r"not \['1', '2'\]"):
            door.read("workflow", Call("GET", FLOW_PATH))
        sent = door.write("workflow", Call("PUT", FLOW_PATH, {}))
        assert sent == WriteResult("NOT_SENT", 0, None, f"`PUT {FLOW_PATH}`: not ['1', '2']")
        with pytest.raises(Refused):
            door.list("workflow", NONE)
    assert seen == [f"GET {FLOW_PATH}"]


def test_tasks_run_side_by_side_and_keep_their_order() -> None:
    together = threading.Barrier(8, timeout=PATIENCE)

    def task(number: int) -> Callable[[], int]:
        def run() -> int:
            together.wait()
            return number

        return run

    assert fetch_all([task(number) for number in range(8)]) == list(range(8))


def test_the_first_failure_is_raised() -> None:
    def fail() -> int:
        raise ValueError("x")

    with pytest.raises(ValueError, match="x"):
        fetch_all([lambda: 1, fail, lambda: 2])


def test_a_failure_leaves_what_has_not_begun_and_waits_for_nothing() -> None:
    begun: list[int] = []
    forever = threading.Event()

    def task(number: int) -> Callable[[], int]:
        def run() -> int:
            begun.append(number)
            if number == 0:
                raise ValueError("x")
            forever.wait(PATIENCE)
            return number

        return run

    with pytest.raises(ValueError, match="x"):
        fetch_all([task(number) for number in range(100)])
    assert len(begun) <= 9
    forever.set()


def test_an_interrupt_wakes_who_sleeps() -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        return httpx.Response(429, headers={"retry-after": "100"})

    door = Api(services(), TOKEN, read_only=False, options=TransportOptions(wire=httpx.MockTransport(handler)))
    threading.Timer(0.1, door.interrupt).start()
    result = door.write("workflow", Call("PUT", "/v2/flows/templates/f", {}))
    assert (result.outcome, result.status) == ("REJECTED", 429)


def test_a_wsgi_application_serves_as_transport() -> None:
    def application(environ: dict[str, Json], start: Callable[[str, list[tuple[str, str]]], object]) -> list[bytes]:
        body = json.dumps({"path": environ["PATH_INFO"], "auth": environ["HTTP_AUTHORIZATION"]}).encode()
        start("200 OK", [("Content-Type", "application/json")])
        return [body]

    door = Api(
        services(server="http://127.0.0.1:1"), TOKEN, options=TransportOptions(wire=httpx.WSGITransport(application))
    )
    assert door.read("data_governance", Call("GET", "/configs/c1")) == {
        "path": "/data-governance/v1/configs/c1",
        "auth": "Bearer tok-canary-7f3a",
    }


SANDBOX = "does the sandbox run? `syncer sandbox serve` starts it"
LATER = "run it again later"
ENDS = {
    # case: (server, what the network does, words behind the call, hint)
    "the platform": ("", httpx.ConnectError("x"), "the connection is refused or unreachable: `workflows-definition.sls.epilot.io:443`", LATER),
    "another host": ("https://api.example", httpx.ReadTimeout("x"), "no reply in time: `api.example:443`", LATER),
    "another port": ("https://api.example:8443/x", httpx.ReadError("x"), "the connection broke before a whole reply: `api.example:8443`", LATER),
    "a sandbox that is not there": ("http://127.0.0.1:8787", httpx.ConnectError("x"), "the connection is refused or unreachable: `127.0.0.1:8787`", SANDBOX),
    "a sandbox by name": ("http://localhost", httpx.ConnectTimeout("x"), "connecting took too long: `localhost:80`", SANDBOX),
    "a sandbox in IPv6": ("http://[::1]:8787", httpx.RemoteProtocolError("x"), "the reply is no HTTP, or none came: `[::1]:8787`", SANDBOX),
    "a sandbox that is slow": ("http://127.0.0.1:8787", httpx.ReadTimeout("x"), "no reply in time: `127.0.0.1:8787`", LATER),
    "the sandbox, failing": ("http://127.0.0.1:8787", httpx.Response(500), "500 Internal Server Error", LATER),
    "nothing left this process": ("http://127.0.0.1:8787", httpx.PoolTimeout("x"), "no connection was free for too long", LATER),
}  # fmt: skip


@pytest.mark.parametrize(("server", "end", "words", "hint"), ENDS.values(), ids=ENDS)
def test_an_error_of_the_network_names_host_and_port(
    server: str, end: httpx.Response | Exception, words: str, hint: str
) -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        if isinstance(end, Exception):
            raise end
        return end

    effects = Effects(lambda: 0.0, lambda: 0.0, lambda seconds: None, lambda: 0.5)
    options = TransportOptions(effects, wire=httpx.MockTransport(handler))
    door = Api(services(server=server), TOKEN, options=options)
    with pytest.raises(PlatformError) as failure:
        door.list("workflow", NONE)
    message = f"`GET /v1/workflows/closing-reasons`: {words}"
    assert failure.value.problems == (Problem("platform", message, hint=hint),)
