"""Variables: what they become, what they may not be, and that values of the process never show."""

from __future__ import annotations

from typing import Any

import pytest

from syncer.manifests.variables import LenientEnvironment, Variables, allowed_names, substitute
from syncer.model.json_values import Path, Secret, UnknownValue

VARS = {"flag": False, "n": 3, "share": 0.5, "name": "Strom", "list": [1, "a"], "map": {"a": 1}, "none": None}
IDS = {"journey.offer": "5c1c", "user-1": "77"}
ENV = {"EPILOT_KEY": "s3cret", "SYNCER_X": "p@ss!", "EPILOT_EMPTY": "", "OTHER": "o", "HOME": "/root"}
KNOWN = Variables(VARS, IDS, ENV, frozenset({"OTHER"}))

GOOD: dict[str, tuple[Any, Any, dict[Path, tuple[str, ...]]]] = {
    # case                 value                              becomes                            fed
    "no variable": ({"a": [1, None, "x $ y {z}"]}, {"a": [1, None, "x $ y {z}"]}, {}),
    "whole: boolean": ("${var.flag}", False, {(): ("var.flag",)}),
    "whole: number": (["${var.n}"], [3], {(0,): ("var.n",)}),
    "whole: list": ({"a": "${var.list}"}, {"a": [1, "a"]}, {("a",): ("var.list",)}),
    "whole: mapping": ("${var.map}", {"a": 1}, {(): ("var.map",)}),
    "whole: null": ("${var.none}", None, {(): ("var.none",)}),
    "whole: id": ({"j": "${id.journey.offer}"}, {"j": "5c1c"}, {("j",): ("id.journey.offer",)}),
    "whole: env": ("${env.EPILOT_KEY}", Secret("EPILOT_KEY", "s3cret"), {(): ("env.EPILOT_KEY",)}),
    "whole: env, listed": ("${env.OTHER}", Secret("OTHER", "o"), {(): ("env.OTHER",)}),
    "within a text": (
        "${var.name} ${var.n}/${var.share}, ${var.flag}",
        "Strom 3/0.5, false",
        {(): ("var.name", "var.n", "var.share", "var.flag")},
    ),
    "twice": ("${var.n}${var.n}", "33", {(): ("var.n",)}),
    "with blanks around": (" ${var.n}", " 3", {(): ("var.n",)}),
    "env within a text": (
        "Bearer ${env.EPILOT_KEY}-${var.n}-${env.SYNCER_X}",
        Secret(
            "EPILOT_KEY+SYNCER_X",
            "Bearer s3cret-3-p@ss!",
            ("Bearer ", Secret("EPILOT_KEY", "s3cret"), "-3-", Secret("SYNCER_X", "p@ss!")),
        ),
        {(): ("env.EPILOT_KEY", "var.n", "env.SYNCER_X")},
    ),
    "env beside a literal": (
        "$${x} ${env.EPILOT_KEY}",
        Secret("EPILOT_KEY", "${x} s3cret", ("${x} ", Secret("EPILOT_KEY", "s3cret"))),
        {(): ("env.EPILOT_KEY",)},
    ),
    "literal": ("$${var.n} costs $$5 $${", "${var.n} costs $$5 ${", {}),
    "literal beside a variable": ("$${x} ${var.n}", "${x} 3", {(): ("var.n",)}),
    "templates are the platform's": ("{{ customer.name }} ${var.n}", "{{ customer.name }} 3", {(): ("var.n",)}),
    "keys are left alone": ({"a$b": 1, "{{x}}": 2}, {"a$b": 1, "{{x}}": 2}, {}),
    "what a variable holds is not read again": ("${var.nested}", "${var.n}", {(): ("var.nested",)}),
}


@pytest.mark.parametrize(("value", "expected", "fed"), GOOD.values(), ids=GOOD)
def test_becomes(value: Any, expected: Any, fed: dict[Path, tuple[str, ...]]) -> None:
    known = Variables({**VARS, "nested": "${var.n}"}, IDS, ENV, frozenset({"OTHER"}))
    assert substitute(value, known) == (expected, [], fed)


BAD = {
    # case                value                rule, message, hint
    "unknown, near": (
        "${var.nam}",
        "unknown-var",
        "`var.nam` is not among `vars` of the environment",
        "did you mean `name`?",
    ),
    "unknown id": (
        "${id.journey.ofer}",
        "unknown-id",
        "`id.journey.ofer` is not among `ids` of the environment",
        "did you mean `journey.offer`?",
    ),
    "env of others": (
        "${env.HOME}",
        "env-not-allowed",
        "`HOME` may not be read from the environment",
        "name it EPILOT_… or SYNCER_…, or set SYNCER_ALLOW_ENV=HOME where syncer runs",
    ),
    "G34 env not set": (
        "x ${env.EPILOT_NO}",
        "env-missing",
        "environment variable `EPILOT_NO` is not set",
        "set EPILOT_NO and run again",
    ),
    "G34 env empty": (
        "${env.EPILOT_EMPTY}",
        "env-missing",
        "environment variable `EPILOT_EMPTY` is empty",
        "set EPILOT_EMPTY and run again",
    ),
    "list in a text": (
        "x ${var.list}",
        "variable-type",
        "`${var.list}` is a list and cannot stand within a text",
        "let `${var.list}` be the whole value, or give it a text in syncer.yaml",
    ),
    "null in a text": (
        "x ${var.none}",
        "variable-type",
        "`${var.none}` is null and cannot stand within a text",
        "let `${var.none}` be the whole value, or give it a text in syncer.yaml",
    ),
    "another family": (
        "${vars.name}",
        "variable-syntax",
        "`${vars.name}` is no variable",
        "write `${var.NAME}`, `${id.NAME}` or `${env.NAME}`; `$${` stands for the two characters `${`",
    ),
    "not closed": (
        "a ${var.name",
        "variable-syntax",
        "`${var.name` is no variable",
        "write `${var.NAME}`, `${id.NAME}` or `${env.NAME}`; `$${` stands for the two characters `${`",
    ),
}


@pytest.mark.parametrize(("value", "rule", "message", "hint"), BAD.values(), ids=BAD)
def test_finding(value: str, rule: str, message: str, hint: str) -> None:
    result = substitute({"k": [value]}, KNOWN, ("spec",))
    [finding] = result.findings
    assert (finding.rule, finding.message, finding.hint) == (rule, message, hint)
    assert (finding.path, finding.severity) == (("spec", "k", 0), "error")
    assert result.value == {"k": [value]}  # what could not be resolved stays as it is written


def test_a_variable_in_a_key_is_refused() -> None:
    [finding] = substitute({"a ${var.n}": 1}, KNOWN).findings
    assert (finding.rule, finding.message) == ("variable-place", "`${var.n}` stands in a key")


def test_all_findings_at_once() -> None:
    findings = substitute(["${var.a}", {"b": "${id.c} ${env.HOME}"}], KNOWN).findings
    assert [(finding.rule, finding.path) for finding in findings] == [
        ("unknown-var", (0,)),
        ("unknown-id", (1, "b")),
        ("env-not-allowed", (1, "b")),
    ]


def test_validate_does_not_read_the_process() -> None:
    offline = Variables(VARS, IDS)
    value, findings, fed = substitute(["${env.EPILOT_NO}", "x ${env.EPILOT_NO} ${var.n}", "${env.HOME}"], offline)
    assert value == ["${env.EPILOT_NO}", "x ${env.EPILOT_NO} 3", "${env.HOME}"]
    assert [finding.rule for finding in findings] == ["env-not-allowed"]
    assert fed[(1,)] == ("env.EPILOT_NO", "var.n")


def test_no_secret_shows_in_anything_that_is_printed() -> None:
    value, findings, fed = substitute(["${env.EPILOT_KEY}", "a ${env.EPILOT_KEY} ${var.list} ${var.x}"], KNOWN)
    assert "s3cret" not in repr((value, findings, fed, KNOWN))


def test_the_value_given_stays_as_it_is() -> None:
    value = {"a": ["${var.n}"]}
    substitute(value, KNOWN)
    assert value == {"a": ["${var.n}"]}


def test_allowed_names() -> None:
    assert allowed_names("A, B C,,D") == {"A", "B", "C", "D"}
    assert allowed_names("") == frozenset()


JWT = "eyJhbGciOiJub25lIn0.eyJvcmdfaWQiOiIxIn0.x"
PROCESS = {
    "EPILOT_TOKEN": "short", "EPILOT_TOKEN_PROD": f" {JWT}\n", "SYNCER_TOKEN": "", "SYNCER_LOGIN": "of-prod",
    "SYNCER_KEY": "a key", "SYNCER_SAME": "short\n", "SYNCER_HEADER": f"Bearer {JWT}", "SYNCER_BLANK": " ",
    "EPILOT_TOKENIZER_KEY": "another key", "SYNCER_WORDS": "a short one", "epilot_token": "t", "syncer_login": "u",
}  # fmt: skip
A_VARIABLE = "`{}` is a variable for an access token and may stand in no manifest"
THE_SAME = "`{}` holds the same access token as `{}`, which may stand in no manifest"
TOKENS: dict[str, tuple[str, str]] = {
    # variable: (what is said when its value is used, what is said without it)
    "EPILOT_TOKEN": (A_VARIABLE.format("EPILOT_TOKEN"),) * 2,
    "EPILOT_TOKEN_PROD": (A_VARIABLE.format("EPILOT_TOKEN_PROD"),) * 2,
    "EPILOT_TOKEN_NOT_SET": (A_VARIABLE.format("EPILOT_TOKEN_NOT_SET"),) * 2,
    "SYNCER_TOKEN": (A_VARIABLE.format("SYNCER_TOKEN"),) * 2,  # also where it is empty
    "EPILOT_TOKENIZER_KEY": (A_VARIABLE.format("EPILOT_TOKENIZER_KEY"),) * 2,
    "epilot_token": (A_VARIABLE.format("epilot_token"),) * 2,  # SYNCER_ALLOW_ENV lists it
    "SYNCER_LOGIN": (A_VARIABLE.format("SYNCER_LOGIN"),) * 2,  # the token.env of an environment
    "SYNCER_SAME": (THE_SAME.format("SYNCER_SAME", "EPILOT_TOKEN"), ""),
    "SYNCER_HEADER": (THE_SAME.format("SYNCER_HEADER", "EPILOT_TOKEN_PROD"), ""),
    "syncer_login": ("", ""),
    "SYNCER_KEY": ("", ""),
    "SYNCER_WORDS": ("", ""),  # a token that could be any word is not looked for inside others
    "SYNCER_BLANK": ("", ""),  # an empty token is no token
}


@pytest.mark.parametrize("text", ["${{env.{}}}", "Bearer ${{env.{}}}"], ids=["whole", "within a text"])
@pytest.mark.parametrize(("name", "said"), TOKENS.items(), ids=TOKENS)
def test_no_access_token_is_read_by_any_name(name: str, said: tuple[str, str], text: str) -> None:
    allowed = frozenset({"epilot_token", "syncer_login"})
    for env, message in ((PROCESS, said[0]), (None, said[1])):
        value = text.format(name)
        result = substitute([value], Variables(env=env, allowed=allowed, tokens={"SYNCER_LOGIN"}))
        assert [(each.rule, each.message) for each in result.findings] == [("env-token", message)] * bool(message)
        assert isinstance(result.value[0], Secret) is (env is not None and not message)
        assert JWT not in repr(result)
        if message:
            assert result.value == [value]


UNSET = {
    "whole": ("${env.SYNCER_A}", "SYNCER_A", ()),
    "within a text": ("Bearer ${env.SYNCER_A}", "SYNCER_A", ("Bearer ", UnknownValue("SYNCER_A"))),
    "beside one that is set": (
        "${env.SYNCER_SET}:${env.SYNCER_A}",
        "SYNCER_SET+SYNCER_A",
        (Secret("SYNCER_SET", "x"), ":", UnknownValue("SYNCER_A")),
    ),
    "empty": ("${env.SYNCER_EMPTY}", "SYNCER_EMPTY", ()),
}


@pytest.mark.parametrize(("value", "name", "parts"), UNSET.values(), ids=UNSET)
def test_where_nothing_is_sent_a_variable_that_is_not_set_is_unknown(
    value: str, name: str, parts: tuple[str | Secret, ...]
) -> None:
    variables = Variables(env=LenientEnvironment({"SYNCER_SET": "x", "SYNCER_EMPTY": ""}))
    found = substitute(value, variables)
    assert (found.value, found.findings, type(found.value)) == (UnknownValue(name, parts), [], UnknownValue)
    known = substitute("${env.SYNCER_SET}", variables).value
    assert (known, type(known)) == (Secret("SYNCER_SET", "x"), Secret)
    assert [each.rule for each in substitute("${env.HOME}", variables).findings] == ["env-not-allowed"]
