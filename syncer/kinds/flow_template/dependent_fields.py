"""Fields of a live flow that make no sense any more once the field that chose them has changed, and values whose order
says nothing. Pure; works on a manifest that uses live ids already.

A live field that the manifest does not declare stays, as everywhere. But the `duration` of a delayed schedule that
becomes immediate, or the `entity_schema` of a trigger that becomes an automation, is no value of its own: it goes with
what it belonged to, and the plan shows it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

from syncer.kinds.lenient_reader import items, mapping, mappings
from syncer.model.json_values import Json, Path, Spec
from syncer.model.unexpected_reply import word_at

OF_A_TASK_TYPE: Final = (
    "automation_config",
    "trigger_mode",
    "schedule",
    "created_automatically",
    "conditions",
    "loop_config",
    "allow_parallel_execution",
    "agent_config",
)
OF_AN_ATTRIBUTE: Final = (
    "attribute",
    "attributes",
    "attributes_match",
    "attribute_sub_field",
    "attribute_operation",
    "date_offset",
)
SETS: Final = ("any_of", "none_of")


def settle(want: Spec, have: Spec) -> None:
    """Change `want` in place: `null` for what goes with a changed choice, the live order for sets of values."""
    _due(want, have)
    _trigger(want.get("trigger"), have.get("trigger"))
    for name in ("additional_triggers", "phases", "tasks"):
        live = _by_id(have.get(name), (name,))
        for item in items(want.get(name)):
            there = live.get(item["id"], {}) if item.get("id") is not None else {}
            if name == "additional_triggers":
                _trigger(item, there)
                continue
            _due(item, there)
            if name == "tasks":
                _task(item, there, mapping(want.get("trigger")).get("id"))


def _by_id(value: Json, path: Path) -> dict[Json, Mapping[str, Json]]:
    """The live items by their ids."""
    return {word_at(each.get("id"), (*path, at, "id")): each for at, each in mappings(value)}


def _due(want: Mapping[str, Json], have: Mapping[str, Json]) -> None:
    _chosen(want.get("due_date_config"), have.get("due_date_config"), ("type",), ("task_id", "phase_id"))


def _trigger(want: Json, have: Json) -> None:
    _chosen(want, have, ("type",), [name for name in mapping(have) if name not in ("id", "type")])


def _task(want: dict[str, Json], have: Mapping[str, Json], own_trigger: Json) -> None:
    _chosen(want, have, ("task_type",), OF_A_TASK_TYPE)
    schedule, live = want.get("schedule"), have.get("schedule")
    _chosen(schedule, live, ("mode",), list(mapping(live)))
    _chosen(mapping(schedule).get("reference"), mapping(live).get("reference"), ("origin",), ("schema", "attribute"))
    conditions = _by_id(have.get("conditions"), ("tasks", "conditions"))
    for _, condition in mappings(want.get("conditions")):
        theirs = mapping(conditions.get(condition.get("id"))).get("statements")
        statements = _by_id(theirs, ("tasks", "conditions", "statements"))
        for statement in items(condition.get("statements")):
            there = statements.get(statement.get("id"), {})
            _chosen(statement.get("source"), there.get("source"), ("attribute", "attributes"), OF_AN_ATTRIBUTE)
            _names_no_trigger(statement.get("source"), there.get("source"), own_trigger)
            _as_a_set(statement, there)


def _chosen(want: Json, have: Json, by: Collection[str], dependent: Collection[str]) -> None:
    """Where one of the fields `by` is declared and differs, dependent live fields that are not declared are emptied."""
    if not isinstance(want, dict) or not isinstance(have, dict) or not have:
        return
    if any(name in want and want[name] != have.get(name) for name in by):
        for name in dependent:
            if name in have and name not in want:
                want[name] = None


def _names_no_trigger(want: Json, have: Json, own_trigger: Json) -> None:
    """A live source that names no trigger means the flow's own, as a manifest's does: it is given no id unasked."""
    bare = isinstance(have, dict) and have.get("origin") == "trigger" and have.get("id") in (None, "")
    if bare and isinstance(want, dict) and want.get("origin") == "trigger" and want.get("id") == own_trigger:
        want.pop("id", None)


def _as_a_set(want: dict[str, Json], have: Mapping[str, Json]) -> None:
    ours, theirs = want.get("values"), have.get("values")
    if want.get("operator") not in SETS or not isinstance(ours, list) or not isinstance(theirs, list):
        return
    if sorted(map(str, ours)) == sorted(map(str, theirs)):
        want["values"] = theirs
