"""Which version `track` and `minimum` follow: the newest that may be followed, and what is passed over is said."""

from __future__ import annotations

from typing import Any

import pytest

from syncer.kinds.app_installation.kind import KIND
from syncer.kinds.app_installation.versions import target_version
from syncer.model.address import Address
from syncer.model.kind import Context
from syncer.model.unexpected_reply import UnexpectedReply

Json = Any
APP = "c451c26a-cc7a-4c1c-92bf-1c6246cbfe88"
OLD = {"deprecated_at": "2026-01-01T00:00:00Z"}
"""Marks of a version that is deprecated; others: not reviewed, private, private as older readers say it, beta."""
PENDING, PRIVATE, SHUT, BETA = {"pending": True}, {"visibility": "private"}, {"public": False}, {"is_beta": True}
OPEN = {"visibility": "public"}


def version(number: str, marks: Json = None) -> Json:
    return {"version": number, "components": [{"id": "c1"}], **(OPEN if marks is None else marks)}


def page(*listed: Json, shown: Json = None, latest: str = "", **more: Json) -> Json:
    """The reply that tells the versions of an app: one in full, the others in its list."""
    whole = shown or listed[-1]
    return {"app_id": APP, **whole, "latest_version": latest or whole["version"], "versions": [*listed], **more}


def live(installed: str | None) -> Json:
    return installed and {"app_id": APP, "installed_version": installed, "enabled": True, "components": [{"id": "c1"}]}


def followed(policy: str, wanted: str | None, installed: str | None, answers: Json) -> tuple[str | None, list[str]]:
    """(version that is reached, what is said of others)."""
    made = _context({"app_id": APP, **({"version": wanted} if wanted else {})}, live(installed), policy, answers)
    said = [each for each in KIND.prepare(made).notices if "is not followed" in each]
    return target_version(made), said


def _context(want: Json, have: Json, policy: str, answers: Json) -> Any:
    return Context(
        Address("AppInstallation", "credit"), want, have, parts={}, policy={"version": policy}, answers=answers,
        last={}, today="2026-11-22",
    )  # fmt: skip


def over(number: str, why: str, newest: str) -> str:
    return f"version {number} is {why} and is not followed: {newest} is the newest that is"


ALL = [version("1.4.2"), version("1.5.0")]
TRACK: dict[str, tuple[Json, str, list[str]]] = {
    # what is on offer where 1.4.2 is installed → which version is followed, what is said
    "nothing newer": ({"public": page(version("1.4.2"))}, "1.4.2", []),
    "a newer one": ({"public": page(*ALL)}, "1.5.0", []),
    "a beta": ({"public": page(*ALL, version("1.6.0", {**OPEN, **BETA}))}, "1.6.0", []),
    "numbers count, not letters": ({"public": page(*ALL, version("1.10.0"), version("1.9.0"))}, "1.10.0", []),
    "deprecated": (
        {"public": page(*ALL, version("1.6.0", OPEN | OLD))}, "1.5.0", [over("1.6.0", "deprecated", "1.5.0")],
    ),
    "only a deprecated one": (
        {"public": page(version("1.4.2"), version("1.6.0", OPEN | OLD))},
        "1.4.2", [over("1.6.0", "deprecated", "1.4.2")],
    ),
    "not reviewed": (
        {"public": page(*ALL, version("1.6.0", OPEN | PENDING))}, "1.5.0", [over("1.6.0", "not reviewed yet", "1.5.0")],
    ),
    "not reviewed, and called the latest": (
        {"public": page(*ALL, version("1.6.0", OPEN | PENDING), shown=version("1.5.0"), latest="1.6.0")},
        "1.5.0", [over("1.6.0", "not reviewed yet", "1.5.0")],
    ),
    "private": (
        {"public": page(*ALL, version("1.6.0", PRIVATE), shown=version("1.5.0"))},
        "1.5.0", [over("1.6.0", "private", "1.5.0")],
    ),
    "private, as older readers say it": (
        {"public": page(*ALL, version("1.6.0", SHUT), shown=version("1.5.0"))},
        "1.5.0", [over("1.6.0", "private", "1.5.0")],
    ),
    "private, and one's own": (
        {"public": None, "own": page(*ALL, version("1.6.0", PRIVATE))}, "1.6.0", [],
    ),
    "one's own, not reviewed": (
        {"public": None, "own": page(*ALL, version("1.6.0", PRIVATE | PENDING))},
        "1.5.0", [over("1.6.0", "not reviewed yet", "1.5.0")],
    ),
    "the latest, of which nothing is said": (
        {"public": page(*ALL, latest="1.6.0")}, "1.5.0", [over("1.6.0", "not described", "1.5.0")],
    ),
    "several": (
        {"public": page(*ALL, version("1.7.0", OPEN | OLD), version("1.6.0", PRIVATE), shown=version("1.5.0"))},
        "1.5.0", [over("1.6.0", "private", "1.5.0"), over("1.7.0", "deprecated", "1.5.0")],
    ),
    "numbers only": ({"public": {**page(version("1.5.0")), "versions": ["1.4.2", "1.5.0"]}}, "1.5.0", []),
    "no page at all": ({"public": None, "own": None}, "1.4.2", []),
}  # fmt: skip


@pytest.mark.parametrize(("answers", "reached", "said"), TRACK.values(), ids=TRACK)
def test_track(answers: Json, reached: str, said: list[str]) -> None:
    assert followed("track", None, "1.4.2", answers) == (reached, said)


NEWEST = {"newest public": page(*ALL, version("1.6.0"), version("1.7.0", OPEN | OLD))}
MINIMUM: dict[str, tuple[str | None, Json, str, list[str]]] = {
    # installed, what is on offer where 1.5.0 is to be there at least → which version is reached, what is said
    "there": ("1.5.0", {}, "1.5.0", []),
    "above": ("1.6.0", {}, "1.6.0", []),
    "to be had": ("1.4.2", {"public": version("1.5.0"), **NEWEST}, "1.5.0", []),
    "not installed, to be had": (None, {"public": version("1.5.0"), **NEWEST}, "1.5.0", []),
    "deprecated": (
        "1.4.2", {"public": version("1.5.0", OPEN | OLD), **NEWEST}, "1.6.0",
        [over("1.5.0", "deprecated", "1.6.0"), over("1.7.0", "deprecated", "1.6.0")],
    ),
    "not installed, deprecated": (
        None, {"public": version("1.5.0", OPEN | OLD), **NEWEST}, "1.6.0",
        [over("1.5.0", "deprecated", "1.6.0"), over("1.7.0", "deprecated", "1.6.0")],
    ),
    "gone, or private": (
        "1.4.2", {"public": None, "own": None, "newest public": page(version("1.4.2"), version("1.6.0"))}, "1.6.0",
        [over("1.5.0", "not available", "1.6.0")],
    ),
    "not reviewed": (
        "1.4.2", {"public": version("1.5.0", PENDING), "newest public": page(version("1.6.0"))}, "1.6.0",
        [over("1.5.0", "not reviewed yet", "1.6.0")],
    ),
    "private, and one's own": (
        "1.4.2", {"public": None, "own": version("1.5.0", PRIVATE), "newest own": page(version("1.6.0", PRIVATE))},
        "1.5.0", [],
    ),
    "deprecated, and nothing above it": (
        "1.4.2", {"public": version("1.5.0", OPEN | OLD), "newest public": page(version("1.4.2"))}, "1.5.0", [],
    ),
    "no page at all": ("1.4.2", {"public": None, "own": None, "newest public": None}, "1.5.0", []),
}  # fmt: skip


@pytest.mark.parametrize(("installed", "answers", "reached", "said"), MINIMUM.values(), ids=MINIMUM)
def test_minimum(installed: str | None, answers: Json, reached: str, said: list[str]) -> None:
    assert followed("minimum", "1.5.0", installed, answers) == (reached, said)


@pytest.mark.parametrize(
    ("name", "rule"),
    [("deprecated, and nothing above it", "deprecated-version"), ("no page at all", "no-such-version")],
)
def test_what_may_not_be_had_is_an_error(name: str, rule: str) -> None:
    installed, answers, *_ = MINIMUM[name]
    found = KIND.prepare(_context({"app_id": APP, "version": "1.5.0"}, live(installed), "minimum", answers)).findings
    assert [each.rule for each in found] == [rule]


def test_a_page_that_says_nothing_of_a_version_is_none() -> None:
    """It would read as if there were nothing newer."""
    with pytest.raises(UnexpectedReply):
        followed("track", None, "1.4.2", {"public": {"some": "thing"}})


def test_a_minimum_asks_what_else_there_is() -> None:
    asked = KIND.asks(_context({"app_id": APP, "version": "1.5.0"}, live("1.4.2"), "minimum", {}))
    assert {name: call.path for name, call in asked.items()} == {
        "public": f"/v1/app-configurations/public/{APP}?version=1.5.0",
        "own": f"/v1/app-configurations/{APP}/versions/1.5.0",
        "newest public": f"/v1/app-configurations/public/{APP}",
        "newest own": f"/v1/app-configurations/{APP}",
    }
    assert KIND.asks(_context({"app_id": APP, "version": "1.4.0"}, live("1.4.2"), "minimum", {})) == {}
