"""Requests in one spelling, and a recorder that keeps nothing nobody speaks for."""

from __future__ import annotations

from typing import Any

import pytest

from syncer.api.recording import Recording, RecordingReader, ReplayReader, key_of
from syncer.api.recording_file import text_of
from syncer.model.calls import Call, Listing
from syncer.model.json_values import UnknownValue
from syncer.model.recording_rules import NOT_COUNTED, NOT_RECORDED, RecordedRead, pick

KEYS = {
    # case: (call, its key)
    "plain": (Call("GET", "/v1/x"), "entity GET /v1/x"),
    "of another service": (Call("GET", "/v1/x", service="app"), "app GET /v1/x"),
    "query in another order": (Call("GET", "/v1/x?b=2&a=1"), "entity GET /v1/x?a=1&b=2"),
    "query without a value": (Call("GET", "/v1/x?a="), "entity GET /v1/x?a="),
    "an encoded id": (Call("GET", "/v1/x/a%2Fb"), "entity GET /v1/x/a%2Fb"),
    "body": (Call("POST", "/v1/x:search", {"b": 1, "a": []}), 'entity POST /v1/x:search {"a":[],"b":1}'),
}


@pytest.mark.parametrize(("call", "key"), KEYS.values(), ids=KEYS)
def test_a_request_has_one_spelling(call: Call, key: str) -> None:
    assert key_of("entity", call) == key


class Answers:
    """A reader that answers every list and every read alike."""

    organisations = frozenset({"1"})

    def list(self, service: str, listing: Listing) -> list[Any]:
        return [{"id": "b", "more": 1}, {"id": "a", "more": 2}]

    def read(self, service: str, call: Call) -> Any:
        return None if call.path.endswith("gone") else {"id": "a", "more": 2}


LISTING = Listing("/v1/x", "results", paging="page")
READS = [RecordedRead("entity", "GET /v1/x/{id}", pick("id")), RecordedRead("entity", "POST /v1/entity:list", None)]


def recorder() -> RecordingReader:
    return RecordingReader(Answers(), {"entity GET /v1/x": pick("id")}, READS, lambda value: value)


def test_it_hands_everything_through_and_keeps_what_it_may_sorted() -> None:
    made = recorder()
    assert made.list("entity", LISTING) == Answers().list("entity", LISTING)
    assert made.read("entity", Call("GET", "/v1/x/a")) == {"id": "a", "more": 2}
    assert made.read("entity", Call("GET", "/v1/x/gone")) is None
    assert made.read("entity", Call("POST", "/v1/entity:list", {})) == {"id": "a", "more": 2}
    assert made.lists == {"entity GET /v1/x": [{"id": "a"}, {"id": "b"}]}
    assert made.reads == {"entity GET /v1/x/a": {"id": "a"}, "entity GET /v1/x/gone": None}


def test_what_nobody_speaks_for_is_a_bug() -> None:
    with pytest.raises(RuntimeError, match="nobody says what of `GET /v1/y` may be recorded"):
        recorder().read("entity", Call("GET", "/v1/y"))
    with pytest.raises(RuntimeError, match="nobody says what of `GET /v1/y` may be recorded"):
        recorder().list("entity", Listing("/v1/y", "results"))
    with pytest.raises(RuntimeError, match="nobody says"):
        recorder().read("app", Call("GET", "/v1/x/a"))
    with pytest.raises(RuntimeError, match="nobody says"):
        recorder().read("entity", Call("GET", "/v1/x/a/versions"))


def test_a_replay_tells_none_from_not_recorded() -> None:
    made = recorder()
    for id in ("a", "gone"):
        made.read("entity", Call("GET", f"/v1/x/{id}"))
    recording = Recording("test", "1", "epilot.io", "2026-11-19T08:00:00Z", "0", (), made.lists, made.reads)
    replay = ReplayReader(recording, READS)
    answers = [replay.read("entity", Call("GET", f"/v1/x/{id}")) for id in ("a", "gone", "b")]
    assert answers == [{"id": "a"}, None, NOT_RECORDED]
    assert replay.read("entity", Call("POST", "/v1/entity:list", {})) == NOT_COUNTED


def test_an_unknown_value_is_never_written_down_or_revealed() -> None:
    recording = Recording(
        "test", "1", "epilot.io", "2026-11-19T08:00:00Z", "0", (), {"x": [{"a": UnknownValue("b")}]}, {}
    )
    with pytest.raises(TypeError):
        text_of(recording)
    with pytest.raises(ValueError, match="the value of b is not known here"):
        UnknownValue("b").reveal()
