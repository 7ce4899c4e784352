"""Who changed an object, and when, by the platform's audit log (docs/platform.md#audit-log): only where what it says
fits what the object says of itself, since a log may be late, or wrong."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from urllib.parse import unquote

from syncer.model.json_values import Json
from syncer.model.named_tuple import NamedTuple
from syncer.plan.document.timestamps import LastChange, seconds

APART = 60.0
"""Seconds that the log's time of a change may lie beside the object's own."""

_CHANGES = frozenset({"POST", "PUT", "PATCH", "DELETE"})


class AuditEvent(NamedTuple):
    """A change that somebody asked for. `path`: the parts of the request's path, without versions; `at`: seconds since
    1970 of `time`; `trigger`: what stood between the person and the call, "" for nothing."""

    time: str
    at: float
    by: str
    trigger: str
    method: str
    path: tuple[str, ...]


def events_of(reply: Json) -> list[AuditEvent]:
    """The changes in a page of the log; what has another form than it should is none."""
    logs = reply.get("logs") if isinstance(reply, dict) else None
    found = (_event(each) for each in logs or () if isinstance(each, dict)) if isinstance(logs, list) else ()
    return [each for each in found if each is not None]


def _event(entry: Mapping[str, Json]) -> AuditEvent | None:
    http, caller, status = (entry.get(name) for name in ("http", "caller", "status_code"))
    if not isinstance(http, dict) or not isinstance(caller, dict) or (isinstance(status, int) and status >= 400):
        return None
    time, path, method = entry.get("timestamp"), http.get("path"), http.get("method")
    by = next(
        (each for each in (caller.get("user_email"), caller.get("user_id")) if isinstance(each, str) and each), ""
    )
    at = seconds(time) if isinstance(time, str) else None
    if at is None or not isinstance(time, str) or not isinstance(path, str) or method not in _CHANGES or not by:
        return None
    trigger = caller.get("trigger_type")
    via = trigger if isinstance(trigger, str) and trigger != "user" else ""
    return AuditEvent(time, at, by, via, str(method), parts_of_path(path))


def parts_of_path(path: str) -> tuple[str, ...]:
    """`/v1/entity/schemas/contact?latest=true` → `("entity", "schemas", "contact")`."""
    parts = (unquote(part) for part in path.partition("?")[0].split("/"))
    return tuple(part for part in parts if part and not re.fullmatch(r"v\d+", part))


def attributed(
    seen: LastChange, place: tuple[str, ...], events: Iterable[AuditEvent], *, there: bool, since: float = 0.0
) -> LastChange:
    """What is known of an object's last change, with what the log says. `place`: the path under which it is written;
    `there`: whether it is still there; `since`: when it surely was, in seconds since 1970."""
    known = seconds(seen.changed_at)

    def fits(event: AuditEvent) -> bool:
        if not there:
            return event.method == "DELETE" and event.at >= since - APART
        return known is None or abs(event.at - known) <= APART

    fitting = [each for each in events if _about(each.path, place) and fits(each)]
    if not place or not fitting:
        return seen
    last = max(fitting, key=lambda each: each.at if known is None else -abs(each.at - known))
    return seen._replace(
        changed_at=seen.changed_at or last.time, changed_by=last.by, source=seen.source or last.trigger
    )


def _about(path: tuple[str, ...], place: tuple[str, ...]) -> bool:
    size = len(place)
    return any(path[at : at + size] == place for at in range(len(path) - size + 1))
