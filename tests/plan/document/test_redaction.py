"""What must not be kept of a live value: a table."""

from __future__ import annotations

from typing import Any

import pytest

from syncer.model.field_rules import compile_shape, keyed
from syncer.model.json_values import Secret
from syncer.plan.document.redaction import withhold
from syncer.plan.plan import HIDDEN

Json = Any
SHAPE = compile_shape(lists={"options": keyed("key")})
KEY = Secret("EPILOT_KEY", "hush")
CASES: dict[str, tuple[Json, Json, Json]] = {
    # case: the live value, what is or was declared of it, what is kept
    "declared": ({"a": "x", "b": "y"}, {"a": KEY}, {"a": HIDDEN, "b": "y"}),
    "declared at the last apply": ({"a": "x"}, {"a": {"secret": "EPILOT_KEY"}}, {"a": HIDDEN}),
    "a whole value": ({"a": {"b": 1}}, {"a": KEY}, {"a": HIDDEN}),
    "item by key": (
        {"options": [{"key": "a", "value": 1}, {"key": "b", "value": 2}]}, {"options": [{"key": "b", "value": KEY}]},
        {"options": [{"key": "a", "value": 1}, {"key": "b", "value": HIDDEN}]},
    ),
    "item by place": ({"list": [{"v": 1}, {"v": 2}]}, {"list": [{}, {"v": KEY}]}, {"list": [{"v": 1}, {"v": HIDDEN}]}),
    "no place to say": ({"list": [{"v": 1}, {"v": 2}]}, {"list": [{"v": KEY}]}, {"list": HIDDEN}),
    "two items of one key": (
        {"options": [{"key": "a", "value": 1}, {"key": "a", "value": 2}]}, {"options": [{"key": "a", "value": KEY}]},
        {"options": HIDDEN},
    ),
    "a secret itself": ({"a": KEY}, {}, {"a": HIDDEN}),
    "suspect": ({"a": "hush", "b": ["hush", "x"]}, {}, {"a": HIDDEN, "b": [HIDDEN, "x"]}),
    "suspect by the name that a pair gives": ({"key": "pin", "value": "1"}, {}, {"key": "pin", "value": HIDDEN}),
    "nothing": ({"a": [1, None, True]}, {"a": [1]}, {"a": [1, None, True]}),
}  # fmt: skip


@pytest.mark.parametrize(("value", "declared", "kept"), CASES.values(), ids=CASES)
def test_withhold(value: Json, declared: Json, kept: Json) -> None:
    assert withhold(value, [declared], SHAPE, lambda text, names: text == "hush" or "pin" in names) == kept
