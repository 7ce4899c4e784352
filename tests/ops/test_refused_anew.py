"""What a manifest accepts of a live object, and the platform refuses in a new one, is said before the first write."""

from __future__ import annotations

import json
from typing import Any

import pytest

from simulation.manifests import Make
from simulation.world import World
from syncer.kinds import KINDS
from syncer.model.diagnostic import InvalidInput

Json = Any
ROWS: dict[str, tuple[str, str, Json]] = {
    "fuzzy": (
        "schema-fuzzy",
        "attributes[size].edit_mode_config.fuzzy_config.type",
        {"repeatable": True, "edit_mode": "external", "edit_mode_config": {"fuzzy_config": {"type": "suffix"}}},
    ),
    "overridable": (
        "schema-overridable", "attributes[size].overridable_attribute", {"overridable_attribute": True, "hidden": True},
    ),
}  # fmt: skip


def test_every_such_rule_has_a_row() -> None:
    assert {rule for rule, _, _ in ROWS.values()} == {rule for kind in KINDS.values() for rule in kind.refused_anew}
    assert all(kind.refused_anew <= kind.acceptable for kind in KINDS.values())


@pytest.mark.parametrize(("rule", "path", "odd"), ROWS.values(), ids=ROWS)
def test_it_is_refused_of_a_new_object_only(world: World, make: Make, rule: str, path: str, odd: Json) -> None:
    accepted = {"metadata": {"accept": [f"{rule} {path}"]}}
    attribute = make.text("size", **odd)
    world.put(make.schema("site", attribute, **accepted))
    with pytest.raises(InvalidInput) as refused:
        world.plan()
    (problem,) = [each for each in refused.value.problems if each.severity == "error"]
    assert (problem.rule, problem.hint) == (
        rule, "`metadata.accept` is for what is live already: the platform refuses to make it",
    )  # fmt: skip
    assert problem.at is not None
    assert (problem.at.file, problem.at.column > 1) == ("config/EntitySchema-site.json", True)
    live = json.loads((world.folder / "config/EntitySchema-site.json").read_text("utf-8"))["spec"]
    answer = world.client.put("/v1/entity/schemas/site", json={"capabilities": [], **live})
    assert answer.status_code == 400, answer.text
