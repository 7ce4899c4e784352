"""What of a platform's replies may stand in a recording: each kind declares it. Knows no kind, no file, no network.

A reply that nobody declares is not recorded at all: forgetting something costs a plan, never a secret.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from typing import TYPE_CHECKING

from syncer.model.json_values import Json
from syncer.model.named_tuple import NamedTuple

if TYPE_CHECKING:
    from syncer.model.calls import Call

Keep = Callable[[Json], Json]
"""A reply, or an object of a list → the part of it that planning reads."""

Foreseen = Generator[Sequence["Call"], Sequence[Json], None]
"""Yields calls and is given their replies: what plans of other manifests may ask."""


class MissingAnswer:
    """Stands for the answer that a recording does not hold."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "NOT_RECORDED"


NOT_RECORDED = MissingAnswer()

NOT_COUNTED = {"not_counted": True}
"""What a recording answers where entities would be counted: it holds none, and knows of none."""


class RecordedRead(NamedTuple):
    """A reading call that a plan may make, by its form (`GET /v1/entity/view/{id}`), and what of the reply is kept.

    `keep` is None where entities are counted, which no recording holds. A call for many objects (`batchGet`) is kept as
    calls for one each: `apart` makes those, and `together` the reply to the whole out of theirs."""

    service: str
    form: str
    keep: Keep | None
    apart: Callable[[Call, Json], list[tuple[Call, Json]]] | None = None
    together: Callable[[Sequence[Json]], Json] | None = None


def nothing_more(lists: Mapping[str, Sequence[Json]]) -> Foreseen:
    """The lists are all that a plan asks for."""
    yield from ()


class RecordingRules(NamedTuple):
    """What a kind says about recordings of it: `keep` of each object of its list, the `reads` that its plans make, and
    what is to be asked beside `asks_if_changed` and `removal_asks`, given every list by kind as it came."""

    keep: Keep
    reads: tuple[RecordedRead, ...] = ()
    foresee: Callable[[Mapping[str, Sequence[Json]]], Foreseen] = nothing_more


def pick(*names: str) -> Keep:
    """Only these fields of a mapping."""
    return lambda value: {name: value[name] for name in names if name in value} if isinstance(value, dict) else {}


def rows(name: str, keep: Keep) -> Keep:
    """Of a reply with a list: `keep` of its items, and how many there are said to be. The list may be the reply."""

    def kept(value: Json) -> Json:
        if isinstance(value, list):
            return [keep(each) for each in value]
        found = value.get(name) if isinstance(value, dict) else None
        counts = pick("total", "hits")(value)
        return {**counts, name: [keep(each) for each in found]} if isinstance(found, list) else counts

    return kept
