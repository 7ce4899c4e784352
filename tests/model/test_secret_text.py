"""Texts in which secrets stand: what is written down of them, what is read again, and the hosts they name."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncer.model.json_values import Json, Secret, UnknownValue
from syncer.model.secret_text import filled, hosts_of, read_written, secret_text, secrets_of, written
from syncer.plan.secrets.exposure import exposures

KEY, USER = Secret("SYNCER_KEY", "canary-key"), Secret("EPILOT_USER", "canary-user")

TEXTS: dict[str, tuple[tuple[str | Secret, ...], str, str, str]] = {
    # case: (parts, name, value, as it is written down)
    "in an address": (
        ("https://shop.example/x?k=", KEY), "SYNCER_KEY", "https://shop.example/x?k=canary-key",
        "https://shop.example/x?k=${env.SYNCER_KEY}",
    ),
    "two": (
        (USER, ":", KEY), "EPILOT_USER+SYNCER_KEY", "canary-user:canary-key", "${env.EPILOT_USER}:${env.SYNCER_KEY}",
    ),
    "side by side": ((KEY, KEY), "SYNCER_KEY", "canary-keycanary-key", "${env.SYNCER_KEY}${env.SYNCER_KEY}"),
    "beside what looks like one": (
        ("${env.OTHER} ", KEY), "SYNCER_KEY", "${env.OTHER} canary-key", "$${env.OTHER} ${env.SYNCER_KEY}",
    ),
    "behind a dollar": (("5 $", KEY), "SYNCER_KEY", "5 $canary-key", "5 $$${env.SYNCER_KEY}"),
    "with nothing between": (("a", "", "b", KEY, ""), "SYNCER_KEY", "abcanary-key", "ab${env.SYNCER_KEY}"),
}  # fmt: skip


@pytest.mark.parametrize(("parts", "name", "value", "text"), TEXTS.values(), ids=TEXTS)
def test_a_text_with_secrets(parts: tuple[str | Secret, ...], name: str, value: str, text: str) -> None:
    made = secret_text(parts)
    assert (made.name, made.reveal(), written(made)) == (name, value, text)
    assert "canary" not in f"{made!r} {made} {written(made)} {filled(made, str.lower)}"
    again = read_written(text)
    assert (again.name, written(again), "canary" in again.reveal()) == (name, text, False)


def test_a_secret_alone_is_its_name() -> None:
    assert (written(KEY), secrets_of(KEY), hosts_of(KEY), filled(KEY, str.lower)) == (
        "SYNCER_KEY", (KEY,), (), "syncer_key",
    )  # fmt: skip
    assert read_written("SYNCER_KEY") == Secret("SYNCER_KEY", "")
    assert read_written("A+B") == Secret("A+B", "")  # of two, as version 0.1 wrote them down at first


def test_what_is_not_known_makes_the_text_unknown() -> None:
    made = secret_text(["Bearer ", UnknownValue("A"), KEY])
    assert (type(made), made.name, written(made)) == (UnknownValue, "A+SYNCER_KEY", "Bearer ${env.A}${env.SYNCER_KEY}")
    with pytest.raises(ValueError, match="not known here"):
        made.reveal()


def test_texts_are_equal_where_all_of_them_is() -> None:
    one, other = secret_text(["a", KEY]), secret_text(["a", KEY])
    assert (one == other, hash(one) == hash(other)) == (True, True)
    assert one != secret_text(["b", KEY])
    assert one != secret_text(["a", Secret("SYNCER_KEY", "another")])
    assert one != Secret("SYNCER_KEY", "acanary-key")
    assert secrets_of(secret_text([KEY, "/", USER, "/", KEY])) == (KEY, USER)


@pytest.mark.parametrize("text", ["a $ b", "${env.}", "${env.A} ${var.B}", "$$ and nothing else", "${", "${env.A}$"])
def test_what_nobody_wrote_is_not_read(text: str) -> None:
    with pytest.raises(ValueError, match="secret"):
        read_written(text)


PARTS = st.lists(st.text("${}env.A$ ", max_size=6) | st.sampled_from([KEY, USER]), max_size=6).map(lambda p: [*p, KEY])


@given(PARTS)
def test_any_text_comes_back(parts: list[str | Secret]) -> None:
    made = secret_text(parts)
    again = read_written(written(made))
    assert [str(part) for part in again.parts] == [str(part) for part in made.parts]


@given(PARTS, PARTS)
def test_two_texts_are_written_down_as_two(one: list[str | Secret], other: list[str | Secret]) -> None:
    first, second = secret_text(one), secret_text(other)
    assert (written(first) == written(second)) == (first == second)


HOSTS: dict[str, tuple[list[str | Secret], tuple[str, ...]]] = {
    # case: (parts, hosts)
    "in the query": (["https://elsewhere.example/x?k=", KEY], ("elsewhere.example",)),
    "right behind it": (["https://elsewhere.example", KEY], ("elsewhere.example(secret SYNCER_KEY)",)),
    "with a port": (["http://elsewhere.example:8443/", KEY], ("elsewhere.example:8443",)),
    "of six bytes": (["https://[2001:db8::1]:8443/", KEY], ("[2001:db8::1]:8443",)),
    "as a password": (["https://user:", KEY, "@elsewhere.example/x"], ("elsewhere.example",)),
    "behind a host that is a user": (["https://good.example@evil.example/?k=", KEY], ("evil.example",)),
    "behind a second at": (["https://good.example@a@evil.example/?k=", KEY], ("evil.example",)),
    "behind a backslash": (["https://good.example\\@evil.example/?k=", KEY], ("good.example\\@evil.example",)),
    "torn by line ends": (["ht\ntps://good.example\n.evil.example/?k=", KEY], ("good.example.evil.example",)),
    "of another scheme": (["wss://elsewhere.example/", KEY], ("elsewhere.example",)),
    "without slashes": (["HTTPS:elsewhere.example/", KEY], ("elsewhere.example",)),
    "without a scheme": (["//elsewhere.example/", KEY], ("elsewhere.example",)),
    "secret itself": (["https://", USER, "/x?k=", KEY], ("(secret EPILOT_USER)",)),
    "secret in part": (["https://", USER, ".example/x?k=", KEY], ("(secret EPILOT_USER).example",)),
    "that a template fills in": (["https://{{contact.host}}/?k=", KEY], ("{{contact.host}}",)),
    "two of them": (["Erst https://a.example, dann https://b.example/?k=", KEY], ("a.example", "b.example")),
    "the same twice": (["https://a.example/?k=", KEY, " https://a.example/"], ("a.example",)),
    "none": (["Bearer ", KEY], ()),
    "none, behind a colon": (["Schlüssel: ", KEY], ()),
    "none, in a path": (["/x?k=", KEY], ()),
}


@pytest.mark.parametrize(("parts", "hosts"), HOSTS.values(), ids=HOSTS)
def test_hosts(parts: list[str | Secret], hosts: tuple[str, ...]) -> None:
    assert hosts_of(secret_text(parts)) == hosts


EXPOSED: dict[str, tuple[Json, tuple[str, ...]]] = {
    # case: (the value that the field `config` is to have, what is said)
    "no secret": ({"url": "https://elsewhere.example/?k=1", "n": [1, None]}, ()),
    "the whole value": (KEY, ("the secret SYNCER_KEY goes into `config`, which is no field for secrets",)),
    "with a host": (
        {"url": secret_text(["https://elsewhere.example/?k=", KEY])},
        ("the secret SYNCER_KEY goes to elsewhere.example: `config.url` is no field for secrets",),
    ),
    "several in one text": (
        secret_text(["https://", USER, ":", KEY, "@a.example/ https://b.example"]),
        ("the secrets EPILOT_USER and SYNCER_KEY go to a.example and b.example: `config` is no field for secrets",),
    ),
    "in lists": (
        [{"headers": [{"name": "X-Key", "value": KEY}]}, secret_text(["Bearer ", KEY]), KEY],
        (
            "the secret SYNCER_KEY goes into `config[0].headers[0].value`, which is no field for secrets",
            "the secret SYNCER_KEY goes into `config[1]`, which is no field for secrets",
            "the secret SYNCER_KEY goes into `config[2]`, which is no field for secrets",
        ),
    ),
}


@pytest.mark.parametrize(("value", "said"), EXPOSED.values(), ids=EXPOSED)
def test_where_secrets_go_is_said(value: Any, said: tuple[str, ...]) -> None:
    assert exposures(value, "config") == said
    assert "canary" not in "".join(exposures(value, "config"))
