"""Each rule of an app's option values once, by themselves and against what the app declares."""

from __future__ import annotations

from typing import Any

import pytest

from syncer.kinds.app_installation.checks import RULES, check_app, check_option_values
from syncer.model.diagnostic import Finding
from syncer.model.json_values import Secret

COMPONENTS: list[dict[str, Any]] = [
    {
        "id": "c-1",
        "name": {"de": "Prüfung", "en": "Check"},
        "options": [
            {"key": "region", "type": "text", "required": True},
            {"key": "limit", "type": "number"},
            {"key": "test", "type": "boolean"},
            {"key": "api_key", "type": "secret", "required": True},
            {"key": "later", "type": "something new"},
        ],
    },
    {
        "id": "c-2",
        "name": {"de": "Block"},
        "options": [
            {"key": "places", "type": "text", "repeatable": True},
            {
                "key": "host",
                "type": "object",
                "fields": [
                    {"key": "name", "type": "text", "required": True},
                    {"key": "port", "type": "number"},
                    {"key": "password", "type": "secret"},
                ],
            },
            {"key": "hosts", "type": "object", "repeatable": True, "fields": [{"key": "port", "type": "number"}]},
            {"key": "anything", "type": "object"},
        ],
    },
]
KEY = Secret("SYNCER_KEY", "s3cr3t")


def values(component: Any = "c-1", **options: Any) -> list[dict[str, Any]]:
    return [{"component_id": component, "options": [{"key": key, "value": value} for key, value in options.items()]}]


CASES: dict[str, tuple[list[dict[str, Any]], list[Finding]]] = {
    "sound": (values(region="DE", limit=1.5, test=False, api_key=KEY, later=[1]), []),
    "sound, repeated and objects": (
        values(
            "c-2",
            places=[{"id": "p", "value": "a"}, {"value": KEY}],
            host={"name": "h", "port": 1, "password": KEY},
            hosts=[{"id": "x", "port": 1}, {}],
            anything={"a": []},
        ),
        [],
    ),
    "variables left open": (
        values(region="${env.SYNCER_REGION}", api_key="${env.SYNCER_KEY}", limit="${env.SYNCER_LIMIT}"),
        [],
    ),
    "component twice": (
        values(limit=1) + values(test=True),
        [
            Finding(
                "app-duplicate-component",
                "component `c-1` stands twice",
                ("option_values", 1, "component_id"),
                "`spec.option_values[0]` has it already; put all its options there",
            )
        ],
    ),
    "option twice": (
        [{"component_id": "c-1", "options": [{"key": "limit", "value": 1}, {"key": "limit", "value": 2}]}],
        [
            Finding(
                "app-duplicate-option",
                "option `limit` stands twice",
                ("option_values", 0, "options", 1, "key"),
                "`spec.option_values[0].options[0]` has it already; keep one value",
            )
        ],
    ),
    "entries of two types": (
        values("c-2", hosts=[{"port": 1}, {"value": 2}]),
        [
            Finding(
                "app-mixed-entries",
                "an entry of option `hosts` is a `value` that is a number, the first is an object",
                ("option_values", 0, "options", 0, "value", 1),
                "write all as `{value: …}` of one type, or all as objects with the option's fields",
            ),
            Finding(
                "app-unknown-option",
                "`value` is no field of option `hosts`",
                ("option_values", 0, "options", 0, "value", 1, "value"),
                "there is `port`",
            ),
        ],
    ),
    "entries of two types of value": (
        values("c-2", anything=[{"value": 1}, {"value": "a"}]),
        [
            Finding(
                "app-mixed-entries",
                "an entry of option `anything` is a `value` that is text, the first is a `value` that is a number",
                ("option_values", 0, "options", 0, "value", 1),
                "write all as `{value: …}` of one type, or all as objects with the option's fields",
            ),
            Finding(
                "app-option-type",
                "option `anything` takes an object, not a list",
                ("option_values", 0, "options", 0, "value"),
                "write it as the option declares it",
            ),
        ],
    ),
    "unknown component": (
        values("c-11", a=1),
        [
            Finding(
                "app-unknown-component",
                "`c-11` is no component of this version of the app",
                ("option_values", 0, "component_id"),
                "did you mean `c-1`?",
            )
        ],
    ),
    "component by its name": (
        values("Prüfung", a=1),
        [
            Finding(
                "app-unknown-component",
                "`Prüfung` is no component of this version of the app",
                ("option_values", 0, "component_id"),
                "that is its name; its id is `c-1`",
            )
        ],
    ),
    "unknown option": (
        values(regoin="DE"),
        [
            Finding(
                "app-unknown-option",
                "`regoin` is no option of component `Prüfung`",
                ("option_values", 0, "options", 0, "key"),
                "did you mean `region`?",
            )
        ],
    ),
    "text instead of a number": (
        values(limit="30"),
        [
            Finding(
                "app-option-type",
                "option `limit` takes a number, not text",
                ("option_values", 0, "options", 0, "value"),
                "write it without quotes",
            )
        ],
    ),
    "number instead of a text": (
        values(region=5),
        [
            Finding(
                "app-option-type",
                "option `region` takes text, not a number",
                ("option_values", 0, "options", 0, "value"),
                "put it in quotes",
            )
        ],
    ),
    "true instead of a number": (
        values(limit=True),
        [
            Finding(
                "app-option-type",
                "option `limit` takes a number, not true or false",
                ("option_values", 0, "options", 0, "value"),
                "write it as the option declares it",
            )
        ],
    ),
    "environment instead of a number": (
        values(limit=KEY),
        [
            Finding(
                "app-option-type",
                "option `limit` takes a number, not text from the environment",
                ("option_values", 0, "options", 0, "value"),
                "variables of the environment are text; take it from `${var.NAME}`",
            )
        ],
    ),
    "text instead of true or false": (
        values(test="true"),
        [
            Finding(
                "app-option-type",
                "option `test` takes true or false, not text",
                ("option_values", 0, "options", 0, "value"),
                "write it without quotes",
            )
        ],
    ),
    "list instead of a text": (
        values(region=["DE"]),
        [
            Finding(
                "app-option-type",
                "option `region` takes text, not a list",
                ("option_values", 0, "options", 0, "value"),
                "write it as the option declares it",
            )
        ],
    ),
    "number as a secret": (
        values(api_key=12345),
        [
            Finding(
                "secret-literal",
                "option `api_key` is a secret, but its value stands here in plain text",
                ("option_values", 0, "options", 0, "value"),
                "write `${env.NAME}` and set that variable; a secret that stood in a file should be replaced",
            )
        ],
    ),
    "secret in plain text": (
        values(api_key="s3cr3t-plain"),
        [
            Finding(
                "secret-literal",
                "option `api_key` is a secret, but its value stands here in plain text",
                ("option_values", 0, "options", 0, "value"),
                "write `${env.NAME}` and set that variable; a secret that stood in a file should be replaced",
            )
        ],
    ),
    "value instead of a list": (
        values("c-2", places="DE"),
        [
            Finding(
                "app-option-type",
                "option `places` takes a list, not text",
                ("option_values", 0, "options", 0, "value"),
                "write a list of entries, `- value: …`",
            )
        ],
    ),
    "entry without a mapping": (
        values("c-2", places=["DE"]),
        [
            Finding(
                "app-option-type",
                "an entry of option `places` is text",
                ("option_values", 0, "options", 0, "value", 0),
                "write a mapping with `value: …`",
            )
        ],
    ),
    "entry of another type": (
        values("c-2", places=[{"value": 1}]),
        [
            Finding(
                "app-option-type",
                "option `places` takes text, not a number",
                ("option_values", 0, "options", 0, "value", 0, "value"),
                "put it in quotes",
            )
        ],
    ),
    "text instead of an object": (
        values("c-2", host="h"),
        [
            Finding(
                "app-option-type",
                "option `host` takes an object, not text",
                ("option_values", 0, "options", 0, "value"),
                "write it as the option declares it",
            )
        ],
    ),
    "fields of an object": (
        values("c-2", host={"nam": "h", "port": "1", "password": "plain"}),
        [
            Finding(
                "app-unknown-option",
                "`nam` is no field of option `host`",
                ("option_values", 0, "options", 0, "value", "nam"),
                "did you mean `name`?",
            ),
            Finding(
                "app-option-type",
                "option `host.port` takes a number, not text",
                ("option_values", 0, "options", 0, "value", "port"),
                "write it without quotes",
            ),
            Finding(
                "secret-literal",
                "option `host.password` is a secret, but its value stands here in plain text",
                ("option_values", 0, "options", 0, "value", "password"),
                "write `${env.NAME}` and set that variable; a secret that stood in a file should be replaced",
            ),
            Finding(
                "app-required-option",
                "field `name` of option `host` is required",
                ("option_values", 0, "options", 0, "value"),
                "add `name`",
            ),
        ],
    ),
    "fields of a repeated object": (
        values("c-2", hosts=[{"port": "x"}, {"prt": 1}]),
        [
            Finding(
                "app-option-type",
                "option `hosts.port` takes a number, not text",
                ("option_values", 0, "options", 0, "value", 0, "port"),
                "write it without quotes",
            ),
            Finding(
                "app-unknown-option",
                "`prt` is no field of option `hosts`",
                ("option_values", 0, "options", 0, "value", 1, "prt"),
                "did you mean `port`?",
            ),
        ],
    ),
}


@pytest.mark.parametrize(("spec", "expected"), CASES.values(), ids=CASES)
def test_findings(spec: list[dict[str, Any]], expected: list[Finding]) -> None:
    assert [*check_app({"option_values": spec}), *check_option_values(spec, COMPONENTS, required=False)] == expected


REGION = Finding(
    "app-required-option",
    "option `region` of component `Prüfung` is required and has no value",
    ("option_values", 0, "options"),
    "add it under `component_id: c-1`, or allow the app to stay disabled with `allow_disabled`",
)
SECRET = Finding(
    "app-required-option",
    "option `api_key` of component `Prüfung` is required and has no value",
    REGION.path,
    REGION.hint,
)
ELSEWHERE = ("option_values",)

REQUIRED: dict[str, tuple[list[dict[str, Any]], dict[str, Any], list[Finding]]] = {
    # case: (values, what is known of the installation, findings)
    "all there": (values(region="DE", api_key=KEY), {}, []),
    "missing": (values(limit=1), {}, [REGION, SECRET]),
    "null is missing": (values(region=None, api_key=KEY), {}, [REGION]),
    "component missing": (
        [],
        {},
        [Finding(found.rule, found.message, ELSEWHERE, found.hint) for found in (REGION, SECRET)],
    ),
    "set live": (values(limit=1), {"already": values(region="DE"), "hidden": {("c-1", "api_key")}}, []),
    "secrets of an installation aren't shown": (values(limit=1), {"hidden": {("c-1", "api_key")}}, [REGION]),
    "may stay disabled": (values(limit=1), {"required": False}, []),
}


@pytest.mark.parametrize(("given", "known", "expected"), REQUIRED.values(), ids=REQUIRED)
def test_required_options(given: list[dict[str, Any]], known: dict[str, Any], expected: list[Finding]) -> None:
    assert check_option_values(given, COMPONENTS, **known) == expected


def test_every_rule_has_a_case_and_a_sentence() -> None:
    shown = {finding.rule for _, expected in CASES.values() for finding in expected}
    assert shown == set(RULES)
    assert [rule for rule, sentence in RULES.items() if not sentence.endswith(".")] == []


def test_a_secret_is_in_no_message() -> None:
    given = values(api_key="s3cr3t-plain", limit=KEY, test="s3cr3t-plain")
    assert "s3cr3t" not in repr(check_option_values(given, COMPONENTS))


@pytest.mark.parametrize(
    "misshapen", [None, 1, "x", {}, [None, 1, "x"], [{"component_id": 1}], [{"options": 1}]], ids=str
)
def test_misshapen_values_are_another_checks_business(misshapen: Any) -> None:
    assert check_app({"option_values": misshapen}) == []
    assert check_option_values(misshapen, COMPONENTS, required=False) == []
