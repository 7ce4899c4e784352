"""What people call the part that a field stands in."""

from __future__ import annotations

from typing import Any

import pytest

from syncer.model.field_change import FieldPath, Item, part_title
from syncer.model.json_values import Secret

Json = Any
WANT = {
    "tasks": [
        {"id": "t-1", "name": "Look", "conditions": [{"id": "c-1", "branch_name": "Yes"}, {"id": "c-2"}]},
        {"id": "Call", "name": "Call"},
        {"id": "t-5", "name": Secret("SYNCER_KEY", "hush")},
        {"id": "t-6"},
        "odd",
    ],
    "attributes": [{"name": "iban", "label": "IBAN"}, {"name": "bic", "label": ""}],
    "steps": [{"name": "First"}],
}
HAVE = {
    "tasks": [
        {"id": "t-1", "name": "Before"},
        {"id": "t-3", "name": "Only live"},
        {"id": "t-5", "name": "hush"},
        {"id": "t-6", "name": "Named live"},
    ],
    "attributes": "odd",
}
TITLES: dict[FieldPath, str] = {
    ("name",): "",
    ("tasks", Item("t-1"), "due"): "Look",
    ("tasks", Item("t-1"), "name"): "",
    ("tasks", Item("t-1")): "",
    ("tasks", Item("t-1"), "conditions", Item("c-1"), "operator"): "Yes",
    ("tasks", Item("t-1"), "conditions", Item("c-1")): "Look",
    ("tasks", Item("t-1"), "conditions", Item("c-2"), "operator"): "",
    ("tasks", Item("t-3"), "due"): "Only live",
    ("tasks", Item("t-4"), "due"): "",
    ("tasks", Item("Call"), "due"): "",
    ("tasks", Item("t-5"), "due"): "",
    ("tasks", Item("t-6"), "due"): "Named live",
    ("attributes", Item("iban"), "options", 0, "value"): "IBAN",
    ("attributes", Item("bic"), "required"): "",
    ("steps", 0, "due"): "",
}


@pytest.mark.parametrize("path", TITLES, ids=str)
def test_part_title(path: FieldPath) -> None:
    assert part_title(path, WANT, HAVE) == TITLES[path]
