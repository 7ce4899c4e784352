"""Values with markers as JSON and back, exactly; no secret on the way."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncer.model.json_values import ABSENT, Json, Lookup, Part, Ref, Secret
from syncer.model.secret_text import secret_text, written
from syncer.plan.document.marker_codec import RESERVED, json_of, side_of, value_of, value_of_side
from syncer.plan.plan import HIDDEN

WRITTEN = {
    # case: (value, JSON)
    "secret": (Secret("EPILOT_X", "canary"), {"secret": "env.EPILOT_X"}),
    "text with secrets": (
        secret_text(["https://a.example/$?k=", Secret("EPILOT_X", "canary")]),
        {"secret": "https://a.example/$$?k=${env.EPILOT_X}"},
    ),
    "reference": (Ref("ClosingReason", "won"), {"ref": "ClosingReason/won"}),
    "lookup": (Lookup("SavedView", "Alle"), {"lookup": {"kind": "SavedView", "title": "Alle"}}),
    "scoped lookup": (
        Lookup("SavedView", "Alle", "contact"),
        {"lookup": {"kind": "SavedView", "title": "Alle", "scope": "contact"}},
    ),
    "part": (Part("automations", "mail"), {"part": "automations/mail"}),
    "hidden": (HIDDEN, {"hidden": True}),
    "inside": ({"a": [{"id": Ref("A", "b")}]}, {"a": [{"id": {"ref": "A/b"}}]}),
    "a live value that poses": ({"ref": "ClosingReason/won"}, {"literal": {"ref": "ClosingReason/won"}}),
    "one that poses twice": ({"literal": {"hidden": True}}, {"literal": {"literal": {"literal": {"hidden": True}}}}),
    "two keys are no marker": ({"ref": "a", "x": 1}, {"ref": "a", "x": 1}),
}


def same(one: Json, other: Json) -> bool:
    """Equality that looks only at what is written down of a secret, and tells 1 from 1.0 and True."""
    return repr(_plain(one)) == repr(_plain(other))


def _plain(value: Json) -> Json:
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return ("secret", written(value)) if isinstance(value, Secret) else value


@pytest.mark.parametrize(("value", "plain"), WRITTEN.values(), ids=WRITTEN)
def test_there_and_back(value: Json, plain: Json) -> None:
    assert json_of(value) == plain
    assert same(value_of(plain), value)
    assert "canary" not in json.dumps(plain)


SIDES = {"not there": (ABSENT, None), "null": (None, {"literal": None}), "value": ("x", "x")}


@pytest.mark.parametrize(("value", "plain"), SIDES.values(), ids=SIDES)
def test_sides(value: Json, plain: Json) -> None:
    assert side_of(value) == plain
    assert same(value_of_side(plain), value)


MARKERS = [Ref("A", "b"), Lookup("A", "t", "s"), Part("a", "b"), Secret("X", "canary"), HIDDEN]
MARKERS.append(secret_text(["a$", Secret("X", "canary")]))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.sampled_from(MARKERS),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from([*sorted(RESERVED), "x"]), inner),
    max_leaves=20,
)


@settings(deadline=None)
@given(VALUES)
def test_any_value_comes_back(value: Json) -> None:
    text = json.dumps(side_of(value))
    assert same(value_of_side(json.loads(text)), value)
    assert "canary" not in text


BROKEN = [
    {"secret": "EPILOT_X"}, {"secret": 1}, {"ref": "won"}, {"hidden": False}, {"part": "mail"}, {"literal": "x"},
    {"literal": None}, {"lookup": {"kind": "SavedView"}}, {"lookup": {"kind": "A", "title": "b", "x": 1}},
    {"lookup": {"kind": "A", "title": "b", "scope": 1}},
]  # fmt: skip


@pytest.mark.parametrize("plain", BROKEN, ids=map(str, BROKEN))
def test_what_is_no_marker(plain: Json) -> None:
    with pytest.raises(ValueError, match="holds something else than it should"):
        value_of([plain])


@pytest.mark.parametrize("value", [ABSENT, object(), {"a": ABSENT}, (1, 2)])
def test_what_has_no_json_form(value: Json) -> None:
    with pytest.raises(TypeError, match="has no JSON form"):
        json_of(value)
