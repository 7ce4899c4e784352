"""Which live object is which resource (architecture 4).

A kind is recognised by a key the platform enforces: found is found, state or not. Or the platform gives ids: then the
link decides; without one the exact title does: one hit is adopted, several stop with the candidates, none is a create.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from syncer.core.address import Address
from syncer.core.kind import Kind
from syncer.core.problem import Problem
from syncer.core.resource import Desired, Found, Live, Managed


@dataclass(slots=True)
class Matches:
    """What was found: address → live object; live ids that some manifest claims; what could not be decided."""

    found: dict[Address, Found] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    lost: list[Address] = field(default_factory=list)
    """Addresses whose linked object is no longer there."""


def live_of(kind: Kind, objects: Iterable[dict[str, object]]) -> list[Live]:
    """The listed objects with what they are recognised by."""
    return [
        Live(kind.live_id(each), kind.live_key(each), str(each.get(kind.title) or "") if kind.title else "", each)
        for each in objects
    ]


def link_of(desired: Desired, managed: Mapping[Address, Managed]) -> Managed | None:
    """What is remembered of the manifest, under its name or a former one."""
    names = (desired.address.name, *desired.aliases)
    return next((managed[address] for name in names if (address := Address(desired.address.kind, name)) in managed), None)


def match(
    kind: Kind, wanted: Sequence[Desired], live: Sequence[Live], managed: Mapping[Address, Managed]
) -> Matches:
    """Find the live object of every manifest of one kind."""
    matches = Matches()
    if kind.title:
        _by_link_then_title(kind, wanted, live, managed, matches)
    else:
        _by_key(kind, wanted, live, managed, matches)
    _each_once(matches)
    return matches


def _by_key(
    kind: Kind, wanted: Sequence[Desired], live: Sequence[Live], managed: Mapping[Address, Managed], out: Matches
) -> None:
    by_key: dict[str, list[Live]] = {}
    for each in live:
        by_key.setdefault(each.key, []).append(each)
    for desired in wanted:
        key = kind.key(desired.spec)
        hits = by_key.get(key, [])
        if len(hits) == 1:
            known = link_of(desired, managed) is not None
            out.found[desired.address] = Found(desired.address, hits[0], "link" if known else "key")
        elif len(hits) > 1:
            out.problems.append(_several(desired, hits, f"`{key}`"))
        elif link_of(desired, managed) is not None:
            out.lost.append(desired.address)


def _by_link_then_title(
    kind: Kind, wanted: Sequence[Desired], live: Sequence[Live], managed: Mapping[Address, Managed], out: Matches
) -> None:
    by_id = {each.id: each for each in live}
    by_title: dict[str, list[Live]] = {}
    for each in live:
        by_title.setdefault(_plain(each.title), []).append(each)
    linked: set[str] = {entry.live_id for entry in managed.values() if entry.address.kind == kind.name}
    for desired in wanted:
        link = link_of(desired, managed)
        if link is not None and link.live_id in by_id:
            out.found[desired.address] = Found(desired.address, by_id[link.live_id], "link")
            continue
        if link is not None and link.live_id:
            out.lost.append(desired.address)
        titles = dict.fromkeys(_plain(title) for title in (str(desired.spec[kind.title]), *desired.titles))
        hits = [each for title in titles for each in by_title.get(title, ()) if each.id not in linked]
        if len(hits) == 1:
            out.found[desired.address] = Found(desired.address, hits[0], "title")
        elif len(hits) > 1:
            out.problems.append(_several(desired, hits, f"the title `{desired.spec[kind.title]}`"))


def _plain(title: str) -> str:
    return unicodedata.normalize("NFC", title)


def _several(desired: Desired, hits: Sequence[Live], what: str) -> Problem:
    ids = ", ".join(f"`{each.id}`" for each in hits)
    return Problem(
        "ambiguous",
        f"{desired.address}: {len(hits)} live objects have {what}: {ids}",
        desired.where(()),
        "$.spec",
        "delete or rename all but one in the organisation; syncer does not guess which one is meant",
    )


def _each_once(matches: Matches) -> None:
    """Two manifests for one live object: neither is believed."""
    claimed: dict[str, Address] = {}
    for address, found in sorted(matches.found.items()):
        other = claimed.setdefault(found.live.id, address)
        if other != address:
            matches.problems.append(
                Problem(
                    "claimed-twice",
                    f"{address} and {other} are both `{found.live.id}` in the organisation",
                    hint="give one of them another title, or remove it",
                )
            )
