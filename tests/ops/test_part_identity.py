"""Which part is which: every keyed part of every kind that has some, moved, renamed, swapped, removed and made anew; in
the manifest, by hand, and both; applied and pulled. Ids are compared byte by byte.

`pytest tests/ops -k identity --collect-only -q` prints how many cells there are, with those of flows and of schemas
alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from syncer.kinds import KINDS
from syncer.model.field_rules import Shape
from tests.support.part_identity import EDITS, PARTS, Bench, Part, moved, part_at, renamed, with_key

CELLS = [(part, edit) for part in PARTS for edit in PARTS[part].edits()]
cells = pytest.mark.parametrize(("part", "edit"), CELLS, ids=[" ".join(each) for each in CELLS])
every_part = pytest.mark.parametrize("part", PARTS)


@cells
def test_in_the_manifest(begin: Callable[[Part], Bench], part: str, edit: str) -> None:
    sort = PARTS[part]
    bench = begin(sort)
    ids, kept = bench.ids(sort), bench.live_key(sort, sort.one)
    bench.edit(lambda spec: EDITS[edit](sort, spec, sort.one, sort.two))
    said = part_at(sort, bench.manifest["spec"], sort.one)
    bench.world.apply()
    assert bench.ids(sort) == ids
    if sort.title not in ("", "to_id"):
        assert part_at(sort, bench.live(), kept)[sort.title] == said[sort.title]
    bench.settled()


@cells
def test_by_hand_and_taken_back(begin: Callable[[Part], Bench], part: str, edit: str) -> None:
    sort = PARTS[part]
    bench = begin(sort)
    ids, one, two = bench.ids(sort), bench.live_key(sort, sort.one), bench.live_key(sort, sort.two)
    bench.hand(lambda live: EDITS[edit](sort, live, one, two))
    causes = {each.cause for change in bench.world.plan().plan.changes for each in change.fields}
    assert causes <= {"drift"}
    bench.world.apply()
    assert bench.ids(sort) == ids
    assert part_at(sort, bench.live(), one).get(sort.title) == part_at(sort, bench.before, one).get(sort.title)
    bench.settled()


@cells
def test_by_hand_and_taken_over(begin: Callable[[Part], Bench], part: str, edit: str) -> None:
    sort = PARTS[part]
    bench = begin(sort)
    ids, one, two = bench.ids(sort), bench.live_key(sort, sort.one), bench.live_key(sort, sort.two)
    bench.hand(lambda live: EDITS[edit](sort, live, one, two))
    bench.pull()
    bench.settled()
    assert bench.ids(sort) == ids


@cells
def test_both_at_once(begin: Callable[[Part], Bench], part: str, edit: str) -> None:
    """Renamed in the manifest, and something else by hand: the part keeps its id and has the manifest's name."""
    sort = PARTS[part]
    bench = begin(sort)
    ids, one, two = bench.ids(sort), bench.live_key(sort, sort.one), bench.live_key(sort, sort.two)
    bench.edit(lambda spec: (renamed if sort.title else moved)(sort, spec, sort.one, sort.two))
    bench.hand(lambda live: EDITS[edit](sort, live, one, two))
    said = part_at(sort, bench.manifest["spec"], sort.one)
    bench.world.apply()
    assert bench.ids(sort) == ids
    if sort.title not in ("", "to_id"):
        assert part_at(sort, bench.live(), one)[sort.title] == said[sort.title]
    bench.settled()


REMADE = {name: part for name, part in PARTS.items() if part.key == "id" and name != "statement"}


@pytest.mark.parametrize("part", REMADE)
def test_made_anew_by_hand_and_taken_back(begin: Callable[[Part], Bench], part: str) -> None:
    """What somebody removed and made again under the same name is another part: both are shown as done by hand."""
    sort = REMADE[part]
    bench = begin(sort)
    ids, one = bench.ids(sort), bench.live_key(sort, sort.one)
    bench.hand(lambda live: with_key(live, one, "made-anew"))
    planned = bench.world.plan().plan.changes
    assert {each.cause for change in planned for each in change.fields} == {"drift"}
    bench.world.apply()
    there = [each for each in bench.ids(sort) if each[0] != "made-anew" or part != "group"]
    assert there == ids
    bench.settled()


@pytest.mark.parametrize("part", [each for each in REMADE if each != "group"])
def test_made_anew_by_hand_and_taken_over(begin: Callable[[Part], Bench], part: str) -> None:
    """It has a key of its own, so that no other state takes it for the old one."""
    sort = REMADE[part]
    bench = begin(sort)
    one = bench.live_key(sort, sort.one)
    bench.hand(lambda live: with_key(live, one, "made-anew"))
    ids = bench.ids(sort)
    bench.pull()
    bench.settled()
    assert bench.ids(sort) == ids
    bench.world.forget()
    assert bench.world.changes() == {}


@pytest.mark.parametrize("part", REMADE)
def test_both_made_anew_and_renamed(begin: Callable[[Part], Bench], part: str) -> None:
    sort = REMADE[part]
    bench = begin(sort)
    ids, one = bench.ids(sort), bench.live_key(sort, sort.one)
    bench.edit(lambda spec: renamed(sort, spec, sort.one, sort.two))
    bench.hand(lambda live: with_key(live, one, "made-anew"))
    bench.world.apply()
    assert [each for each in bench.ids(sort) if each[0] != "made-anew" or part != "group"] == ids
    bench.settled()


OF_SCHEMAS = {
    "settings_flag": "setting's flag",
    "options": "option",
    "currency": "currency",
    "columns": "column",
    "attributes": "attribute",
    "capabilities": "capability",
    "group_settings": "group",
    "group_headlines": "headline",
    "conditions": "condition",
}
"""By the last word of its path: the same list stands in several places of a schema, by one rule."""
COVERED = {
    "AppInstallation": {"option_values": "app's component", "options": "app's option"},
    "EntitySchema": OF_SCHEMAS,
    "FlowTemplate": {
        "additional_triggers": "trigger",
        "phases": "phase",
        "tasks": "task",
        "conditions": "branch",
        "statements": "statement",
        "edges": "edge",
        "closing_reasons": "",  # an item is its id, and nothing beside it
        "entity_sync": "",  # its rules have no key: test_entity_sync.py
    },
    "RetentionConfig": {"filters": "retention's filter"},
}


def _keyed_lists(shape: Shape, name: str = "") -> Iterator[str]:
    if shape.rule.keys:
        yield name
    for field, below in shape.fields.items():
        yield from _keyed_lists(below, field)
    if shape.items is not None:
        yield from _keyed_lists(shape.items, name if not shape.rule.keys else "")


def test_every_keyed_list_of_every_kind_has_its_rows() -> None:
    declared = {kind.name: set(_keyed_lists(kind.shape)) - {""} for kind in KINDS.values()}
    assert declared == {kind.name: set(COVERED.get(kind.name, ())) for kind in KINDS.values()}
    assert {part for lists in COVERED.values() for part in lists.values()} - {""} <= set(PARTS)
