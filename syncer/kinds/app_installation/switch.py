"""Whether an app is on after a change, as far as its options tell; asks nobody
(docs/platform.md#installation-of-an-app)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from syncer.model.diagnostic import Finding
from syncer.model.json_values import Json


def may_be_off(policy: Mapping[str, Json], live: Json) -> bool:
    """Whether the app need not be on: the policy says so, and it is not on now."""
    return policy.get("allow_disabled") is True and not (isinstance(live, dict) and live.get("enabled") is True)


def allowed_for_nothing(policy: Mapping[str, Json], live: Json) -> tuple[str, ...]:
    """What the policy allows an app that is on, for which it says nothing."""
    on = isinstance(live, dict) and live.get("enabled") is True
    return ("allow_disabled",) if on and policy.get("allow_disabled") is True else ()


def of_running(missing: Iterable[Finding], live: Json) -> Iterator[Finding]:
    """What an app lacks that is to be on; of one that is on now, that nothing allows it to go off."""
    on = isinstance(live, dict) and live.get("enabled") is True
    for each in missing:
        yield each._replace(hint=f"{each.hint.partition(', or')[0]}: {STAYS}") if on else each


STAYS = "the app is on, and `allow_disabled` is for one that is off"


def foreseen(missing: Sequence[Finding], live: Json, changed: bool) -> Iterator[str]:
    """That an app which may be off is off after the change, and what it lacks. `missing`: its required options without
    a value; `changed`: whether anything is written that could switch it on."""
    if missing and (changed or not live):
        then = "stays off" if live else "is off once it is installed"
        yield f"the app {then}: {'; '.join(each.message for each in missing)}"
