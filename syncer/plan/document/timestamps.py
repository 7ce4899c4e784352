"""When a live object was changed and by whom, as far as the platform says so, and how that lies to the last apply."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Literal

from syncer.model.address import Address
from syncer.model.json_values import Json
from syncer.model.kind import DateFields
from syncer.model.named_tuple import NamedTuple

When = Literal["after", "before", ""]
"""How a change lies to the last apply; "" where that is not known."""


class LastChange(NamedTuple):
    """What an object, or a version of it, says of itself; "" for what it does not say. Times as the platform writes
    them: `2026-03-02T09:14:03.120Z`."""

    created_at: str = ""
    created_by: str = ""
    changed_at: str = ""
    changed_by: str = ""
    version: str = ""
    comment: str = ""
    source: str = ""

    @classmethod
    def of(cls, dated: DateFields, live: Json) -> LastChange:
        """What the object says, by its kind's table of where it says it."""
        return cls(*(_text(_at(live, path)) for path in dated))


UNSEEN = LastChange()
"""What an object says that is no longer there."""


class LastRun(NamedTuple):
    """The last apply that this machine knows of. `time`: seconds since 1970 when it began; `wrote`: what each object
    that it wrote said of its own age afterwards."""

    run: str
    time: float
    wrote: Mapping[Address, Mapping[str, Json]]

    @property
    def moment(self) -> str:
        """`2026-03-02T09:14:03Z`."""
        return datetime.datetime.fromtimestamp(self.time, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def when(address: Address, seen: LastChange, applied: LastRun | None, *, there: bool) -> When:
    """Whether the object's last change came before or after the last apply. What that apply itself wrote is told by
    the platform's own stamp, the rest by the clocks of both machines. `there`: whether the object is still there."""
    if applied is None:
        return ""
    stamps = applied.wrote.get(address)
    if stamps is not None and not there:
        return "after"
    if stamps and seen.changed_at:
        return "" if seen.changed_at in stamps.values() else "after"
    moment = seconds(seen.changed_at)
    if moment is None:
        return ""
    return "after" if moment > applied.time else "before"


def since(address: Address, versions: list[LastChange], applied: LastRun | None) -> tuple[LastChange, ...]:
    """The versions that the last apply did not know, newest first; only the newest where that cannot be told."""
    if applied is None:
        return tuple(versions[:1])
    stamps = applied.wrote.get(address, {})
    known = str(stamps.get("version", ""))
    newer = []
    for each in versions:
        if known and each.version == known:
            break
        moment = seconds(each.changed_at)
        if not known and (moment is None or moment <= applied.time):
            break
        newer.append(each)
    return tuple(newer or versions[:1])


def seconds(text: str) -> float | None:
    """Seconds since 1970 of a time as the platform writes it; None for anything else."""
    try:
        moment = datetime.datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment.timestamp() if moment.tzinfo else None


def _at(live: Json, path: str) -> Json:
    value = live
    for name in path.split(".") if path else ():
        value = value.get(name) if isinstance(value, dict) else None
    return value if path else None


def _text(value: Json) -> str:
    """A text or number as text; `{id, type}` of a version's source as `type id`."""
    if isinstance(value, dict):
        parts = (value.get("type"), value.get("id"))
        return " ".join(part for part in parts if isinstance(part, str) and part)
    return str(value) if isinstance(value, (str, int)) and not isinstance(value, bool) else ""
