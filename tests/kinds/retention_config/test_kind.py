"""Retention configs: all is always sent, the id stays, one config is left; what makes more be deleted is said."""

from __future__ import annotations

from typing import Any

import pytest

from syncer.diff.fingerprint import digest
from syncer.kinds.retention_config.kind import KIND
from syncer.model.json_values import ABSENT
from syncer.model.kind import Meaning, Risk

Json = Any
ID, VIEW = "cfg-8a12f3b4", "7c5d2c0e-4f63-4f0b-9a53-0e6a1f8f2b6d"
SCHEDULE = {"frequency": "interval", "interval_days": 90, "start_date": "2027-01-15"}
SILENT = {"type": "no_email_communication_since", "lookback_period_days": 730}
LONELY = {"type": "no_related_entities", "related_entity_schemas": ["order", "contract"]}
WANT = {
    "entity_schema": "contact",
    "type": "deletion",
    "enabled": False,
    "query": {"saved_view_id": VIEW, "filters": [SILENT]},
    "schedule": SCHEDULE,
    "relations_for_deletion": ["file"],
}
LIVE = {
    "id": ID,
    **WANT,
    "created_at": "2026-01-10T08:00:00.000Z",
    "last_updated_at": "2026-02-01T11:30:00.000Z",
    "next_run_at": "2027-04-15",
    "last_run_at": "2026-01-15T03:00:12.000Z",
}
SEEN = {
    "id": VIEW,
    "name": "Inactive",
    "slug": ["contact"],
    "shared": True,
    "ui_config": {"filters": {"_tags": "inactive"}},
}
LOOK = "GET /configs?entity_schema=contact&type=deletion&limit=100"


def want(**other: Json) -> Json:
    return {**WANT, **other}


def live(**other: Json) -> Json:
    return {**LIVE, **other}


def body(**other: Json) -> Json:
    query = {"include_deleted": "false", "filters": [SILENT], "saved_view_id": VIEW}
    return {
        "type": "deletion",
        "query": query,
        "schedule": SCHEDULE,
        "relations_for_deletion": ["file"],
        "enabled": False,
        **other,
    }


@pytest.fixture
def bench(on_bench):
    return on_bench("RetentionConfig")


def test_a_new_one_looks_saves_reads_and_counts(bench) -> None:
    ran = bench.create(WANT, [{"configs": []}, LIVE, LIVE, {"configs": [LIVE]}])
    assert ran.steps == [
        ("look", LOOK, None),
        ("create", "POST /contact/configs", body()),
        ("read back", f"GET /configs/{ID}", None),
        ("count", LOOK, None),
    ]
    assert (ran.written.live_id, [step.once for step in ran.asked]) == (ID, [False, True, False, False])


def test_all_five_are_sent_spelt_out(bench) -> None:
    least = {
        "entity_schema": "contact",
        "type": "deletion",
        "enabled": False,
        "query": {"saved_view_id": VIEW},
        "schedule": SCHEDULE,
    }
    sent = bench.create(least).steps[1][2]
    assert sent == body(
        relations_for_deletion=[], query={"include_deleted": "false", "filters": [], "saved_view_id": VIEW}
    )


COMPLAINTS: dict[str, tuple[str, list[Json], str]] = {
    "appeared": ("create", [{"configs": [LIVE]}], "a config for this schema has appeared since the plan"),
    "nameless": ("create", [{"configs": []}, {}], "the reply names no id"),
    "not there": (
        "create",
        [{"configs": []}, LIVE, None],
        "the new retention config is not there when it is read back",
    ),
    "second": ("update", [live(id="cfg-2")], "a second config was created: `cfg-2`; disable it by hand"),
    "two are left": (
        "update",
        [LIVE, LIVE, {"configs": [LIVE, live(id="cfg-2")]}],
        "2 configs for `contact` exist now, and one is right: disable the other by hand (`cfg-8a12f3b4`, `cfg-2`)",
    ),
}


@pytest.mark.parametrize(("verb", "replies", "complaint"), COMPLAINTS.values(), ids=COMPLAINTS)
def test_replies_that_stop_everything(bench, verb, replies, complaint) -> None:
    if verb == "create":
        assert bench.create(WANT, replies).complaint == complaint
    else:
        assert bench.update(want(schedule={**SCHEDULE, "interval_days": 30}), LIVE, replies).complaint == complaint


def test_an_update_is_the_same_upsert_and_must_keep_the_id(bench) -> None:
    slower = {**SCHEDULE, "interval_days": 180}
    ran = bench.update(
        want(schedule=slower),
        live(enabled=True),
        [live(id=ID), live(enabled=False, schedule=slower), {"configs": [LIVE]}],
    )
    assert ran.steps == [
        ("save", "POST /contact/configs", body(schedule=slower)),
        ("read back", f"GET /configs/{ID}", None),
        ("count", LOOK, None),
    ]
    assert ran.written.live_id == ID


def test_an_emptied_date_is_left_out_of_the_body(bench) -> None:
    ran = bench.update(want(schedule={**SCHEDULE, "start_date": None}), LIVE)
    assert ran.steps[0][2] == body(schedule={"frequency": "interval", "interval_days": 90})


def test_fields_of_the_platform_that_nobody_knows_are_not_sent(bench) -> None:
    assert set(bench.update(want(enabled=True), live(kind="x")).steps[0][2]) == set(body())


def test_the_next_run_is_said_before_and_after(bench) -> None:
    later = live(enabled=True, next_run_at="2027-07-15")
    ran = bench.update(want(enabled=True), live(enabled=False), [later, later, {"configs": [later]}])
    assert ran.written.notices == ("the next run is on 2027-07-15, and was to be on 2027-04-15",)
    off = bench.update(want(enabled=False), live(enabled=True), [LIVE, LIVE, {"configs": [LIVE]}])
    assert off.written.notices == ()


def test_removing_disables_and_sends_the_rest_as_it_is(bench) -> None:
    ran = bench.remove(live(enabled=True), [LIVE, LIVE, {"configs": [LIVE]}])
    assert ran.steps[0] == ("disable", "POST /contact/configs", body())
    assert (KIND.removal({}), KIND.already_removed(LIVE), KIND.already_removed(live(enabled=True))) == (
        "deactivate",
        True,
        False,
    )


SAME: dict[str, tuple[Json, Json]] = {
    "as it is": (WANT, LIVE),
    "sets in another order": (
        want(query={"saved_view_id": VIEW, "filters": [LONELY, SILENT]}, relations_for_deletion=["file", "message"]),
        live(
            query={
                "saved_view_id": VIEW,
                "filters": [SILENT, {**LONELY, "related_entity_schemas": ["contract", "order"]}],
            },
            relations_for_deletion=["message", "file"],
        ),
    ),
    "defaults": (
        want(
            query={"saved_view_id": VIEW, "include_deleted": "false", "filters": []},
            relations_for_deletion=[],
            enabled=True,
        ),
        {
            "id": ID,
            "entity_schema": "contact",
            "type": "deletion",
            "query": {"saved_view_id": VIEW},
            "schedule": SCHEDULE,
        },
    ),
    "partly declared": ({"entity_schema": "contact", "type": "deletion", "enabled": False}, LIVE),
}


@pytest.mark.parametrize(("wanted", "have"), SAME.values(), ids=SAME)
def test_nothing_to_change(bench, wanted, have) -> None:
    assert bench.changes(wanted, have) == []


ON = {"enabled": True}
RISKS: dict[str, tuple[Json, Json, list[Json]]] = {
    # case               manifest                      live                   every changed field
    "enabled": (want(**ON), LIVE, [("destructive", "deletions start", "enabled")]),
    "disabled": (
        WANT,
        live(**ON),
        [("risky", "nothing is deleted any more; a legal duty to delete may be missed", "")],
    ),
    "another view": (
        want(**ON, query={"saved_view_id": "other"}),
        live(**ON),
        [("destructive", "another saved view: other entities are deleted", "query")],
    ),
    "another view, disabled": (
        want(query={"saved_view_id": "other"}),
        LIVE,
        [("risky", "another saved view: other entities are deleted", "")],
    ),
    "filter removed": (
        want(**ON, query={"filters": []}),
        live(**ON),
        [("destructive", "a filter is gone or changed: more entities may match", "query")],
    ),
    "filter loosened": (
        want(**ON, query={"filters": [{**SILENT, "lookback_period_days": 30}]}),
        live(**ON),
        [("destructive", "a filter is gone or changed: more entities may match", "query")],
    ),
    "filter added": (want(**ON, query={"filters": [SILENT, LONELY]}), live(**ON), [None]),
    "more relations": (
        want(**ON, relations_for_deletion=["file", "order"]),
        live(**ON),
        [("destructive", "entities of more schemas are deleted along with each match", "relations_for_deletion")],
    ),
    "fewer relations": (want(**ON, relations_for_deletion=[]), live(**ON), [None]),
    "more often": (
        want(**ON, schedule={**SCHEDULE, "interval_days": 30}),
        live(**ON),
        [("destructive", "runs more often", "schedule")],
    ),
    "more rarely": (want(**ON, schedule={**SCHEDULE, "interval_days": 365}), live(**ON), [None]),
    "earlier": (
        want(**ON, schedule={**SCHEDULE, "start_date": "2027-01-01"}),
        live(**ON),
        [("destructive", "starts sooner", "schedule")],
    ),
    "no start": (
        want(**ON, schedule={"start_date": None}),
        live(**ON),
        [("destructive", "starts sooner", "schedule")],
    ),
    "later": (want(**ON, schedule={**SCHEDULE, "start_date": "2028-01-01"}), live(**ON), [None]),
    "an end": (want(**ON, schedule={**SCHEDULE, "end_date": "2030-01-01"}), live(**ON), [None]),
    "no end": (
        want(**ON, schedule={"end_date": None}),
        live(**ON, schedule={**SCHEDULE, "end_date": "2030-01-01"}),
        [("destructive", "runs longer", "schedule")],
    ),
    "the end later": (
        want(**ON, schedule={"end_date": "2031-01-01"}),
        live(**ON, schedule={**SCHEDULE, "end_date": "2030-01-01"}),
        [("destructive", "runs longer", "schedule")],
    ),
    "legacy schedule": (
        want(**ON),
        live(**ON, schedule={**SCHEDULE, "frequency": "weekly"}),
        [("destructive", "another kind of schedule", "schedule")],
    ),
    "none before": (
        want(**ON),
        {name: value for name, value in live(**ON).items() if name != "schedule"},
        [("destructive", "it runs by itself from now on", "schedule")],
    ),
}


@pytest.mark.parametrize(("wanted", "have", "expected"), RISKS.values(), ids=RISKS)
def test_risks(bench, wanted, have, expected) -> None:
    assert bench.risks(wanted, have) == expected


def test_a_create_is_destructive_where_it_is_enabled() -> None:
    assert KIND.create_risk(WANT) is None
    risk = KIND.create_risk(want(**ON))
    assert (risk.level, risk.reason, risk.item) == ("destructive", "deletions start on 2027-01-15", "enabled")
    assert KIND.create_risk(want(**ON, schedule={})).reason == "deletions start at once"


STARTS: dict[str, tuple[Json, Json, list[str]]] = {
    # case             manifest                                            live    complaint
    "created off": (want(schedule={}), None, []),
    "in the future": (want(**ON), None, []),
    "today": (want(**ON, schedule={"start_date": "2026-11-22"}), None, ["`2026-11-22` is not in the future"]),
    "past": (want(**ON, schedule={"start_date": "2026-01-01"}), None, ["`2026-01-01` is not in the future"]),
    "no date": (want(**ON, schedule={"interval_days": 7}), None, ["there is no `start_date`"]),
    "goes on": (want(**ON, schedule={"start_date": "2026-01-01"}), live(**ON), []),
    "switched on": (want(**ON, schedule={"start_date": "2026-01-01"}), LIVE, ["`2026-01-01` is not in the future"]),
    "date only live": (want(**ON, schedule={"interval_days": 7}), LIVE, []),
    "date taken away": (want(**ON, schedule={"start_date": None}), LIVE, ["there is no `start_date`"]),
}


@pytest.mark.parametrize(("wanted", "have", "said"), STARTS.values(), ids=STARTS)
def test_what_is_enabled_starts_in_the_future(bench, wanted, have, said) -> None:
    findings = bench.prepare(wanted, have).findings
    assert [each.message for each in findings] == [f"enabling this config deletes at once: {each}" for each in said]
    assert all((each.rule, each.path) == ("retention-starts-now", ("schedule", "start_date")) for each in findings)


VIEWS: dict[str, tuple[Json, Json, list[tuple[str, str]]]] = {
    "sound": (WANT, SEEN, []),
    "gone": (WANT, None, [("no-such-view", "error")]),
    "of another schema": (WANT, {**SEEN, "slug": ["account"]}, [("wrong-view", "error")]),
    "slug as a text": (WANT, {**SEEN, "slug": "contact"}, []),
    "private": (WANT, {**SEEN, "shared": False}, [("private-view", "warning")]),
    "private and enabled": (want(**ON), {**SEEN, "shared": False}, [("private-view", "error")]),
}


@pytest.mark.parametrize(("wanted", "view", "expected"), VIEWS.values(), ids=VIEWS)
def test_the_saved_view_is_judged(bench, wanted, view, expected) -> None:
    findings = bench.prepare(wanted, answers={"view": view}).findings
    assert [(each.rule, each.severity) for each in findings] == expected


def viewed(filters: Json, **other: Json) -> Json:
    return {**SEEN, "ui_config": {"filters": filters}, **other}


ACCEPTED = {"saved_view": {"id": VIEW, "filters": digest('{"_tags":"inactive"}')}}
WIDER = viewed({"_tags": "old"})
INACTIVE, OLD = (f"digest {digest(text)[:8]}" for text in ('{"_tags":"inactive"}', '{"_tags":"old"}'))
OTHERS = "the saved view `Inactive` filters otherwise than was accepted: other entities are deleted"
UNKNOWN = (
    "what the saved view `Inactive` filters is not remembered: whether it is what was meant is not known; "
    "`enabled: false` in the manifest stops the deletion"
)
STOP = "; `enabled: false` in the manifest stops the deletion"
EVERY = "; it filters nothing: every `contact` is in it"
SWAPPED = "another saved view, `Inactive`, than the one that was accepted: other entities are deleted"
PARTIAL = {"entity_schema": "contact", "type": "deletion", "enabled": True}
FIELD = ("query", "saved_view_id", "filters")
MEANINGS: dict[str, tuple[Json, Json, Json, Json, list[Meaning]]] = {
    # case             manifest    live         remembered, view now, what is to be accepted
    "the same": (want(**ON), live(**ON), ACCEPTED, SEEN, []),
    "other filters": (want(**ON), live(**ON), ACCEPTED, WIDER, [
        Meaning(FIELD, INACTIVE, OLD, "drift", Risk("destructive", OTHERS + STOP, "query")),
    ]),
    "no filters any more": (want(**ON), live(**ON), ACCEPTED, viewed({}), [
        Meaning(FIELD, INACTIVE, "none", "drift", Risk("destructive", OTHERS + EVERY + STOP, "query")),
    ]),
    "filters where there were none": (
        want(**ON), live(**ON), {"saved_view": {"id": VIEW, "filters": digest("null")}}, SEEN,
        [Meaning(FIELD, "none", INACTIVE, "drift", Risk("destructive", OTHERS + STOP, "query"))],
    ),
    "none, written otherwise": (
        want(**ON), live(**ON), {"saved_view": {"id": VIEW, "filters": digest("null")}}, viewed({}), [],
    ),
    "nothing remembered": (want(**ON), live(**ON), {}, SEEN, [
        Meaning(FIELD, ABSENT, INACTIVE, "unverified", Risk("risky", UNKNOWN, "query")),
    ]),
    "another view by hand": (PARTIAL, live(**ON), {"saved_view": {"id": "x", "filters": "f"}}, SEEN, [
        Meaning(FIELD[:2], "x", VIEW, "drift", Risk("destructive", SWAPPED + STOP, "query")),
    ]),
    "another view by manifest": (
        want(**ON, query={"saved_view_id": "other"}), live(**ON), ACCEPTED, viewed({}, id="other"), [],
    ),
    "switched on": (want(**ON), LIVE, ACCEPTED, WIDER, [
        Meaning(FIELD, INACTIVE, OLD, "drift", Risk("destructive", OTHERS + STOP, "query")),
    ]),
    "switched off": (WANT, live(**ON), ACCEPTED, WIDER, []),
    "off": (WANT, LIVE, ACCEPTED, WIDER, []),
    "off, nothing remembered": (WANT, LIVE, {}, WIDER, []),
    "created": (want(**ON), None, {}, WIDER, []),
}  # fmt: skip


@pytest.mark.parametrize(("wanted", "have", "parts", "view", "expected"), MEANINGS.values(), ids=MEANINGS)
def test_what_the_view_filters_is_accepted_by_name(bench, wanted, have, parts, view, expected) -> None:
    assert list(bench.prepare(wanted, have, parts=parts, answers={"view": view}).meanings) == expected


LEARNT: dict[str, tuple[Json, Json, Json, Json]] = {
    # case             manifest, live, view now, what is remembered without anybody's consent
    "other filters": (want(**ON), live(**ON), WIDER, ACCEPTED["saved_view"]),
    "another field": (want(**ON, relations_for_deletion=[]), live(**ON), WIDER, ACCEPTED["saved_view"]),
    "off": (WANT, LIVE, WIDER, ACCEPTED["saved_view"]),
    "another view by manifest": (
        want(**ON, query={"saved_view_id": "other"}), live(**ON), viewed({}, id="other"),
        {"id": "other", "filters": digest("{}")},
    ),
    "created": (want(**ON), None, WIDER, {"id": VIEW, "filters": digest('{"_tags":"old"}')}),
    "gone": (WANT, LIVE, None, ACCEPTED["saved_view"]),
}  # fmt: skip


@pytest.mark.parametrize(("wanted", "have", "view", "expected"), LEARNT.values(), ids=LEARNT)
def test_filters_are_learnt_by_a_create_or_another_view_alone(bench, wanted, have, view, expected) -> None:
    prepared = bench.prepare(wanted, have, parts=ACCEPTED, answers={"view": view})
    assert prepared.parts["saved_view"] == expected


NOTICES: dict[str, tuple[Json, Json, Json, tuple[str, ...]]] = {
    "off, other filters": (WANT, LIVE, WIDER, (f"{OTHERS}, once this config is enabled, which will ask for it",)),
    "off, the same": (WANT, LIVE, SEEN, ()),
    "on, other filters": (want(**ON), live(**ON), WIDER, ()),
    "created, no filters": (
        want(**ON), None, viewed({}), ("the saved view `Inactive` filters nothing: every `contact` is in it",),
    ),
    "created, filters": (want(**ON), None, SEEN, ()),
}  # fmt: skip


@pytest.mark.parametrize(("wanted", "have", "view", "expected"), NOTICES.values(), ids=NOTICES)
def test_what_else_is_said_of_the_view(bench, wanted, have, view, expected) -> None:
    assert bench.prepare(wanted, have, parts=ACCEPTED, answers={"view": view}).notices == expected


def test_the_view_is_asked_for_by_the_id_that_is_wanted_else_by_the_live_one(bench) -> None:
    assert KIND.asks(bench.context(WANT))["view"].title == f"GET /v1/entity/view/{VIEW}"
    partial = {"entity_schema": "contact", "type": "deletion", "enabled": False}
    assert KIND.asks(bench.context(partial, LIVE))["view"].title == f"GET /v1/entity/view/{VIEW}"
    assert KIND.asks(bench.context(partial)) == {}


def test_one_config_of_a_type_for_a_schema() -> None:
    assert (KIND.key(WANT), KIND.live_key(LIVE), KIND.live_id(LIVE)) == ("contact/deletion", "contact/deletion", ID)
