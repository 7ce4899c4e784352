"""Options of the app as a whole, sensitive ones, and what the platform says of secrets (`$app`, D3)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from syncer.documents.strict_json import encode
from syncer.kinds.app_installation.kind import KIND
from syncer.kinds.app_installation.recording_rules import configuration, installation
from syncer.kinds.app_installation.secret_options import (
    UnmanagedSecret,
    label,
    openly_declared,
    owners,
    secrets_declared,
    set_times,
    take_out,
    unmanaged_secrets,
)
from syncer.kinds.app_installation.versions import components_of
from syncer.model.field_change import FieldChange
from syncer.model.json_values import ABSENT, Secret, WriteOnlyValue
from syncer.model.kind import Risk
from syncer.plan.plan import HIDDEN

Json = Any
APP, PATH = "c451c26a-cc7a-4c1c-92bf-1c6246cbfe88", "/v1/app/c451c26a-cc7a-4c1c-92bf-1c6246cbfe88"
KEY, PIN = Secret("SYNCER_KEY", "hush-hush"), Secret("SYNCER_PIN", "1234")
OF_APP = [
    {"key": "tenant", "type": "text", "required": True},
    {"key": "api_key", "type": "secret", "required": True},
    {"key": "switch", "type": "number", "sensitive": True},
    {"key": "erp", "type": "object", "fields": [{"key": "host", "type": "text"}, {"key": "pin", "type": "secret"}]},
]
FOLDED = [{**each, "lifted": True} for each in OF_APP[:2]]
BLOCK = {"id": "c1", "options": [{"key": "line", "type": "text"}, {"key": "pass", "type": "secret"}, *FOLDED]}
ERP = {"sensitive": True}
VERSION = {
    "components": [BLOCK],
    "options": [*OF_APP[:3], {**OF_APP[3], **ERP}, {"key": "pass", "type": "secret"}],
}
COMPONENTS = components_of(VERSION)


def values(*options: Json, at: str = "$app") -> Json:
    return {"component_id": at, "options": list(options)}


def option(key: str, value: Json) -> Json:
    return {"key": key, "value": value}


WANTED = values(option("tenant", "nord"), option("api_key", KEY), option("switch", 7),
                option("erp", {"host": "h", "pin": PIN}))  # fmt: skip


def live(said: Json = None, values: Json = None, **other: Json) -> Json:
    """An installation; `said`: option of the app → what is said of its value."""
    told = [{**each, **(said or {}).get(each["key"], {})} for each in VERSION["options"]]
    return {
        "app_id": APP,
        "installed_version": "1.4.2",
        "enabled": True,
        "name": "Credit",
        "option_values": [{"component_id": "$app", "options": [option("tenant", "nord")]}]
        if values is None
        else values,
        "components": [BLOCK],
        "options": told,
        **other,
    }


@pytest.fixture
def bench(on_bench):
    return on_bench("AppInstallation")


def test_what_no_reply_shows() -> None:
    assert secrets_declared(COMPONENTS) == {
        ("c1", "pass"): ("",),
        ("c1", "api_key"): ("",),
        ("$app", "api_key"): ("",),
        ("$app", "switch"): ("",),
        ("$app", "erp"): ("host", "pin"),
        ("$app", "pass"): ("",),
    }
    assert openly_declared(COMPONENTS) == {("$app", "switch"): ("",), ("$app", "erp"): ("host",)}


def test_one_option_may_stand_at_several_places() -> None:
    assert owners(COMPONENTS) == {
        ("c1", "tenant"): ("$app", "tenant"),
        ("c1", "api_key"): ("$app", "api_key"),
        ("$app", "pass"): ("c1", "pass"),
    }


def test_sensitive_values_are_taken_out_and_sent_in_their_own_type(bench) -> None:
    kept, secrets = take_out([WANTED], secrets_declared(COMPONENTS), openly_declared(COMPONENTS))
    assert kept == [values(option("tenant", "nord"))]
    assert secrets == {
        label("$app", "api_key"): KEY,
        label("$app", "switch"): WriteOnlyValue("switch", 7),
        label("$app", "erp", None, "host"): WriteOnlyValue("host", "h"),
        label("$app", "erp", None, "pin"): PIN,
    }
    want = {"app_id": APP, "version": "1.4.2", "option_values": [WANTED]}
    ran = bench.create(want, [live(), live()], answers={"public": {**VERSION, "version": "1.4.2"}})
    assert ran.writes == [("install", f"POST {PATH}")]
    assert json.loads(encode(ran.steps[0][2])) == json.loads(encode({"version": "1.4.2", "option_values": [WANTED]}))


CHECKED: dict[str, tuple[Json, list[tuple[str, str]]]] = {
    # option_values → rule and message of what is found
    "all there": ([WANTED], []),
    "set at a component": ([values(option("tenant", "nord"), option("api_key", KEY), at="c1")], []),
    "required ones missing": (
        [values(option("switch", 7))],
        [
            ("app-required-option", "option `tenant` of component `$app` is required and has no value"),
            ("app-required-option", "option `api_key` of component `$app` is required and has no value"),
        ],
    ),
    "no such option": (
        [values(*WANTED["options"], option("tenants", "x"))],
        [("app-unknown-option", "`tenants` is no option of component `$app`")],
    ),
    "of another type": (
        [values(*WANTED["options"][:2], option("switch", "7"))],
        [("app-option-type", "option `switch` takes a number, not text")],
    ),
    "a secret in plain text": (
        [values(option("tenant", "nord"), option("api_key", "hush-hush-1"))],
        [("secret-literal", "option `api_key` is a secret, but its value stands here in plain text")],
    ),
}


@pytest.mark.parametrize(("given", "expected"), CHECKED.values(), ids=CHECKED)
def test_checks_against_the_options_of_the_app(bench, given: Json, expected: list[tuple[str, str]]) -> None:
    want = {"app_id": APP, "version": "1.4.2", "option_values": given}
    prepared = bench.prepare(want, answers={"public": {**VERSION, "version": "1.4.2"}})
    assert [(each.rule, each.message) for each in prepared.findings] == expected


def test_a_platform_without_such_options_knows_no_component_of_that_name(bench) -> None:
    want = {"app_id": APP, "version": "1.4.2", "option_values": [WANTED]}
    (found,) = bench.prepare(want, live(options=[], components=[{"id": "c1", "options": []}])).findings
    assert (found.rule, found.message) == ("app-unknown-component", "`$app` is no component of this version of the app")


SET = {"configured": True, "value_updated_at": "2026-11-01"}
UNSET = {"configured": False}


def test_what_the_platform_says_of_secrets() -> None:
    said = components_of(live({"api_key": SET, "switch": UNSET, "erp": {"configured": True}}))
    assert set_times(COMPONENTS, said) == {
        "option_values[c1].options[pass]": None,
        "option_values[c1].options[api_key]": None,
        "option_values[$app].options[api_key]": "2026-11-01",
        "option_values[$app].options[switch]": "",
        "option_values[$app].options[erp]": "unknown",
        "option_values[$app].options[pass]": None,
    }


GIVEN = {label("$app", "api_key"): KEY}
ERP_LOST = [UnmanagedSecret("$app", "erp", "host"), UnmanagedSecret("$app", "erp", "pin")]
SWITCH, PASS = UnmanagedSecret("$app", "switch"), UnmanagedSecret("c1", "pass")
LOST: dict[str, tuple[Json, dict[str, Secret], set[str], list[UnmanagedSecret]]] = {
    # what is said of options, secrets that are sent, loose ones → those that would be lost
    "nothing is said": ({}, GIVEN, set(), [PASS, SWITCH, *ERP_LOST]),
    "set at the component that it is folded back into": (
        {}, {label("c1", "api_key"): KEY}, set(), [PASS, SWITCH, *ERP_LOST]),
    "they are not set": ({"switch": UNSET, "erp": UNSET}, GIVEN, set(), [PASS]),
    "a part of an object": (
        {"switch": UNSET}, {**GIVEN, label("$app", "erp", None, "pin"): PIN}, set(),
        [PASS, UnmanagedSecret("$app", "erp", "host")]),
    "loose": ({}, GIVEN, {"option_values[c1].options[pass]", label("$app", "switch"),
                          "option_values[$app].options[erp]"}, []),
}  # fmt: skip


@pytest.mark.parametrize(("said", "given", "loose", "lost"), LOST.values(), ids=LOST)
def test_what_would_be_lost(said: Json, given: dict[str, Secret], loose: set[str], lost: Json) -> None:
    installed = components_of(live(said))
    assert unmanaged_secrets(installed, COMPONENTS, live()["option_values"], [], given, loose) == lost


REQUIRED: dict[str, tuple[Json, Json, list[str]]] = {
    # what is said of the key, more of what is remembered → rules, where the manifest does not declare it
    "nothing is said": ({}, {}, []),
    "it is set": (SET, {}, []),
    "it is not set": (UNSET, {}, ["app-required-option"]),
    "it was never sent": ({}, {"unset": frozenset({"option_values[$app].options[api_key]"})}, ["app-required-option"]),
    "it was sent, and goes": (
        SET, {"sent": frozenset({"option_values[$app].options[api_key]"})}, ["app-required-option"],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("said", "more", "rules"), REQUIRED.values(), ids=REQUIRED)
def test_a_required_secret_without_which_the_app_goes_off(bench, said: Json, more: Json, rules: list[str]) -> None:
    want = {"app_id": APP, "version": "1.4.2", "option_values": [values(option("tenant", "nord"))]}
    assert [each.rule for each in bench.prepare(want, live({"api_key": said}), **more).findings] == rules


def test_a_secret_that_the_platform_keeps_is_not_called_removed(bench) -> None:
    want = {"app_id": APP, "version": "1.4.2", "option_values": [values(option("tenant", "nord"))]}
    gone = label("$app", "api_key")
    more = {
        "loose": frozenset(set_times(COMPONENTS, [])),
        "also": frozenset({gone}),
        "policy": {"allow_disabled": True},
    }
    before, after = live({"api_key": SET}), live({"api_key": UNSET})
    assert bench.update(want, before, [None, after], **more).written.secret_times == {gone: ""}
    assert bench.update(want, before, [None, before], **more).complaint == (
        "the platform keeps the secret `option_values[$app].options[api_key]`: delete it in Settings → Apps"
    )


RISKS: dict[str, tuple[FieldChange, Risk]] = {
    "set": (FieldChange((label("c1", "k"),), ABSENT, KEY), Risk("safe", "set: there is none yet")),
    "sent anew": (FieldChange((label("c1", "k"),), HIDDEN, KEY), Risk("safe", "rotate: it is sent anew")),
    "set back": (
        FieldChange((label("c1", "k"),), HIDDEN, KEY, "drift"),
        Risk("risky", "rotate: somebody set another one since the last apply, and it is set back"),
    ),
    "replaced": (
        FieldChange((label("c1", "k"),), HIDDEN, KEY, "conflict"),
        Risk("risky", "rotate: somebody set another one since the last apply, and it is replaced"),
    ),
    "removed": (FieldChange((label("c1", "k"),), HIDDEN, ABSENT), Risk("risky", "remove: the secret is taken away")),
    "removed, and set by hand": (
        FieldChange((label("c1", "k"),), HIDDEN, ABSENT, "conflict"),
        Risk("risky", "remove: the secret is taken away, also what somebody set since the last apply"),
    ),
}


@pytest.mark.parametrize(("change", "expected"), RISKS.values(), ids=RISKS)
def test_a_word_for_each_change_of_a_secret(change: FieldChange, expected: Risk) -> None:
    assert KIND.risk(change, {}, {}) == expected


def test_a_manifest_of_what_is_live_has_the_options_of_the_app(bench) -> None:
    shown = [values(option("tenant", "nord")), values(option("line", "1"), at="c1")]
    object = live({"api_key": SET, "switch": UNSET, "erp": SET, "pass": UNSET}, shown)
    pulled = KIND.pull(KIND.spec_of(object), object, {}, {})
    assert pulled.spec == {"app_id": APP, "version": "1.4.2", "option_values": shown}
    assert [(each.label, each.where) for each in pulled.secrets] == [
        ("pass", "component_id: c1"),
        ("api_key", "component_id: $app"),
        ("erp.host", "component_id: $app"),
        ("erp.pin", "component_id: $app"),
    ], "what is said to be unset, or stands elsewhere, is no secret that is live"


def test_a_recording_keeps_what_is_said_and_no_value() -> None:
    object = live({"api_key": {**SET, "label": "Key"}}, [WANTED | {"options": [option("switch", "internal")]}])
    recorded = installation(object)
    assert recorded["options"][1] == {"key": "api_key", "type": "secret", "required": True, "label": "Key", **SET}
    assert recorded["option_values"] == [values()]
    assert configuration(VERSION)["options"][3] == {**OF_APP[3], **ERP}
