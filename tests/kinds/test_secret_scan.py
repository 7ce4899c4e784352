"""What looks like a credential, what doesn't, and that it is never repeated."""

from __future__ import annotations

from typing import Any

import pytest

from syncer.kinds.secret_scan import HINT, looks_secret, secret_literals
from syncer.model.diagnostic import Finding
from syncer.model.json_values import Secret

# Made up, and put together here, so that no scanner takes this file for a leak.
JWT = ".".join(["eyJhbGciOiJIUzI1NiJ9", "eyJzdWIiOiJub2JvZHkifQ", "c2lnbmF0dXJlLW9mLW5vYm9keQ"])
AWS = "AKIA" + "IOSFODNN7EXAMPLE"
PRIVATE = "-----BEGIN RSA " + "PRIVATE KEY-----\nMIIB\n-----END RSA PRIVATE KEY-----"
GITHUB = "ghp_" + "a1B2" * 9
RANDOM = "q8Zt" + "41kLw0" + "Xb93Rm7"

LOOKS = {
    # case: (value, name of its field, what it looks like)
    "token": (JWT, "note", "a JSON Web Token"),
    "token within a text": (f"curl -H 'x: {JWT}'", "", "a JSON Web Token"),
    "bearer": ("Bearer " + RANDOM * 2, "header", "a bearer token"),
    "basic": ("Basic " + "dXNlcjpwYXNzd29yZA==", "header", "a user's name and password"),
    "aws": (AWS, "", "an AWS access key"),
    "private key": (PRIVATE, "pem", "a private key"),
    "github": (GITHUB, "", "a GitHub token"),
    "slack": ("xoxb-" + "1234567890-abcdef", "", "a Slack token"),
    "google": ("AIza" + "Sy0123456789abcdefghijklmnopqrstuvw", "", "a Google API key"),
    "stripe": ("sk_live_" + "0123456789abcdefghij", "", "a Stripe key"),
    "url": ("https://user:" + "hunter2@example.com/x", "url", "a password in a URL"),
    "api key": (RANDOM, "api_key", "a secret"),
    "client secret": (RANDOM, "clientSecret", "a secret"),
    "token as a uuid": ("35d9a5bb-773c-4d45-9677-35d3f3049547", "access_token", "a secret"),
    "hexadecimal": ("9f86d081884c7d659a2feaa0c55ad015", "token", "a secret"),
    "password": ("Sommer2024!", "password", "a secret"),
    "nothing": ("", "password", ""),
    "random, in a field that says nothing": (RANDOM, "external_id", ""),
    "uuid of something": ("35d9a5bb-773c-4d45-9677-35d3f3049547", "flow_id", ""),
    "name of a template": (RANDOM, "password_template_id", ""),
    "word": ("gas-und-strom-tarife", "token", ""),
    "text for people": ("Bitte geben Sie Ihr Passwort ein 123", "password", ""),
    "bearer of a variable": ("Bearer {{token}}", "authorization", ""),
    "bearer from the environment": ("Bearer ${env.SYNCER_TOKEN}", "authorization", ""),
    "word after basic": ("Basic Informationsblatt", "title", ""),
    "url without a password": ("https://example.com:8443/a@b", "token", ""),
    "token's place": ("https://example.com/oauth/token1", "access_token", ""),
}


@pytest.mark.parametrize(("value", "name", "expected"), LOOKS.values(), ids=LOOKS)
def test_what_it_looks_like(value: str, name: str, expected: str) -> None:
    assert looks_secret(value, name) == expected


def found(name: str, what: str, *path: str | int) -> Finding:
    return Finding("secret-literal", f"`{name}` holds what looks like {what}", path, HINT)


WALKS: dict[str, tuple[Any, list[Finding]]] = {
    "nothing": ({"a": [1, None, True, {"b": "c"}]}, []),
    "from the environment": ({"password": Secret("SYNCER_PASSWORD", RANDOM)}, []),
    "reference": ({"api_key": "${env.SYNCER_API_KEY}"}, []),
    "by itself": (JWT, [found("value", "a JSON Web Token")]),
    "deep": ({"a": [{"token": RANDOM}]}, [found("token", "a secret", "a", 0, "token")]),
    "list in a field that says so": ({"tokens": [], "token": [RANDOM]}, [found("token", "a secret", "token", 0)]),
    "option": (
        {"options": [{"key": "api_key", "value": RANDOM}, {"key": "region", "value": RANDOM}]},
        [found("api_key", "a secret", "options", 0, "value")],
    ),
    "header": (
        {"headers": [{"name": "Authorization", "value": RANDOM}]},
        [found("Authorization", "a secret", "headers", 0, "value")],
    ),
    "two": ({"b": AWS, "a": JWT}, [found("b", "an AWS access key", "b"), found("a", "a JSON Web Token", "a")]),
}


@pytest.mark.parametrize(("value", "expected"), WALKS.values(), ids=WALKS)
def test_findings(value: Any, expected: list[Finding]) -> None:
    assert secret_literals(value) == expected


def test_a_secret_is_never_repeated() -> None:
    spec = {name: value for name, (value, _, what) in LOOKS.items() if what} | {"password": "Sommer2024!"}
    findings = secret_literals(spec)
    assert len(findings) >= 11
    assert [value for value in spec.values() if value in repr(findings)] == []


def test_paths_begin_where_they_are_told_to() -> None:
    assert [finding.path for finding in secret_literals({"token": RANDOM}, ("spec",))] == [("spec", "token")]
