"""What looks like a secret in an automation's action, however its field is spelt, is withheld in every place alike."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from syncer.kinds.flow_template.export import as_manifest
from syncer.kinds.flow_template.kind import KIND
from syncer.kinds.redaction import without_secrets_and_people
from syncer.kinds.secret_names import tells_secret
from syncer.kinds.secret_scan import secret_literals, suspicious
from syncer.model.field_rules import Shape
from syncer.plan.document.redaction import withhold
from syncer.plan.plan import HIDDEN

Json = Any

TELLING = [
    "api_key", "apiKey", "API-Key", "x-api-key", "APIKEY", "authorization", "Authorization", "X-Authorization",
    "authorisation", "X-Auth", "x_auth", "XAuth", "X-Auth-Token", "auth", "token", "accessToken", "access_token",
    "TOKEN", "password", "Passwort", "userPassword", "pwd", "pass", "passphrase", "client_secret", "clientSecret",
    "secret", "secret_value", "credentials", "privateKey", "x-functions-key", "Ocp-Apim-Subscription-Key", "signature",
    "cookie", "jwt", "pin", "token2", "bearer", "hmac",
]  # fmt: skip
OTHER = [
    "compass", "spin", "authors", "tokens_left", "tokenize", "key", "keys", "email_template_id", "auth_type", "group",
    "password_template_id", "name", "url", "secretary", "passenger", "author", "",
]  # fmt: skip


@pytest.mark.parametrize("name", TELLING)
def test_a_name_that_tells(name: str) -> None:
    assert tells_secret(name)


@pytest.mark.parametrize("name", OTHER)
def test_a_name_that_does_not(name: str) -> None:
    assert not tells_secret(name)


FORMS: dict[str, Callable[[str, Json], Json]] = {
    "a field": lambda name, value: {name: value},
    "a header": lambda name, value: {"headers": {name: value}},
    "a pair": lambda name, value: {"headers": [{"key": name, "value": value}]},
    "deep": lambda name, value: {"request": {"options": [{name: value}]}},
}


def flow(config: Json) -> Json:
    """A live flow's spec that bundles an automation with this configuration of an action."""
    return {"name": "One", "automations": {"x": {"flow_name": "X", "actions": [{"type": "y", "config": config}]}}}


def exported(config: Json) -> bool:
    """Whether the manifest that pull and promote write has a variable in its place."""
    live = {"id": "a", **flow(config)["automations"]["x"]}
    answers = {"automations 1": {"results": [live]}}
    said = as_manifest({"name": "One"}, {}, {"automations": {"x": "a"}}, answers)
    return [each.value for each in said.literals] == ["plain"]


PLACES: dict[str, Callable[[Json], bool]] = {
    # place → whether `plain` is withheld there
    "manifest": lambda config: len(secret_literals(flow(config))) == 1,
    "manifest, a task's own": lambda config: (
        len(secret_literals({"tasks": [{"automation_config": {"action_config": config}}]})) == 1
    ),
    "what pull writes": exported,
    "run, state and drift": lambda config: "plain" not in repr(withhold(flow(config), (), KIND.shape, suspicious)),
    "plan": lambda config: KIND.suspicious is suspicious,
    "recording": lambda config: "plain" not in repr(without_secrets_and_people(flow(config))),
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("form", FORMS)
def test_it_is_withheld_in_every_place(form: str, place: str) -> None:
    shown = [name for name in TELLING if not PLACES[place](FORMS[form](name, "plain"))]
    assert shown == []


HARMLESS: dict[str, Json] = {
    "the platform fills it in": {"token": "{{secret}}", "authorization": "Bearer {{token}}"},
    "a variable": {"api_key": "${env.SYNCER_KEY}", "authorization": "Bearer ${env.SYNCER_KEY}"},
    "how, and not with what": {"auth": "basic", "authorization": "none", "X-Auth": "OAuth2"},
    "nothing": {"password": "", "token": None, "pin": False},
    "an address": {"url": "https://a.example/x?page=2&code=DE"},
}


@pytest.mark.parametrize("config", HARMLESS.values(), ids=HARMLESS)
def test_what_is_none_stays(config: Json) -> None:
    assert secret_literals(flow(config)) == []
    assert withhold(flow(config), (), Shape(), suspicious) == flow(config)


ODD: dict[str, tuple[Json, str]] = {
    "a number": ({"pin": 1234}, "`pin` holds what looks like a secret"),
    "in an address": (
        {"url": "https://a.example/x?api_key=plain"}, "`url` holds what looks like an address with a secret in it",
    ),
    "a list": ({"token": ["plain"]}, "`token` holds what looks like a secret"),
}  # fmt: skip


@pytest.mark.parametrize(("config", "message"), ODD.values(), ids=ODD)
def test_numbers_lists_and_addresses(config: Json, message: str) -> None:
    assert [each.message for each in secret_literals(flow(config))] == [message]
    (kept,) = withhold(flow(config), (), Shape(), suspicious)["automations"]["x"]["actions"][0]["config"].values()
    assert kept in (HIDDEN, [HIDDEN])


def test_elsewhere_a_name_alone_is_not_enough() -> None:
    assert secret_literals({"attributes": [{"name": "x", "token": "plain"}]}) == []
    assert withhold({"description": {"token": "plain"}}, (), Shape(), suspicious) == {"description": {"token": "plain"}}
