"""Fields of a live flow that make no sense any more once the field that chose them has changed, and values whose order
says nothing. Pure; works on a manifest that uses live ids already.

A live field that the manifest does not declare stays, as everywhere. But the `duration` of a delayed schedule that
becomes immediate, or the `entity_schema` of a trigger that becomes an automation, is no value of its own: it goes with
what it belonged to, and the plan shows it.
"""

from __future__ import annotations

import copy
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from syncer.kinds.flow_template.inline_automations import triggers_of
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


def settle(want: Spec, have: Spec, last: Spec) -> Spec:
    """Change `want` in place: `null` for what goes with a changed choice, the live order for sets of values. Returns
    `last` with the same `null`s where the choice is what it was then: what goes with a change by hand is by hand."""
    pass_ = _Settling()
    pass_.flow(want, have, last)
    if not pass_.by_hand:
        return last
    copies: dict[int, Json] = {}
    then: Spec = copy.deepcopy(last, copies)
    for holder, name in pass_.by_hand:
        copies[id(holder)][name] = None
    return then


@dataclass(slots=True)
class _Settling:
    """One walk over a flow. `by_hand`: (mapping of the last apply, field) of what goes with a change by hand."""

    by_hand: list[tuple[Mapping[str, Json], str]] = field(default_factory=list)

    def flow(self, want: Spec, have: Spec, last: Spec) -> None:
        """All of it."""
        self._due(want, have, last)
        self._defaults(want, have, last)
        triggers, then = (_triggers_by_id(side) for side in (have, last))
        if isinstance(own := want.get("trigger"), dict):
            self._moved(own, mapping(have.get("trigger")), triggers, mapping(last.get("trigger")))
            self._trigger(own, triggers.get(own.get("id"), have.get("trigger")), then.get(own.get("id")))
        for name in ("additional_triggers", "phases", "tasks"):
            live, before = _by_id(have.get(name), (name,)), _by_id(last.get(name), (name,))
            for item in items(want.get(name)):
                key = item.get("id")
                there, once = (live.get(key, {}), before.get(key)) if key is not None else ({}, None)
                if name == "additional_triggers":
                    self._trigger(item, triggers.get(key) if key is not None else {}, then.get(key))
                    continue
                self._due(item, there, once)
                if name == "tasks":
                    self._task(item, there, mapping(once), mapping(want.get("trigger")).get("id"))

    def _defaults(self, want: Spec, have: Spec, last: Spec) -> None:
        """A decision has one default branch: where the manifest says which, no other live edge of it is one."""
        live, then = (_by_id(side.get("edges"), ("edges",)) for side in (have, last))
        ours = items(want.get("edges"))
        chosen = {str(each.get("from_id")): each.get("id") for each in ours if each.get("none_met") is True}
        for each in ours:
            start, there = str(each.get("from_id")), live.get(each.get("id"), {})
            if start in chosen and "none_met" not in each and there.get("none_met") is True:
                each["none_met"] = None
                if mapping(then.get(chosen[start])).get("none_met") is True and each.get("id") in then:
                    self.by_hand.append((then[each["id"]], "none_met"))

    def _due(self, want: Mapping[str, Json], have: Mapping[str, Json], last: Json) -> None:
        sides = (each.get("due_date_config") for each in (want, have, mapping(last)))
        self._chosen(sides, by=("type",), dependent=("task_id", "phase_id"))

    def _moved(
        self,
        want: dict[str, Json],
        have: Mapping[str, Json],
        triggers: Mapping[Json, Mapping[str, Json]],
        last: Mapping[str, Json],
    ) -> None:
        """Where another trigger is the flow's own, what only the old one has goes with it."""
        if have.get("id") is not None and want.get("id") not in (None, have["id"]):
            new = triggers.get(want["id"], {})
            self._chosen((want, have, last), by=("id",), dependent=[name for name in have if name not in new])

    def _trigger(self, want: Json, have: Json, last: Json) -> None:
        dependent = [name for name in mapping(have) if name not in ("id", "type")]
        self._chosen((want, have, last), by=("type",), dependent=dependent)

    def _task(
        self, want: dict[str, Json], have: Mapping[str, Json], last: Mapping[str, Json], own_trigger: Json
    ) -> None:
        self._chosen((want, have, last), by=("task_type",), dependent=OF_A_TASK_TYPE)
        schedules = [side.get("schedule") for side in (want, have, last)]
        self._chosen(schedules, by=("mode",), dependent=list(mapping(schedules[1])))
        references = (mapping(each).get("reference") for each in schedules)
        self._chosen(references, by=("origin",), dependent=("schema", "attribute"))
        conditions, then = (_by_id(side.get("conditions"), ("tasks", "conditions")) for side in (have, last))
        for _, condition in mappings(want.get("conditions")):
            theirs, before = (
                _by_id(mapping(side.get(condition.get("id"))).get("statements"), ("tasks", "conditions", "statements"))
                for side in (conditions, then)
            )
            for statement in items(condition.get("statements")):
                there, once = theirs.get(statement.get("id"), {}), mapping(before.get(statement.get("id")))
                sources = (side.get("source") for side in (statement, there, once))
                self._chosen(sources, by=("attribute", "attributes"), dependent=OF_AN_ATTRIBUTE)
                _names_no_trigger(statement.get("source"), there.get("source"), own_trigger)
                _as_a_set(statement, there)

    def _chosen(self, sides: Iterable[Json], by: Collection[str], dependent: Collection[str]) -> None:
        """Where one of the fields `by` is declared and differs, dependent live fields that are not declared are
        emptied. `sides`: declared, live, at the last apply."""
        want, have, last = sides
        if not isinstance(want, dict) or not isinstance(have, dict) or not have:
            return
        moved = [name for name in by if name in want and want[name] != have.get(name)]
        gone = [name for name in dependent if moved and name in have and name not in want]
        then = mapping(last)
        if gone and then and all(then.get(name) == want[name] for name in moved):
            self.by_hand += [(then, name) for name in gone if name not in then]
        want |= dict.fromkeys(gone)


def _triggers_by_id(side: Spec) -> dict[Json, Mapping[str, Json]]:
    found: dict[Json, Mapping[str, Json]] = {}
    for at, each in triggers_of(side):
        path: Path = ("additional_triggers", at - 1, "id") if at else ("trigger", "id")
        found[word_at(each.get("id"), path)] = each
    return found


def _by_id(value: Json, path: Path) -> dict[Json, Mapping[str, Json]]:
    """The live items by their ids."""
    return {word_at(each.get("id"), (*path, at, "id")): each for at, each in mappings(value)}


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
