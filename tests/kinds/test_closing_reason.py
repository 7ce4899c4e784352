"""Closing reasons: which call for which change, who uses one that goes, and what a reply must show."""

from __future__ import annotations

from typing import Any

import pytest

from syncer.kinds.closing_reason import KIND, users

Json = Any
ID = "1gNTrk7Kx50g7EKGPc5GR"
TIMES = {"creationTime": "2024-05-24T14:52:33.620Z", "lastUpdateTime": "2024-05-24T14:52:33.620Z"}
LIVE = {"id": ID, "title": "Won", "status": "ACTIVE", **TIMES}
V1, V2 = "/v1/workflows/closing-reasons", f"/v2/workflows/closing-reasons/{ID}"


def live(**other: Json) -> Json:
    return {**LIVE, **other}


@pytest.fixture
def bench(on_bench):
    return on_bench("ClosingReason")


@pytest.mark.parametrize(
    ("want", "body"),
    [
        ({"title": "Won"}, {"title": "Won", "status": "ACTIVE"}),
        ({"title": "Fax", "status": "INACTIVE"}, {"title": "Fax", "status": "INACTIVE"}),
    ],
)
def test_a_new_one_is_posted_under_v1_and_read_under_v2(bench, want, body) -> None:
    ran = bench.create(want, [{**body, "id": ID}, live(**body)])
    assert ran.steps == [("create", f"POST {V1}", body), ("read back", f"GET {V2}", None)]
    assert (ran.asked[0].once, ran.asked[0].seek.value, ran.written.live_id) == (True, want["title"], ID)


def test_a_reply_must_name_the_id_and_the_object_must_be_there(bench) -> None:
    assert bench.create({"title": "Won"}, [{"title": "Won"}]).complaint == "the reply names no id"
    gone = bench.create({"title": "Won"}, [live(), None])
    assert gone.complaint == "the new closing reason is not there when it is read back"


UPDATES: dict[str, tuple[Json, Json, Json]] = {
    # case                  manifest                                live                        body of the PATCH
    "another title": ({"title": "Gained"}, live(), {"title": "Gained", "status": "ACTIVE"}),
    "switched off": ({"title": "Won", "status": "INACTIVE"}, live(), {"title": "Won", "status": "INACTIVE"}),
    "revived": ({"title": "Won", "status": "ACTIVE"}, live(status="INACTIVE"), {"title": "Won", "status": "ACTIVE"}),
    "off, renamed": ({"title": "Gained"}, live(status="INACTIVE"), {"title": "Gained", "status": "INACTIVE"}),
    "unknown field": ({"title": "Gained"}, live(colour=1), {"title": "Gained", "status": "ACTIVE", "colour": 1}),
}


@pytest.mark.parametrize(("want", "have", "body"), UPDATES.values(), ids=UPDATES)
def test_a_change_is_patched_whole_under_v2(bench, want, have, body) -> None:
    ran = bench.update(want, have, [{**have, **body}, {**have, **body}])
    assert ran.steps == [("change", f"PATCH {V2}", body), ("read back", f"GET {V2}", None)]


@pytest.mark.parametrize(
    ("want", "have"),
    [
        ({"title": "Won"}, live()),
        ({"title": "Won", "status": "ACTIVE"}, {"id": ID, "title": "Won"}),
        ({"title": "Won", "status": None}, live()),
        ({"title": "Won"}, live(status="INACTIVE")),
    ],
)
def test_nothing_to_change(bench, want, have) -> None:
    assert bench.changes(want, have) == []


def test_a_manifest_that_leaves_an_inactive_one_so_is_told(bench) -> None:
    assert bench.prepare({"title": "Won"}, live(status="INACTIVE")).notices == (
        "it is INACTIVE, and the manifest does not say `status`: it stays so; write `status: ACTIVE` to revive it",
    )


def test_removing_switches_off(bench) -> None:
    ran = bench.remove(live(), [live(status="INACTIVE"), live(status="INACTIVE")])
    assert ran.steps == [
        ("deactivate", f"PATCH {V2}", {"title": "Won", "status": "INACTIVE"}),
        ("read back", f"GET {V2}", None),
    ]
    assert ran.written.live_id == ID
    assert bench.remove(live(), [None, live()]).complaint == "it is still ACTIVE when it is read back"


def test_removing_erases_where_the_policy_says_so(bench) -> None:
    ran = bench.remove(live(), [None, None], {"removal": "delete"})
    assert ran.steps == [("delete", f"DELETE {V2}", None), ("read back", f"GET {V2}", None)]
    assert ran.written.live_id == ""
    gone = bench.remove(live(), [None, live()], {"removal": "delete"})
    assert gone.complaint == "the closing reason is still there when it is read back"
    assert [KIND.removal(policy) for policy in ({}, {"removal": "deactivate"}, {"removal": "delete"})] == [
        "deactivate",
        "deactivate",
        "delete",
    ]


FLOWS = {
    "results": [
        {"id": "f1", "name": "Sale", "closing_reasons": [{"id": "other"}, {"id": ID}]},
        {"id": "f2", "name": "No"},
    ]
}
OLD = [{"id": "d1", "name": "Old sale", "closingReasons": [{"id": ID}]}, {"id": "d2"}]


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ({}, ()),
        ({"flows": None, "definitions": None}, ()),
        ({"flows": {"results": FLOWS["results"][1:]}, "definitions": []}, ()),
        ({"flows": FLOWS, "definitions": OLD}, ("flows of the organisation list it: `Sale`, `Old sale`",)),
    ],
)
def test_flows_that_list_it_are_named(bench, answers, said) -> None:
    assert users(ID, answers) == said
    assert KIND.removal_reasons(live(), answers) == said
    off = {"title": "Won", "status": "INACTIVE"}
    assert bench.prepare(off, live(), answers=answers).notices == said


def test_who_lists_it_is_asked_before_it_goes_and_not_else(bench) -> None:
    asked = {"flows": "GET /v2/flows/templates", "definitions": "GET /v1/workflows/definitions"}
    off = {"title": "Won", "status": "INACTIVE"}
    assert {name: call.title for name, call in KIND.asks(bench.context(off, live())).items()} == asked
    assert {name: call.title for name, call in KIND.removal_asks(ID).items()} == asked
    assert KIND.asks(bench.context({"title": "Gained"}, live())) == {}
    assert KIND.asks(bench.context(off, live(status="INACTIVE"))) == {}
    assert KIND.asks(bench.context(off)) == {}


def test_risks(bench) -> None:
    off = bench.risks({"title": "Won", "status": "INACTIVE"}, live())
    assert off == [("risky", "users can no longer choose it", "")]
    assert bench.risks({"title": "Gained", "status": "ACTIVE"}, live(status="INACTIVE")) == [None, None]


def test_lists_with_the_inactive_ones() -> None:
    assert KIND.listing.path == f"{V1}?includeInactive=true"
    assert [KIND.already_removed(live(status=status)) for status in ("ACTIVE", "INACTIVE")] == [False, True]
