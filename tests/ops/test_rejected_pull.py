"""A pull that a review threw away, or that nobody applied: what it may have made us remember, a guard a test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from simulation.manifests import Make
from simulation.promotions import Two, pulled
from simulation.world import World
from syncer.model.address import Address
from syncer.plan.plan import Notice

Json = Any
REASONS = "/v1/workflows/closing-reasons"


@pytest.fixture
def two(tmp_path: Path) -> Iterator[Two]:
    """A repository with one schema, applied."""
    world = World(tmp_path / "world", {"quota_per_minute": None})
    found = Two(world, tmp_path / "repository")
    (world.folder / "config").mkdir()
    world.put(Make.schema("site", Make.text("a")))
    assert world.apply().code == 0
    yield found
    world.close()


def thrown_away(two: Two, before: Any) -> None:
    """`git checkout . && git clean`."""
    for name in two.files().keys() - before.keys():
        (two.world.folder / name).unlink()
    for name, content in before.items():
        (two.world.folder / name).write_bytes(content)


def drifted(two: Two) -> list[tuple[str, str, Json, Json, str]]:
    return [
        (str(each.address), field.path, field.before, field.after, field.cause)
        for each in two.view("test").drift().objects
        for field in each.fields
    ]


def test_what_only_a_pull_has_linked_is_forgotten_with_a_notice(two: Two) -> None:
    """An object of somebody else's: nothing is removed, and it is said."""
    before = two.files()
    id = two.world.ask(f"POST {REASONS}", {"title": "Moved away", "status": "ACTIVE"})["id"]
    pulled(two, patterns=("Moved*",))
    thrown_away(two, before)
    planned = two.view("test").plan()
    link = Address("ClosingReason", "moved-away")
    said = f"{link} (`{id}`) was linked and never applied, and no manifest names it: "
    assert ([*planned.plan.changes], planned.forgotten) == ([], (link,))
    assert [*planned.plan.notices] == [
        Notice("link-dropped", f"{said}the link is forgotten, the object stays as it is")
    ]


def test_a_pull_leaves_what_was_declared_at_the_last_apply(two: Two) -> None:
    """A change by hand that was pulled and thrown away is drift as it was."""
    before = two.files()
    live = two.world.ask("GET /v1/entity/schemas/site")
    two.world.ask("PUT /v1/entity/schemas/site", {**live, "name": "Place"})
    first = drifted(two)
    pulled(two, patterns=("site",))
    thrown_away(two, before)
    assert first == [("EntitySchema/site", "name", "Site", "Place", "drift")]
    assert drifted(two) == first


def test_what_a_pull_wrote_was_declared_by_no_apply(two: Two) -> None:
    """Taken out of its manifest before any apply saw it, an attribute of somebody else's stays."""
    attributes = [{"id": name, "name": name, "label": name, "type": "string"} for name in "ab"]
    body = {"slug": "house", "name": "House", "plural": "Houses", "published": True, "capabilities": []}
    two.world.ask("PUT /v1/entity/schemas/house", {**body, "attributes": attributes})
    pulled(two, patterns=("house",))
    file = two.world.folder / "config/schemas/house.yaml"
    file.write_text(file.read_text("utf-8").replace("    - {name: b, type: string, label: b}\n", ""), "utf-8")
    assert "name: b" not in file.read_text("utf-8")
    assert two.view("test").changes() == {}
