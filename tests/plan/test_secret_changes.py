"""What becomes of secrets: a table of what is remembered and what the platform says."""

from __future__ import annotations

import pytest

from syncer.diff.secret_digest import digest_secret, field_of, sent_times, time_of
from syncer.model.address import Address
from syncer.model.field_change import FieldChange
from syncer.model.json_values import ABSENT, Json, Secret, UnknownValue, WriteOnlyValue
from syncer.model.kind import PreparedSides
from syncer.model.resource import Managed
from syncer.plan.plan import HIDDEN
from syncer.plan.secrets.secret_changes import SecretChanges, memory_of_secrets, secret_changes, word_of

PIN, OTHER, UNKNOWN = Secret("SYNCER_PIN", "1234"), Secret("SYNCER_PIN", "9"), UnknownValue("SYNCER_PIN")
DIGEST, THEN, NOW = digest_secret(PIN, b"0" * 16), "2026-11-01", "2026-11-09"
A, B, SAFE = "doors[a]", "doors[b]", "safe"


def change(after: Json, before: Json = HIDDEN, cause: str = "ours", label: str = A) -> SecretChanges:
    return SecretChanges((FieldChange((label,), before, after, cause),))  # type: ignore[arg-type]


NOTHING = SecretChanges()
CASES: dict[str, tuple[Secret, str | None, dict[str, str], dict[str, str], SecretChanges]] = {
    # the secret, what the platform says now, remembered digests, remembered times → what becomes of it, less `loose`
    "as it was sent": (PIN, THEN, {A: DIGEST}, {"doors": THEN}, NOTHING),
    "as it was sent, and the platform says nothing": (PIN, None, {A: DIGEST}, {}, NOTHING),
    "as it was sent, and the time was not known": (PIN, NOW, {A: DIGEST}, {}, NOTHING),
    "another": (OTHER, THEN, {A: DIGEST}, {"doors": THEN}, change(OTHER)),
    "set by hand": (PIN, NOW, {A: DIGEST}, {"doors": THEN}, change(PIN, cause="drift")),
    "another, and set by hand": (OTHER, NOW, {A: DIGEST}, {"doors": THEN}, change(OTHER, cause="conflict")),
    "removed by hand": (PIN, "", {A: DIGEST}, {"doors": THEN}, change(PIN, ABSENT, "drift")),
    "none there": (PIN, "", {}, {}, change(PIN, ABSENT)),
    "never sent, as we remember": (PIN, None, {}, {"doors": ""}, change(PIN, ABSENT)),
    "never sent, and set by hand": (PIN, NOW, {}, {"doors": ""}, change(PIN, cause="conflict")),
    "nothing known": (PIN, None, {}, {}, SecretChanges(unverified=(A,))),
    "nothing known but that there is one": (PIN, NOW, {}, {}, SecretChanges(unverified=(A,))),
    "no value at hand": (UNKNOWN, THEN, {A: DIGEST}, {"doors": THEN}, SecretChanges(unverified=(A,))),
    "no value at hand, and set by hand": (UNKNOWN, NOW, {A: DIGEST}, {"doors": THEN}, change(UNKNOWN, cause="drift")),
    "another entry was sent": (PIN, THEN, {B: DIGEST}, {"doors": THEN}, change(PIN, ABSENT)),
    "another entry was sent, and set by hand": (
        PIN, NOW, {B: DIGEST}, {"doors": THEN}, change(PIN, cause="drift", label=B)._replace(unverified=(A,)),
    ),
}  # fmt: skip


def sides(secrets: dict[str, Secret], now: str | None, want: Json = None) -> PreparedSides:
    return PreparedSides({"doors": []} if want is None else want, {}, secrets=secrets, secret_times={"doors": now})


def entry(digests: dict[str, str], times: dict[str, str]) -> Managed:
    return Managed(Address("Book", "a"), "b1", secrets=digests, secret_times=times)


@pytest.mark.parametrize(("secret", "now", "digests", "times", "expected"), CASES.values(), ids=CASES)
def test_a_declared_secret(
    secret: Secret, now: str | None, digests: dict[str, str], times: dict[str, str], expected: SecretChanges
) -> None:
    also: dict[str, Secret] = {B: PIN} if B in digests else {}
    found = secret_changes(sides({A: secret, **also}, now), entry(digests, times), resend=False)
    assert found._replace(loose=frozenset()) == expected


@pytest.mark.parametrize("now", [None, THEN, NOW])
def test_every_secret_is_sent_where_that_is_asked_for(now: str | None) -> None:
    for digests in ({}, {A: DIGEST}):
        found = secret_changes(sides({A: PIN}, now), entry(digests, {}), resend=True)
        assert found.changes == (FieldChange((A,), HIDDEN, PIN),)


TAKEN: dict[str, tuple[str | None, Json, SecretChanges]] = {
    # what the platform says, what the manifest says → what becomes of one that was sent and is not declared
    "there": (THEN, {"doors": []}, change(ABSENT)._replace(loose=frozenset({A, "doors"}))),
    "not said": (None, {"doors": []}, change(ABSENT)._replace(loose=frozenset({A, "doors"}), unseen=(A,))),
    "set by hand": (NOW, {"doors": []}, change(ABSENT, cause="conflict")._replace(loose=frozenset({A}))),
    "gone already": ("", {"doors": []}, SecretChanges(loose=frozenset({"doors"}))),
    "the manifest does not speak of the field": (THEN, {"title": "A"}, NOTHING),
}


@pytest.mark.parametrize(("now", "want", "expected"), TAKEN.values(), ids=TAKEN)
def test_a_secret_that_is_no_longer_declared(now: str | None, want: Json, expected: SecretChanges) -> None:
    assert secret_changes(sides({}, now, want), entry({A: DIGEST}, {"doors": THEN}), resend=False) == expected


def test_what_a_manifest_says_openly_is_shown_so() -> None:
    found = secret_changes(sides({A: WriteOnlyValue("port", 443)}, ""), None, resend=False)
    assert found.changes == (FieldChange((A,), ABSENT, 443),)


def test_what_is_kept_where_nothing_is_to_be_done() -> None:
    known = entry({A: DIGEST, "safe": "x"}, {"doors": THEN})
    digests, times = memory_of_secrets(sides({}, NOW)._replace(secret_times={"doors": NOW, "shed": THEN}), known)
    assert (digests, times) == ({"safe": "x"}, {"doors": THEN, "shed": THEN}), "a time that moved is no news of ours"
    assert memory_of_secrets(sides({A: PIN}, None), None) == ({}, {})


def test_what_is_remembered_once_all_were_sent() -> None:
    assert sent_times([A], {"doors", "shed", "attic"}, {"attic": NOW}) == {"shed": "", "attic": NOW}


def test_the_field_of_a_secret() -> None:
    times = {"doors[a]": THEN, "doors[ab]": NOW, "shed": ""}
    labels = ("doors[a]", "doors[a][0]", "doors[a].pin", "doors[ab]", "doors", "shed[1].pin")
    assert [field_of(each, times) for each in labels] == ["doors[a]", "doors[a]", "doors[a]", "doors[ab]", None, "shed"]
    assert [time_of(each, times) for each in labels] == [THEN, THEN, THEN, NOW, None, ""]


WORDS: dict[str, tuple[FieldChange, str]] = {
    "none yet": (FieldChange((A,), ABSENT, PIN), "set"),
    "another": (FieldChange((A,), HIDDEN, PIN, "drift"), "rotate"),
    "it goes": (FieldChange((B,), HIDDEN, ABSENT), "remove"),
    "an entry of it goes": (FieldChange((f"{A}[1]",), HIDDEN, ABSENT), "remove"),
    "no secret": (FieldChange(("title",), "A", "B"), ""),
    "a field that is called so, and lies deeper": (FieldChange((A, "x"), "A", "B"), ""),
}


@pytest.mark.parametrize(("change", "word"), WORDS.values(), ids=WORDS)
def test_the_word_for_what_becomes_of_it(change: FieldChange, word: str) -> None:
    assert word_of(change, PreparedSides({}, {}, secrets={A: PIN}, secret_times={A: THEN, B: THEN})) == word
