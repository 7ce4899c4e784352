# ruff: noqa: E501  a case is a line, so that the tables can be read down
"""What is left out of a recording by its name, its form or its place, and what has to stay for a plan to be made."""

from __future__ import annotations

from typing import Any

import pytest

from syncer.kinds.redaction import without_secrets_and_people

SECRET, HELD, ADDRESS = "a secret", "a value of headers or credentials", "an address with a secret in it"


def gone(what: str) -> dict[str, str]:
    return {"$withheld": what}


CASES: dict[str, tuple[Any, Any]] = {
    # case: (value, what is left of it)
    "plain": ({"title": "Zu teuer", "order": 3, "on": True, "no": None}, {"title": "Zu teuer", "order": 3, "on": True, "no": None}),
    "by name": ({"password": "abc"}, {"password": gone(SECRET)}),
    "by name, a number": ({"pin": 1234}, {"pin": gone(SECRET)}),
    "by name, in camel case": ({"clientSecret": "abc", "accessToken": "d"}, {"clientSecret": gone(SECRET), "accessToken": gone(SECRET)}),
    "by name, in German": ({"Passwort": "abc"}, {"Passwort": gone(SECRET)}),
    "an empty one": ({"password": ""}, {"password": ""}),
    "a list of them": ({"tokens": ["x"], "token": ["a", "b"]}, {"tokens": ["x"], "token": [gone(SECRET), gone(SECRET)]}),
    "in a pair": ([{"key": "api_key", "value": "abc"}], [{"key": "api_key", "value": gone(SECRET)}]),
    "in a pair, harmless": ([{"key": "region", "value": "DE"}], [{"key": "region", "value": "DE"}]),
    "a default": ({"name": "auth_token", "default_value": "abc"}, {"name": "auth_token", "default_value": gone(SECRET)}),
    "declared, no value": ({"key": "api_key", "type": "secret", "label": "Token"}, {"key": "api_key", "type": "secret", "label": "Token"}),
    "headers": ({"headers": {"X-A": "b", "Accept": "c"}}, {"headers": {"X-A": gone(HELD), "Accept": "c"}}),
    "headers as pairs": (
        {"headers": [{"name": "X-A", "value": "b"}, {"name": "Accept", "value": "c"}]},
        {"headers": [{"name": "X-A", "value": gone(HELD)}, {"name": "Accept", "value": "c"}]},
    ),
    "credentials": ({"auth": {"type": "basic", "user": "u"}}, {"auth": {"type": "basic", "user": gone(HELD)}}),
    "the platform's own variable": ({"token": "{{ env.KEY }}", "headers": {"X": "{{env.K}}"}}, {"token": "{{ env.KEY }}", "headers": {"X": "{{env.K}}"}}),
    "an address": ({"url": "https://a.example/x?sig=abcdef"}, {"url": gone(ADDRESS)}),
    "an address with a user": ({"url": "https://abcdef@a.example/"}, {"url": gone(ADDRESS)}),
    "a webhook's address": ({"url": "https://hooks.slack.com/services/T/B/x"}, {"url": gone(ADDRESS)}),
    "an address without": ({"url": "https://a.example/x?page=2"}, {"url": "https://a.example/x?page=2"}),
    "an e-mail address": ({"to": "info@a.example"}, {"to": "info@a.example"}),
    "by form": ({"text": "Bearer abcdefghijklmnop"}, {"text": gone("a bearer token")}),
    "people": ({"id": "1", "created_by": {"user_id": "7"}, "items": [{"updated_by": "7", "a": 1}]}, {"id": "1", "items": [{"a": 1}]}),
    "a mark of somebody's": ({"x": {"$withheld": "my own", "y": 1}}, {"x": gone("a value")}),
    "words that only sound like it": (
        {"group_headlines": [{"name": "a"}], "column_header": {"start": 1}, "authors": "x", "shipping": "y", "tokenize": "z"},
        {"group_headlines": [{"name": "a"}], "column_header": {"start": 1}, "authors": "x", "shipping": "y", "tokenize": "z"},
    ),
}  # fmt: skip


@pytest.mark.parametrize(("value", "left"), CASES.values(), ids=CASES)
def test_what_is_left(value: Any, left: Any) -> None:
    assert without_secrets_and_people(value) == left
