"""App installations: the version by policy, options whole or not at all, secrets never shown and never read back."""

from __future__ import annotations

from typing import Any

import pytest

from syncer.kinds.app_installation.kind import KIND, OFF, users
from syncer.kinds.app_installation.secret_options import (
    UnmanagedSecret,
    label,
    put_back,
    renewed_entries,
    secrets_declared,
    take_out,
    unmanaged_secrets,
)
from syncer.model.calls import FAILED, Step
from syncer.model.diagnostic import Finding
from syncer.model.json_values import Secret
from syncer.model.kind import Incomplete
from syncer.plan.document.marker_codec import json_of

Json = Any
APP, PATH = "c451c26a-cc7a-4c1c-92bf-1c6246cbfe88", "/v1/app/c451c26a-cc7a-4c1c-92bf-1c6246cbfe88"
KEY = Secret("SYNCER_KEY", "hush-hush")
OPTIONS = [
    {"key": "region", "type": "text", "required": True},
    {"key": "seconds", "type": "number"},
    {"key": "areas", "type": "text", "repeatable": True},
    {"key": "api_key", "type": "secret", "required": True},
]
COMPONENTS = [{"id": "c1", "name": {"de": "Prüfung"}, "options": OPTIONS}]
REGION, SECONDS = {"key": "region", "value": "NW"}, {"key": "seconds", "value": 30}
API_KEY = {"key": "api_key", "value": KEY}
LABEL = "option_values[c1].options[api_key]"


def values(*options: Json) -> list[Json]:
    return [{"component_id": "c1", "options": list(options)}]


def want(*options: Json, **other: Json) -> Json:
    return {"app_id": APP, "version": "1.4.2", "option_values": values(*(options or (REGION, API_KEY))), **other}


def live(*options: Json, **other: Json) -> Json:
    return {
        "app_id": APP,
        "installer_org_id": "739224",
        "installed_version": "1.4.2",
        "enabled": True,
        "name": "Credit",
        "option_values": values(*(options or (REGION,))),
        "components": COMPONENTS,
        "role": "r",
        **other,
    }


def offer(version: str, **other: Json) -> Json:
    return {"app_id": APP, "version": version, "latest_version": version, "components": COMPONENTS, **other}


@pytest.fixture
def bench(on_bench):
    return on_bench("AppInstallation")


# --- calls


def test_installing_sends_version_and_everything_then_verifies(bench) -> None:
    ran = bench.create(want(), [live(), live()], answers={"public": offer("1.4.2")})
    assert ran.steps == [
        ("install", f"POST {PATH}", {"version": "1.4.2", "option_values": values(REGION, API_KEY)}),
        ("verify", f"GET {PATH}", None),
    ]
    assert (ran.written.live_id, [step.once for step in ran.asked]) == (APP, [False, False])


MOVED = offer("1.5.0")
UPDATES: dict[str, tuple[Json, Json, Json, list[Json], list[tuple[str, str, Json]]]] = {
    # case: manifest, live, answers, replies, steps that write
    "options": (
        want(REGION, SECONDS, API_KEY),
        live(),
        {},
        [None, live(REGION, SECONDS)],
        [("options", f"PATCH {PATH}", {"option_values": values(REGION, SECONDS, API_KEY)})],
    ),
    "unmanaged values come along": (
        want({"key": "region", "value": "BY"}, API_KEY),
        live(REGION, SECONDS),
        {},
        [None, live()],
        [("options", f"PATCH {PATH}", {"option_values": values({"key": "region", "value": "BY"}, SECONDS, API_KEY)})],
    ),
    "version": (
        want(version="1.5.0"),
        live(),
        {"public": MOVED},
        [None, live(installed_version="1.5.0"), live(installed_version="1.5.0")],
        [("promote", f"POST {PATH}/promote-to/1.5.0", None)],
    ),
    "version that switches it off": (
        want(version="1.5.0"),
        live(),
        {"public": MOVED},
        [None, live(installed_version="1.5.0", enabled=False), None, live(installed_version="1.5.0")],
        [
            ("promote", f"POST {PATH}/promote-to/1.5.0", None),
            ("options", f"PATCH {PATH}", {"option_values": values(REGION, API_KEY)}),
        ],
    ),
    "version and options": (
        want({"key": "region", "value": "BY"}, API_KEY, version="1.5.0"),
        live(),
        {"public": MOVED},
        [None, live(installed_version="1.5.0"), None, live(installed_version="1.5.0")],
        [
            ("promote", f"POST {PATH}/promote-to/1.5.0", None),
            ("options", f"PATCH {PATH}", {"option_values": values({"key": "region", "value": "BY"}, API_KEY)}),
        ],
    ),
    "what the new version no longer declares stays behind": (
        want(API_KEY, {"key": "region", "value": "BY"}, version="1.5.0"),
        live(REGION, {"key": "old", "value": 1}),
        {"public": MOVED},
        [None, live(installed_version="1.5.0"), None, live(installed_version="1.5.0")],
        [
            ("promote", f"POST {PATH}/promote-to/1.5.0", None),
            ("options", f"PATCH {PATH}", {"option_values": values({"key": "region", "value": "BY"}, API_KEY)}),
        ],
    ),
    "disabled: saved again": (
        want(),
        live(enabled=False),
        {},
        [None, live()],
        [("options", f"PATCH {PATH}", {"option_values": values(REGION, API_KEY)})],
    ),
}


@pytest.mark.parametrize(("wanted", "have", "answers", "replies", "writes"), UPDATES.values(), ids=UPDATES)
def test_updates(bench, wanted, have, answers, replies, writes) -> None:
    ran = bench.update(wanted, have, replies, answers=answers)
    assert [step for step in ran.steps if not step[1].startswith("GET ")] == writes
    assert ran.written.live_id == APP


def test_the_plan_announces_the_patch_that_a_move_may_need(bench) -> None:
    assert bench.update(want(version="1.5.0"), live(), answers={"public": MOVED}).writes == [
        ("promote", f"POST {PATH}/promote-to/1.5.0"),
        ("options", f"PATCH {PATH}"),
    ]


def test_without_every_secret_the_options_are_left_alone_after_a_move(bench) -> None:
    moved = live(installed_version="1.5.0", enabled=False)
    ran = bench.update({"app_id": APP, "version": "1.5.0"}, live(), [None, moved, moved], answers={"public": MOVED})
    assert ran.writes == [("promote", f"POST {PATH}/promote-to/1.5.0")]
    assert (ran.complaint, ran.written.secrets_sent) == ("", False)
    prepared = bench.prepare({"app_id": APP, "version": "1.5.0"}, moved)
    how = OFF.partition(": ")[2]
    assert prepared.amiss == OFF == f"the app is off: {how}"


def test_options_that_are_refused_after_a_move_do_not_undo_it(bench) -> None:
    moved = live(installed_version="1.5.0", enabled=False)
    ran = bench.update(want(version="1.5.0"), live(), [None, moved, FAILED, moved], answers={"public": MOVED})
    assert [(each.name, each.may_fail) for each in ran.asked] == [
        ("promote", False), ("look", False), ("options", True), ("verify", False),
    ]  # fmt: skip
    assert (ran.complaint, ran.written.secrets_sent) == ("", False)
    ran = bench.update(want(REGION, SECONDS, API_KEY), live(), [None, live(REGION, SECONDS)])
    assert [(each.name, each.may_fail) for each in ran.asked] == [("options", False), ("verify", False)]


@pytest.mark.parametrize(
    ("replies", "complaint"),
    [
        ([None, live(installed_version="1.4.9")], "version `1.4.9` is installed after promoting to `1.5.0`"),
        ([None, live(installed_version="1.5.0"), None], "the app is not installed when it is read back"),
        ([None, live(installed_version="1.5.0"), live()], "version `1.4.2` is installed, and `1.5.0` was asked for"),
    ],
)
def test_what_is_read_back_must_be_what_was_asked(bench, replies, complaint) -> None:
    assert bench.update(want(version="1.5.0"), live(), replies, answers={"public": MOVED}).complaint == complaint


def test_a_disabled_app_is_accepted_where_the_policy_allows_it(bench) -> None:
    assert bench.changes(want(), live(enabled=False), policy={"allow_disabled": True}) == []
    ran = bench.create(
        want(), [None, live(enabled=False)], policy={"allow_disabled": True}, answers={"public": offer("1.4.2")}
    )
    assert (ran.complaint, ran.written.live_id) == ("", APP)


def test_uninstalling(bench) -> None:
    assert bench.remove(live(), [None, None]).steps == [
        ("uninstall", f"DELETE {PATH}", None),
        ("read back", f"GET {PATH}", None),
    ]
    assert bench.remove(live(), [None, live()]).complaint == "the app is still there when it is read back"
    assert KIND.removal({}) == "uninstall"


def test_who_uses_an_app_that_goes_is_said() -> None:
    asked = {name: (call.title, call.service) for name, call in KIND.removal_asks(APP).items()}
    assert asked == {
        "automations": ("GET /v1/automation/flows", "automation"),
        "schemas": ("GET /v2/entity/schemas", "entity"),
    }
    action = {"type": "custom-action", "config": {"app_id": APP}}
    answers = {
        "automations": {
            "total": 3,
            "results": [{"flow_name": "Check", "actions": [action]}, {"flow_name": "No", "actions": []}],
        },
        "schemas": {
            "results": [{"slug": "contact", "capabilities": [{"name": "x", "app_id": APP}]}, {"slug": "order"}]
        },
    }
    assert KIND.removal_reasons(live(), answers) == (
        "automations use it: `Check`",
        "only 2 of 3 automations were looked at",
        "schemas have capabilities of it: `contact`",
    )
    assert users(APP, {"automations": None, "schemas": None}) == ()


# --- versions


VERSIONS: dict[str, tuple[str, Json, str | None, Json, list[str], list[str]]] = {
    # policy, manifest's version, installed, answers → changed fields, findings
    "pinned and there": ({}, "1.4.2", "1.4.2", {}, [], []),
    "pinned, platform behind": ({}, "1.5.0", "1.4.2", {"public": MOVED}, ["version: '1.4.2' → '1.5.0'"], []),
    "pinned, platform ahead": (
        {},
        "1.4.2",
        "1.10.0",
        {"public": offer("1.4.2")},
        ["version: '1.10.0' → '1.4.2'"],
        ["downgrade"],
    ),
    "downgrade allowed": (
        {"allow_downgrade": True},
        "1.4.2",
        "1.10.0",
        {"public": offer("1.4.2")},
        ["version: '1.10.0' → '1.4.2'"],
        [],
    ),
    "minimum, platform ahead": ({"version": "minimum"}, "1.4.2", "1.10.0", {}, [], []),
    "minimum, platform behind": (
        {"version": "minimum"},
        "1.10.0",
        "1.9.0",
        {"public": offer("1.10.0")},
        ["version: '1.9.0' → '1.10.0'"],
        [],
    ),
    "track": ({"version": "track"}, None, "1.4.2", {"public": MOVED}, ["version: '1.4.2' → '1.5.0'"], []),
    "track, own app": (
        {"version": "track"},
        None,
        "1.4.2",
        {"public": None, "own": MOVED},
        ["version: '1.4.2' → '1.5.0'"],
        [],
    ),
    "track, nothing newer": ({"version": "track"}, "1.0.0", "1.4.2", {"public": offer("1.4.0")}, [], []),
    "track, newest is deprecated": (
        {"version": "track"},
        None,
        "1.4.2",
        {"public": offer("1.5.0", deprecated_at="2026-01-01")},
        [],
        [],
    ),
    "track, newest is deprecated, and another is not": (
        {"version": "track"},
        None,
        "1.4.2",
        {
            "public": {
                **offer("1.7.0", deprecated_at="2026-01-01"),
                "versions": [
                    offer("1.4.2"),
                    offer("1.5.0"),
                    offer("1.6.0", visibility="private"),
                    offer("1.7.0", deprecated_at="x"),
                ],
            }
        },
        ["version: '1.4.2' → '1.5.0'"],
        [],
    ),
    "no such version": (
        {},
        "9.9.9",
        "1.4.2",
        {"public": None, "own": None},
        ["version: '1.4.2' → '9.9.9'"],
        ["no-such-version"],
    ),
    "own private version": ({}, "1.5.0", "1.4.2", {"public": None, "own": MOVED}, ["version: '1.4.2' → '1.5.0'"], []),
    "not reviewed yet": (
        {},
        "1.5.0",
        "1.4.2",
        {"public": offer("1.5.0", pending=True)},
        ["version: '1.4.2' → '1.5.0'"],
        ["no-such-version"],
    ),
    "deprecated": (
        {},
        "1.5.0",
        "1.4.2",
        {"public": offer("1.5.0", deprecated_at="2026-01-01")},
        ["version: '1.4.2' → '1.5.0'"],
        ["deprecated-version"],
    ),
    "deprecated, but installed": ({}, "1.4.2", "1.4.2", {"public": offer("1.4.2", deprecated_at="2026-01-01")}, [], []),
    "not said": ({}, None, "1.4.2", {}, [], []),
}


@pytest.mark.parametrize(
    ("policy", "version", "installed", "answers", "changes", "rules"), VERSIONS.values(), ids=VERSIONS
)
def test_the_version_by_policy(bench, policy, version, installed, answers, changes, rules) -> None:
    spec = {"app_id": APP, **({"version": version} if version else {})}
    have = live(installed_version=installed)
    assert bench.changes(spec, have, policy=policy, answers=answers) == changes
    assert [each.rule for each in bench.prepare(spec, have, policy=policy, answers=answers).findings] == rules


PASSED: dict[str, tuple[Json, list[str]]] = {
    # what is on offer beside 1.5.0 → what the plan says of it, where 1.4.2 is installed
    "nothing": ([], []),
    "a deprecated one, older": ([offer("1.4.9", deprecated_at="2026-01-01")], []),
    "a deprecated one": (
        [offer("1.6.0", deprecated_at="2026-01-01")],
        ["version 1.6.0 is deprecated and is not followed: 1.5.0 is the newest that is"],
    ),
    "one that waits for its review": (
        [offer("1.10.0", pending=True), offer("1.9.0", deprecated_at="2026-01-01")],
        [
            "version 1.9.0 is deprecated and is not followed: 1.5.0 is the newest that is",
            "version 1.10.0 is not reviewed yet and is not followed: 1.5.0 is the newest that is",
        ],
    ),
}


@pytest.mark.parametrize(("others", "said"), PASSED.values(), ids=PASSED)
def test_what_tracking_passes_over_is_said(bench, others, said) -> None:
    page = {**offer("1.5.0"), "versions": [offer("1.5.0"), *others]}
    asked = {"policy": {"version": "track"}, "answers": {"public": page}}
    assert list(bench.prepare(want(), live(), **asked).notices) == said
    assert list(bench.prepare(want(), live(), **{**asked, "policy": {"version": "minimum"}}).notices) == []


def test_a_move_is_called_an_upgrade_and_wants_a_look(bench) -> None:
    assert bench.risks(want(version="1.5.0"), live(), answers={"public": MOVED}) == [
        ("risky", "another version: components, grants and required options may differ", "")
    ]


def test_what_is_asked(bench) -> None:
    def asked(spec: Json, have: Json = None, **policy: Json) -> dict[str, str]:
        return {name: call.path for name, call in KIND.asks(bench.context(spec, have, policy=policy)).items()}

    catalogue = "/v1/app-configurations"
    target = {"public": f"{catalogue}/public/{APP}?version=1.4.2", "own": f"{catalogue}/{APP}/versions/1.4.2"}
    assert asked(want()) == target
    assert asked(want(), live()) == {}
    assert asked(want(), live(installed_version="1.0.0")) == target
    assert asked(want(), live(installed_version="2.0.0"), version="minimum") == {}
    assert asked(want(), live(), version="track") == {
        "public": f"{catalogue}/public/{APP}",
        "own": f"{catalogue}/{APP}",
    }
    assert asked({"app_id": APP}) == {}


def test_what_comes_with_a_version_is_said(bench) -> None:
    public = offer(
        "1.5.0",
        role={"grants": [{"action": "entity:view", "resource": "contact"}, {"action": "app:view"}]},
        is_beta=True,
        blueprint_ref={"job_id": "1"},
        pricing={"pricing_type": "SUBSCRIPTION"},
        components=[{"id": "c2", "options": []}],
    )
    said = bench.prepare({"app_id": APP, "version": "1.5.0"}, live(), answers={"public": public}).notices
    assert said == (
        "installing version 1.5.0 grants the app: app:view, entity:view on contact",
        "version 1.5.0 installs a blueprint of its own, in the background",
        "the app is not free: SUBSCRIPTION",
        "version 1.5.0 is a beta",
        "version 1.5.0 no longer has `Prüfung`: what uses it stops",
    )
    assert bench.prepare(want(), live()).notices == ()
    by_hand = bench.prepare({"app_id": APP, "version": "1.5.0"}, live(), answers={"public": MOVED}).notices
    assert by_hand == (
        "a move to version 1.5.0 may switch the app off until its options are saved, and no manifest knows the secret "
        "`api_key`: it may have to be saved by hand",
    )


# --- options


AREAS = {"key": "areas", "value": [{"value": "A"}, {"value": "B"}]}
LIVE_AREAS = {"key": "areas", "value": [{"id": "1", "value": "A"}, {"id": "2", "value": "B"}]}
SAME: dict[str, tuple[Json, Json]] = {
    "secret apart": (want(), live()),
    "secret masked": (want(), live(REGION, {"key": "api_key", "value": "********"})),
    "another order": (want(SECONDS, API_KEY, REGION), live(REGION, SECONDS)),
    "entries have ids": (want(REGION, API_KEY, AREAS), live(REGION, LIVE_AREAS)),
    "less declared": (want(API_KEY), live(REGION, SECONDS)),
}


@pytest.mark.parametrize(("wanted", "have"), SAME.values(), ids=SAME)
def test_nothing_to_change(bench, wanted, have) -> None:
    assert (bench.changes(wanted, have), bench.prepare(wanted, have).findings) == ([], ())


ENTRIES: dict[str, tuple[list[Json], list[Json]]] = {
    "one changed": ([{"value": "A"}, {"value": "C"}], [{"id": "1", "value": "A"}, {"id": "2", "value": "C"}]),
    "one more": (
        [{"value": "A"}, {"value": "B"}, {"value": "C"}],
        [{"id": "1", "value": "A"}, {"id": "2", "value": "B"}, {"value": "C"}],
    ),
    "one less": ([{"value": "B"}], [{"id": "2", "value": "B"}]),
    "turned round": ([{"value": "B"}, {"value": "A"}], [{"id": "2", "value": "B"}, {"id": "1", "value": "A"}]),
}


@pytest.mark.parametrize(("entries", "sent"), ENTRIES.values(), ids=ENTRIES)
def test_entries_keep_the_ids_that_others_refer_to(bench, entries, sent) -> None:
    ran = bench.update(want(REGION, API_KEY, {"key": "areas", "value": entries}), live(REGION, LIVE_AREAS))
    assert ran.steps[0][2] == {"option_values": values(REGION, {"key": "areas", "value": sent}, API_KEY)}


WIPED = "option `{}` is a secret that no manifest knows, and saving the other options would wipe it"
OTHER = {"key": "other", "type": "secret"}
TWO_SECRETS = [{"id": "c1", "name": {"de": "Prüfung"}, "options": [*OPTIONS, OTHER]}]
DECLARE = 'declare it under `component_id: c1`: `{key: other, value: "${env.SYNCER_CREDIT_OTHER}"}`'
SOUTH = {"key": "region", "value": "SO"}
WRITTEN: dict[str, tuple[Json, Json, frozenset[str]]] = {
    # why the options are written: manifest, live, secrets that changed
    "a plain option changes": (want(SOUTH, API_KEY), live(), frozenset()),
    "an entry changes": (
        want(REGION, {"key": "areas", "value": [{"value": "A"}]}, API_KEY),
        live(REGION, {"key": "areas", "value": [{"id": "1", "value": "B"}]}),
        frozenset(),
    ),
    "nothing but a secret changes": (want(), live(), frozenset({LABEL})),
    "it is switched off, and saved again": (want(), live(enabled=False), frozenset()),
    "it moves, and a secret changes": (want(version="1.5.0"), live(), frozenset({LABEL})),
    "it moves, and an option changes": (want(SOUTH, API_KEY, version="1.5.0"), live(), frozenset()),
    "the platform masks secrets": (want(SOUTH, API_KEY), live(REGION, {"key": "other", "value": "***"}), frozenset()),
}
MOVED_TWO = {"public": {**MOVED, "components": TWO_SECRETS}}


@pytest.mark.parametrize(("wanted", "have", "also"), WRITTEN.values(), ids=WRITTEN)
def test_whatever_options_are_written_for_a_secret_that_no_manifest_has_refuses_it(bench, wanted, have, also) -> None:
    """`other` may be set, whoever did it. It is refused before the first call: not even the version moves."""
    asked: list[Step] = []
    with pytest.raises(Incomplete) as refusal:
        bench.update(wanted, {**have, "components": TWO_SECRETS}, also=also, answers=MOVED_TWO, asked=asked)
    assert asked == []
    found = Finding("unmanaged-secret", WIPED.format("other"), ("option_values", 0, "options"), DECLARE)
    assert refusal.value.findings == (found,)


@pytest.mark.parametrize(("wanted", "have", "also"), WRITTEN.values(), ids=WRITTEN)
def test_a_secret_that_is_declared_is_among_whatever_is_written(bench, wanted, have, also) -> None:
    options = [*wanted["option_values"][0]["options"], {"key": "other", "value": KEY}]
    have = {**have, "components": TWO_SECRETS}
    ran = bench.update({**wanted, "option_values": values(*options)}, have, also=also, answers=MOVED_TWO)
    (body,) = [body for _, call, body in ran.steps if call == f"PATCH {PATH}"]
    sent = {each["key"]: each["value"] for each in body["option_values"][0]["options"]}
    assert (sent.keys(), sent["other"]) == ({each["key"] for each in options}, KEY)


def test_what_writes_no_options_is_not_held_up_by_them(bench) -> None:
    have = live(components=TWO_SECRETS)
    assert (bench.changes(want(), have), bench.prepare(want(), have).findings) == ([], ())
    moved = bench.update({"app_id": APP, "version": "1.5.0"}, have, answers={"public": MOVED})
    assert moved.writes == [("promote", f"POST {PATH}/promote-to/1.5.0")]


def test_where_a_manifest_names_no_component_the_finding_stands_at_the_options(bench) -> None:
    with pytest.raises(Incomplete) as refusal:
        bench.update({"app_id": APP}, live(enabled=False))
    assert refusal.value.findings == (
        Finding(
            "unmanaged-secret",
            WIPED.format("api_key"),
            ("option_values",),
            'declare it under `component_id: c1`: `{key: api_key, value: "${env.SYNCER_CREDIT_API_KEY}"}`',
        ),
    )


def test_a_secret_in_plain_text_is_a_mistake_and_not_repeated(bench) -> None:
    findings = bench.prepare(want(REGION, {"key": "api_key", "value": "hush-hush"}), live()).findings
    said = "option `api_key` is a secret, but its value stands here in plain text"
    assert [(each.rule, each.message) for each in findings] == [("secret-literal", said)]
    assert "hush" not in repr(findings)


def test_a_required_option_without_value_is_an_error_unless_the_app_may_be_disabled(bench) -> None:
    answers = {"public": offer("1.4.2")}
    assert [each.rule for each in bench.prepare(want(REGION), answers=answers).findings] == ["app-required-option"]
    assert bench.prepare(want(REGION), answers=answers, policy={"allow_disabled": True}).findings == ()


def test_a_secret_is_in_nothing_that_is_compared_or_shown(bench) -> None:
    prepared = bench.prepare(want(), live(REGION, {"key": "api_key", "value": "hush-hush"}))
    assert dict(prepared.secrets) == {LABEL: KEY}
    assert "hush" not in repr((prepared.want, prepared.have, prepared.findings, prepared.notices, prepared.extra))
    assert json_of(prepared.want) == {"app_id": APP, "version": "1.4.2", "option_values": values(REGION)}


# --- secrets inside objects and lists

NESTED = [
    {
        "id": "c1",
        "options": [
            {
                "key": "login",
                "type": "object",
                "fields": [{"key": "host", "type": "text"}, {"key": "pass", "type": "secret"}],
            },
            {"key": "keys", "type": "secret", "repeatable": True},
            {
                "key": "clients",
                "type": "object",
                "repeatable": True,
                "fields": [{"key": "code", "type": "text"}, {"key": "pin", "type": "secret"}],
            },
        ],
    }
]
ONE, TWO = Secret("SYNCER_ONE", "1"), Secret("SYNCER_TWO", "2")
WITH = values(
    {"key": "login", "value": {"host": "h", "pass": ONE}},
    {"key": "keys", "value": [{"value": ONE}, {"value": TWO}]},
    {"key": "clients", "value": [{"code": "a", "pin": ONE}, {"code": "b", "pin": TWO}]},
)
BARE = values({"key": "login", "value": {"host": "h"}}, {"key": "clients", "value": [{"code": "a"}, {"code": "b"}]})
LABELS = {
    label("c1", "login", field="pass"): ONE,
    label("c1", "keys", 0): ONE,
    label("c1", "keys", 1): TWO,
    label("c1", "clients", 0, "pin"): ONE,
    label("c1", "clients", 1, "pin"): TWO,
}


def test_secrets_are_taken_out_wherever_an_app_declares_them_and_put_back() -> None:
    kept, secrets = take_out(WITH, secrets_declared(NESTED))
    assert (kept, secrets) == (BARE, LABELS)
    back = put_back(kept, secrets, None)
    assert sorted(back[0]["options"], key=lambda each: each["key"]) == sorted(
        WITH[0]["options"], key=lambda each: each["key"]
    )


@pytest.mark.parametrize(
    ("ids", "sent", "expected"),
    [
        ("7", [ONE], [{"id": "7", "value": ONE}]),
        ("7", [ONE, TWO], [{"id": "7", "value": ONE}, {"value": TWO}]),
        ("78", [ONE, TWO], [{"id": "7", "value": ONE}, {"id": "8", "value": TWO}]),
        ("78", [TWO], [{"value": TWO}]),
        ("789", [ONE, TWO], [{"value": ONE}, {"value": TWO}]),
    ],
)
def test_an_entry_of_a_repeated_secret_never_gets_the_id_of_another(ids: str, sent: list, expected: list) -> None:
    live_values = values({"key": "keys", "value": [{"id": each, "value": "***"} for each in ids]})
    secrets = {label("c1", "keys", index): each for index, each in enumerate(sent)}
    assert put_back([], secrets, live_values) == values({"key": "keys", "value": expected})
    said = (
        f"option `keys` has {len(ids)} entries and the manifest {len(sent)}: which of them go is not known, so all "
        "that stay get new ids"
    )
    assert [*renewed_entries(secrets, {"option_values": live_values})] == [said] * (len(sent) < len(ids))


def test_nested_secrets_do_not_differ_from_what_the_platform_hides(bench) -> None:
    spec = {"app_id": APP, "version": "1.4.2", "option_values": WITH}
    hidden = live(components=NESTED, option_values=BARE)
    masked = live(
        components=NESTED,
        option_values=values(
            {"key": "login", "value": {"host": "h", "pass": "***"}},
            {"key": "keys", "value": "***"},
            {
                "key": "clients",
                "value": [{"id": "1", "code": "a", "pin": "***"}, {"id": "2", "code": "b", "pin": "***"}],
            },
        ),
    )
    assert bench.changes(spec, hidden) == bench.changes(spec, masked) == []
    assert bench.prepare(spec, masked).findings == ()


def option(key: str, type: str = "secret", *fields: str, **more: Json) -> Json:
    """A declaration; a field whose name begins with `*` is a secret."""
    inner = [{"key": each.lstrip("*"), "type": "secret" if each[0] == "*" else "text"} for each in fields]
    return {"key": key, "type": type, **({"fields": inner} if inner else {}), **more}


KEYS, LOGIN = option("keys", repeatable=True), option("login", "object", "host", "*pass")
CLIENTS = option("clients", "object", "code", "*pin", repeatable=True)
ONLY = option("only", "object", "*id", "*word")
LOST: dict[str, tuple[Json, Json, Json, Json, Json, list[tuple[str, str, int | None]]]] = {
    # installed version declares, target declares, live shows, goal, secrets' (option, entry, field) → lost
    "not shown": ([OTHER], [OTHER], {}, {}, [], [("other", "", None)]),
    "held": ([OTHER], [OTHER], {}, {}, [("other", None, "")], []),
    "new with the version": ([], [OTHER], {}, {}, [], []),
    "gone with the version": ([OTHER], [], {}, {}, [], []),
    "no secret any more, and declared": ([OTHER], [option("other", "text")], {}, {"other": "x"}, [], []),
    "no secret any more, and not declared": ([OTHER], [option("other", "text")], {}, {}, [], [("other", "", None)]),
    "more entries than any manifest has": (
        [KEYS], [KEYS], {"keys": [{"id": "1"}, {"id": "2"}, {"id": "3"}]}, {}, [("keys", 0, "")],
        [("keys", "", 1), ("keys", "", 2)],
    ),
    "as many entries": ([KEYS], [KEYS], {"keys": [{"id": "1"}, {"id": "2"}]}, {},
                        [("keys", 0, ""), ("keys", 1, "")], []),
    "entries that are not shown": ([KEYS], [KEYS], {}, {}, [("keys", 0, "")], []),
    "no entry known": ([KEYS], [KEYS], {}, {}, [], [("keys", "", None)]),
    "an object's field": ([LOGIN], [LOGIN], {"login": {}}, {"login": {"host": "h"}}, [], [("login", "pass", None)]),
    "an object's field, held": ([LOGIN], [LOGIN], {"login": {}}, {"login": {}}, [("login", None, "pass")], []),
    "an object that is not there yet": ([LOGIN], [LOGIN], {}, {"login": {"host": "h"}}, [], []),
    "an object that is masked": ([LOGIN], [LOGIN], {"login": "***"}, {"login": "***"}, [], [("login", "pass", None)]),
    "a field that is open now": (
        [LOGIN], [option("login", "object", "host", "pass")], {"login": {}}, {"login": {"pass": "x"}}, [], [],
    ),
    "an object of secrets alone": ([ONLY], [ONLY], {}, {}, [("only", None, "id")], [("only", "word", None)]),
    "entries of objects": (
        [CLIENTS], [CLIENTS], {"clients": [{"id": "1", "code": "a"}, {"id": "2", "code": "b"}]},
        {"clients": [{"id": "1", "code": "a"}, {"id": "2", "code": "b"}, {"code": "c"}]}, [("clients", 0, "pin")],
        [("clients", "pin", 1)],
    ),
    "entries whose ids are not shown": (
        [CLIENTS], [CLIENTS], {"clients": [{"code": "a"}]}, {"clients": [{"code": "a"}]}, [], [("clients", "pin", 0)],
    ),
    "entries that are not there yet": ([CLIENTS], [CLIENTS], {}, {"clients": [{"code": "a"}]}, [], []),
}  # fmt: skip


@pytest.mark.parametrize(("installed", "target", "have", "goal", "held", "lost"), LOST.values(), ids=LOST)
def test_which_secrets_would_be_lost(installed, target, have, goal, held, lost) -> None:
    def table(content: Json) -> list[Json]:
        return values(*({"key": key, "value": value} for key, value in content.items()))

    secrets = {label("c1", key, entry, field): ONE for key, entry, field in held}
    one, other = ([{"id": "c1", "options": each}] for each in (installed, target))
    found = unmanaged_secrets(one, other, table(have), table(goal), secrets)
    assert found == [UnmanagedSecret("c1", key, field, entry) for key, field, entry in lost]


def test_the_words_for_a_secret_inside(bench) -> None:
    hidden = live(components=NESTED, option_values=BARE)
    partly = {"app_id": APP, "version": "1.4.2", "option_values": values({"key": "login", "value": {"host": "other"}})}
    with pytest.raises(Incomplete) as refusal:
        bench.update(partly, hidden)
    assert [(each.message.split(" is a secret")[0], each.hint) for each in refusal.value.findings] == [
        (
            "option `login`, field `pass`,",
            'declare it under `component_id: c1`: `{key: login, value: {pass: "${env.SYNCER_CREDIT_LOGIN_PASS}"}}`',
        ),
        ("option `keys`", 'declare it under `component_id: c1`: `{key: keys, value: "${env.SYNCER_CREDIT_KEYS}"}`'),
        (
            "option `clients`, entry 1, field `pin`,",
            "declare every entry of `clients` with its secrets, or delete in epilot those that no manifest has",
        ),
        (
            "option `clients`, entry 2, field `pin`,",
            "declare every entry of `clients` with its secrets, or delete in epilot those that no manifest has",
        ),
    ]
