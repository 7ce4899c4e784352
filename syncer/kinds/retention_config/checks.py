"""Checks a retention config's dates and filters: what passes unnoticed here deletes more than was meant."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator, Mapping

from syncer.kinds.lenient_reader import listed, mapping, mappings, repeated, text, texts
from syncer.model.diagnostic import Finding
from syncer.model.json_values import Json, Path

RULES = {
    "retention-date": "`start_date` and `end_date` are days of the calendar, and the end is not before the start.",
    "retention-over": "An enabled config whose `end_date` has passed deletes nothing any more.",
    "retention-start": "An enabled config says when it starts; without `start_date` deletion begins at once.",
    "retention-deleted": '`include_deleted` is `"false"`: a deletion has nothing to seek in the trash.',
    "retention-duplicate-filter": "A filter of the same type and the same schemas stands once.",
    "retention-lookback": "`lookback_period_days` is at least 1.",
    "retention-empty-list": "A list that narrows a filter isn't empty: it may then narrow nothing.",
    "retention-duplicate": "Nothing stands twice in a list that is a set.",
    "retention-schema": "The platform documents retention for contacts only.",
}
ACCEPTABLE = frozenset(RULES) - {"retention-over"}  # which only those who know the day can say
"""What a live config may break. A saved view that is private or another schema's is no such thing: nobody takes over
unseen what it deletes."""

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}\Z")
_NARROWING = ("related_entity_schemas", "workflow_status", "message_type")


def check_retention(spec: Mapping[str, Json], today: datetime.date | None = None) -> list[Finding]:
    """What is wrong with a config that may be partial; with `today` (UTC) what is over too. Paths begin at the spec."""
    query, schedule = mapping(spec.get("query")), mapping(spec.get("schedule"))
    return [
        *_schema(spec),
        *_schedule(spec, schedule, today),
        *_include_deleted(query),
        *_filters(query),
        *_twice(spec.get("relations_for_deletion"), ("relations_for_deletion",)),
    ]


def _schema(spec: Mapping[str, Json]) -> Iterator[Finding]:
    slug = text(spec.get("entity_schema"))
    if slug not in (None, "contact"):
        message = f"retention for `{slug}` is not documented, only for `contact`"
        hint = "the platform may refuse it, or accept it and do nothing; see docs/assumptions.md"
        yield Finding("retention-schema", message, ("entity_schema",), hint, "warning")


def _schedule(spec: Mapping[str, Json], schedule: Mapping[str, Json], today: datetime.date | None) -> Iterator[Finding]:
    days: dict[str, datetime.date] = {}
    for key in ("start_date", "end_date"):
        said = text(schedule.get(key))
        if said is None:
            continue
        day = _day(said)
        if day is None:
            yield Finding(
                "retention-date", f"`{said}` is no day of the calendar", ("schedule", key), "as in `2027-01-31`"
            )
        else:
            days[key] = day
    start, end = days.get("start_date"), days.get("end_date")
    if start and end and end < start:
        message = f"the schedule ends on `{end}`, before it starts on `{start}`"
        yield Finding("retention-date", message, ("schedule", "end_date"), "swap the two, or leave `end_date` out")
    elif end and today and end < today and spec.get("enabled") is True:
        message = f"the schedule ended on `{end}`, so nothing is deleted any more"
        yield Finding("retention-over", message, ("schedule", "end_date"), "write `enabled: false`", "warning")
    if spec.get("enabled") is True and "schedule" in spec and schedule.get("start_date") is None:
        message = "the config is enabled without a `start_date`, so deletion begins at once"
        yield Finding("retention-start", message, ("schedule",), "add a `start_date` in the future")


def _day(said: str) -> datetime.date | None:
    try:
        return datetime.date.fromisoformat(said) if _DAY.match(said) else None
    except ValueError:
        return None


def _include_deleted(query: Mapping[str, Json]) -> Iterator[Finding]:
    said = query.get("include_deleted")
    if said is None or said == "false" or (isinstance(said, str) and text(said) is None):
        return
    path = ("query", "include_deleted")
    if said is False:
        message = "`include_deleted` is the boolean false, the platform expects the word"
        yield Finding("retention-deleted", message, path, 'write `include_deleted: "false"`, or leave it out')
    else:
        message = f"`include_deleted` is `{str(said).lower()}`, so entities in the trash are deleted once more"
        yield Finding("retention-deleted", message, path, "leave it out")


def _filters(query: Mapping[str, Json]) -> Iterator[Finding]:
    filters = list(mappings(query.get("filters")))
    keys = ["\0".join([str(item.get("type")), *sorted(_schemas(item))]) for _, item in filters]
    for again, first in repeated(keys):
        index, item = filters[again]
        message = f"filter `{item.get('type')}` stands twice for the same schemas"
        hint = f"filter {filters[first][0]} says it already; keep one"
        yield Finding("retention-duplicate-filter", message, ("query", "filters", index), hint)
    for index, item in filters:
        path: Path = ("query", "filters", index)
        days = item.get("lookback_period_days")
        if isinstance(days, int) and not isinstance(days, bool) and days < 1:
            message = f"`lookback_period_days` is {days}, so every contact counts as silent"
            yield Finding("retention-lookback", message, (*path, "lookback_period_days"), "look back at least 1 day")
        for key in _NARROWING:
            if item.get(key) == []:
                message = f"`{key}` is empty, so the filter may narrow nothing"
                hint = (
                    "name at least one, or remove the filter"
                    if key == _NARROWING[0]
                    else "name at least one, or leave it out"
                )
                yield Finding("retention-empty-list", message, (*path, key), hint)
            yield from _twice(item.get(key), (*path, key))


def _schemas(item: Mapping[str, Json]) -> list[str]:
    schemas = item.get("related_entity_schemas")
    return [str(schema) for schema in schemas] if isinstance(schemas, list) else []


def _twice(value: Json, path: Path) -> Iterator[Finding]:
    words = list(texts(value))
    names = dict.fromkeys(words[again][1] for again, _ in repeated(word for _, word in words))
    if names:
        index = next(words[again][0] for again, _ in repeated(word for _, word in words))
        message = f"{listed(names)} stands more than once in `{path[-1]}`"
        yield Finding("retention-duplicate", message, (*path, index), "keep it once", "warning")
