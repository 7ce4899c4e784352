"""Which soft limits a flow would pass: the platform refuses a write that does so under `enforce_limits`
(docs/platform.md#soft-limits)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from syncer.kinds.lenient_reader import items, mapping
from syncer.model.json_values import Json, Spec
from syncer.model.named_tuple import NamedTuple

ASSUMED: Mapping[str, int] = {"edges into it": 10, "branches": 20, "iterations": 100, "rules of entity sync": 20}
"""What is counted → how many there may be, where the platform has not said (docs/assumptions.md)."""

_WORDS = (("incoming", "edges into it"), ("branch", "branches"), ("iteration", "iterations"))
"""A word of a warning's `i18nKey` → what it counts; `sync` is the flow's own."""


class LimitCount(NamedTuple):
    """How many there are of what a soft limit counts; `task`: its id, "" for the flow as a whole."""

    task: str
    what: str
    number: int


def passed_limits(live: Json, goal: Spec) -> tuple[str, ...]:
    """In words, each soft limit that the goal passes and the live flow does not, or passes further: what a write is
    refused for. What is over a limit already, and no worse, is taken."""
    most = {**ASSUMED, **_said(live)}
    before = {(each.task, each.what): each.number for each in _counts(mapping(live))}
    names = {str(task.get("id")): task.get("name") or task.get("id") for task in items(goal.get("tasks"))}
    told = []
    for each in _counts(goal):
        now = before.get((each.task, each.what), 0)
        if each.number > max(most[each.what], now):
            where = f"task `{names[each.task]}`: " if each.task else ""
            there = f" ({now} live)" if live else ""
            known = "" if each.what in _said(live) else " as far as is known"
            told.append(
                f"{where}{each.number} {each.what}{there}, and at most {most[each.what]} are allowed{known}: the "
                "platform refuses more"
            )
    return tuple(told)


def _counts(flow: Mapping[str, Json]) -> Iterator[LimitCount]:
    into = Counter(str(edge.get("to_id")) for edge in items(flow.get("edges")))
    for task in items(flow.get("tasks")):
        id, iterations = str(task.get("id")), mapping(task.get("loop_config")).get("max_iterations")
        yield LimitCount(id, "edges into it", into[id])
        yield LimitCount(id, "branches", len(items(task.get("conditions"))))
        yield LimitCount(id, "iterations", iterations if isinstance(iterations, int) else 0)
    yield LimitCount("", "rules of entity sync", len(items(flow.get("entity_sync"))))


def _said(live: Json) -> dict[str, int]:
    """The limits that the platform names: it does so of those that a flow passes."""
    said = {}
    for warning in items(mapping(live).get("limit_warnings")):
        key, most = str(warning.get("i18nKey")), warning.get("max")
        what = next((what for word, what in (*_WORDS, ("sync", "rules of entity sync")) if word in key), "")
        if what and isinstance(most, int):
            said[what] = most
    return said
