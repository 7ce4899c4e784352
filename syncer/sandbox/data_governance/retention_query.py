"""Which entities a retention query means: a saved view's filters and the five kinds of narrowing; pure.

Workflows of an entity are its `_workflows: [{status}]`, a convention of this sandbox: executions are no part of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta

from syncer.sandbox.entity.entities import related_ids
from syncer.sandbox.entity.search import values_at
from syncer.sandbox.store import Json

_CLOSED = {"closed", "cancelled", "canceled", "done", "won", "lost", "completed"}


def matching(
    base: list[Json], everything: list[Json], view: Mapping[str, Json], filters: Iterable[Json], now: datetime
) -> list[Json]:
    """The entities of `base` that the view shows and that every filter keeps."""
    near = _neighbours(everything)
    keeps = [_keeps(each, near, now) for each in filters]
    return [entity for entity in base if _shown(entity, view) and all(keep(entity) for keep in keeps)]


def _shown(entity: Json, view: Mapping[str, Json]) -> bool:
    """Whether a view's filters, a table of field to value or values, show an entity."""
    for field, wanted in view.items():
        wishes = wanted if isinstance(wanted, list) else [wanted]
        have = {str(value).lower() for value in values_at(entity, field)}
        if wishes and not have & {str(wish).lower() for wish in wishes}:
            return False
    return True


def _neighbours(everything: list[Json]) -> Callable[[Json], list[Json]]:
    by_id = {entity["_id"]: entity for entity in everything}
    pointing: dict[str, list[Json]] = {}
    for entity in everything:
        for id in related_ids(entity):
            pointing.setdefault(id, []).append(entity)

    def near(entity: Json) -> list[Json]:
        named = [by_id[id] for id in related_ids(entity) if id in by_id]
        return [*named, *pointing.get(entity["_id"], ())]

    return near


def _keeps(each: Json, near: Callable[[Json], list[Json]], now: datetime) -> Callable[[Json], bool]:
    slugs = set(each.get("related_entity_schemas", ()))
    statuses = {word.lower() for word in each.get("workflow_status", ())} or _CLOSED

    def related(entity: Json) -> list[Json]:
        return [other for other in near(entity) if other["_schema"] in slugs]

    def flows_closed(entity: Json) -> bool:
        return all(str(each["status"]).lower() in statuses for each in entity.get("_workflows", ()))

    def silent(entity: Json) -> bool:
        since = (now - timedelta(days=each.get("lookback_period_days", 0))).isoformat()
        kinds = set(each.get("message_type", ("SENT", "RECEIVED")))
        return not any(
            other["_schema"] == "message" and other.get("type", "SENT") in kinds and other["_created_at"] >= since
            for other in near(entity)
        )

    return {
        "no_related_entities": lambda entity: not related(entity),
        "related_entities_all_in_closed_or_cancelled_status": lambda entity: all(
            str(other.get("status", "")).lower() in _CLOSED for other in related(entity)
        ),
        "entity_workflows_only_in_closed_or_cancelled_status": flows_closed,
        "related_entities_workflows_only_in_closed_or_cancelled_status": lambda entity: all(
            flows_closed(other) for other in related(entity)
        ),
        "no_email_communication_since": silent,
    }[each["type"]]
