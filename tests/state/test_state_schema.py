"""The form of a state file: the quick look never lets through what the model refuses, nor calls the model for ours."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncer.model.json_values import Json
from syncer.state import state_schema

ROW = {
    "address": "FlowTemplate/a",
    "live_id": "t1",
    "declared": {"name": "A", "n": [1, None, {}]},
    "parts": {"nodes": {"check": "a81"}, "none": {}},
    "protect": True,
    "aliases": ["b"],
    "policy": {"removal": "delete"},
    "secrets": {"options[key]": "scrypt$x"},
    "adopted": True,
}
FILE = {
    "format_version": 1,
    "environment": "sandbox",
    "org_id": "911690",
    "serial": 7,
    "guards": {"confirm": True, "delete": "30%"},
    "open_runs": ["0123abcd"],
    "checksum": "sha256:0",
    "entries": [ROW, {"address": "ClosingReason/won", "live_id": ""}],
}
ODD: list[Json] = [None, True, 1, 1.0, "", "x", "\ud800", [], ["x"], [1], {}, {"x": "y"}, {"x": 1}, {"x": {"y": 1}}]


def test_what_syncer_writes_is_plainly_right() -> None:
    assert state_schema.plainly_right(FILE, json.dumps(FILE))
    assert state_schema.judged(FILE) is None


@given(st.data())
def test_what_is_plainly_right_is_right_for_the_model_too(data: st.DataObject) -> None:
    document = json.loads(json.dumps(FILE))
    for _ in range(data.draw(st.integers(1, 2))):
        place = data.draw(st.sampled_from([document, *document["entries"], document["entries"][0].get("parts", 0)]))
        if isinstance(place, dict):
            name = data.draw(st.sampled_from([*place, "other"]))
            if data.draw(st.booleans()):
                place.pop(name, None)
            else:
                place[name] = data.draw(st.sampled_from(ODD))
        if not isinstance(document.get("entries"), list) or len(document["entries"]) < 2:
            break
    text = json.dumps(document)
    if state_schema.plainly_right(document, text):
        assert state_schema.judged(document) is None


@pytest.mark.parametrize("where", [*FILE, *(f"entries.{name}" for name in ROW)])
@pytest.mark.parametrize("value", ODD, ids=repr)
def test_the_quick_look_refuses_what_the_model_refuses(where: str, value: Json) -> None:
    document = json.loads(json.dumps(FILE))
    within, _, name = where.rpartition(".")
    (document["entries"][0] if within else document)[name] = value
    right = state_schema.judged(document) is None
    looked = state_schema.plainly_right(document, json.dumps(document))
    assert looked <= right
    assert looked == right or "\\ud" in json.dumps(document)  # only half characters take the longer way for nothing


@pytest.mark.parametrize("document", [[], None, "x", {}])
def test_what_is_no_mapping_or_empty(document: Json) -> None:
    assert not state_schema.plainly_right(document, "")
    assert state_schema.judged(document) is not None
