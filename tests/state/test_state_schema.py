"""The form of a state file: what each key may have, where the first fault is, and what the quick look lets through."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

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
TEXTS: list[Json] = ["", "x", "\ud800"]
MAPPINGS: list[Json] = [{}, {"x": "y"}, {"x": 1}, {"x": {"y": 1}}]
ODD: list[Json] = [None, True, 1, 1.0, *TEXTS, [], ["x"], [1], *MAPPINGS]
ALLOWED: dict[str, list[Json]] = {
    # key: which of these it may have
    "format_version": [1], "environment": TEXTS, "org_id": TEXTS, "serial": [1], "guards": [{}, {"x": "y"}],
    "checksum": TEXTS, "entries": [[]],
    "entries.address": TEXTS, "entries.live_id": TEXTS, "entries.declared": MAPPINGS, "entries.parts": [{}],
    "entries.protect": [True], "entries.aliases": [[], ["x"]], "entries.policy": MAPPINGS,
    "entries.secrets": [{}, {"x": "y"}], "entries.adopted": [True],
}  # fmt: skip


def test_what_syncer_writes_has_the_form() -> None:
    assert state_schema.fault(FILE) is None


@pytest.mark.parametrize("where", ALLOWED)
@pytest.mark.parametrize("value", ODD, ids=repr)
def test_a_key_has_the_values_it_may_have_and_no_other(where: str, value: Json) -> None:
    document = json.loads(json.dumps(FILE))
    within, _, name = where.rpartition(".")
    (document["entries"][0] if within else document)[name] = value
    place = state_schema.fault(document)
    assert (place is None) == (repr(value) in map(repr, ALLOWED[where]))
    assert place is None or place[: 3 if within else 1] == (("entries", 0, name) if within else (name,))


FAULTS: dict[str, tuple[Json, tuple[str | int, ...]]] = {
    "a list": ([], ()),
    "null": (None, ()),
    "empty": ({}, ("format_version",)),
    "a key more": ({**FILE, "x": 1}, ("x",)),
    "a key less": ({name: value for name, value in FILE.items() if name != "serial"}, ("serial",)),
    "a key of an entry more": ({**FILE, "entries": [ROW, {**ROW, "x": 1}]}, ("entries", 1, "x")),
    "a key of an entry less": ({**FILE, "entries": [{"address": "A/b"}]}, ("entries", 0, "live_id")),
    "an entry that is none": ({**FILE, "entries": [ROW, "A/b"]}, ("entries", 1)),
    "a part's id": ({**FILE, "entries": [{**ROW, "parts": {"n": {"a": 1}}}]}, ("entries", 0, "parts", "n", "a")),
}


@pytest.mark.parametrize(("document", "place"), FAULTS.values(), ids=FAULTS)
def test_where_the_first_fault_is(document: Json, place: tuple[str | int, ...]) -> None:
    assert state_schema.fault(document) == place


JUDGE = TypeAdapter(state_schema.ENTRY.form())
WHOLE_TEXTS = [each for each in ODD if each != "\ud800"]  # pydantic knows no half characters; a state may hold them


@given(st.dictionaries(st.sampled_from([*ROW, "other"]), st.sampled_from(WHOLE_TEXTS), max_size=4))
def test_the_quick_look_and_pydantic_agree(row: Json) -> None:
    try:
        JUDGE.validate_python(row)
    except ValidationError:
        assert not state_schema.ENTRY.fits(row)
    else:
        assert state_schema.ENTRY.fits(row)
