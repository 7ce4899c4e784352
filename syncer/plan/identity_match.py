"""Which live object is which resource (docs/applying.md#which-live-object-is-which).

A kind is recognised by a key the platform enforces: found is found, state or not. Or the platform gives ids: then the
link decides; without one the exact title does: one hit is adopted, several stop with the candidates, none is a create.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from syncer.model.address import Address
from syncer.model.diagnostic import PlatformError, Problem
from syncer.model.json_values import Json
from syncer.model.kind import Kind
from syncer.model.resource import Desired, How, Live, Managed, Match
from syncer.model.unexpected_reply import UnexpectedReply, object_at


@dataclass(slots=True)
class Matches:
    """What was found: address → live object; what could not be decided, and which addresses that concerns."""

    found: dict[Address, Match] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    lost: list[Address] = field(default_factory=list)
    """Addresses whose linked object is no longer there."""
    undecided: set[Address] = field(default_factory=set)
    """Addresses of which a problem says that nobody knows which live object they are."""


def require_live(kind: Kind, reply: Json) -> Live:
    """The reply as an object of the kind, with what it is recognised by. PlatformError where it is none: a success
    whose JSON says something else."""
    try:
        id, key = kind.live_id(object_at(reply)), kind.live_key(reply)
        kind.spec_of(reply)
        if id.isalnum() or _can_stand_in_a_path(id):
            return Live(id, key, str(reply.get(kind.title) or "") if kind.title else "", reply)
    except UnexpectedReply:
        pass
    raise PlatformError(
        Problem(
            "platform",
            f"the platform answered with something that is no {kind.name}{_called(kind, reply)}",
            hint="nothing was done with it; run it again, and report it if it stays so",
        )
    )


def _called(kind: Kind, reply: Json) -> str:
    """By what somebody could find it: its title or key, its id, or what its kind makes of it; nothing where it has none
    of them."""
    if not isinstance(reply, dict):
        return ""
    said = [reply.get(name) for name in (kind.title or kind.key_field, "id")]
    with suppress(UnexpectedReply):
        said += [] if any(said) else [kind.called(reply)]
    texts = [f"`{each}`" for each in said if isinstance(each, str) and each]
    return f": {' '.join(texts)}" if texts else ""


def _can_stand_in_a_path(id: str) -> bool:
    """Whether an id, percent-encoded, is one part of a path for every server (docs/catalogue.md#c24)."""
    return id not in ("", ".", "..") and id.isprintable() and _DIVIDING.isdisjoint(id)


_DIVIDING = frozenset("/\\?#%")


def live_of(kind: Kind, objects: Iterable[dict[str, object]]) -> list[Live]:
    """The listed objects with what they are recognised by. PlatformError where one is no object of the kind."""
    return [require_live(kind, each) for each in objects]


def link_of(desired: Desired, managed: Mapping[Address, Managed]) -> Managed | None:
    """What is remembered of the manifest, under its name or a former one."""
    entry = managed.get(desired.address)
    if entry is not None or not desired.aliases:
        return entry
    former = (managed.get(Address(desired.address.kind, alias)) for alias in desired.aliases)
    return next((entry for entry in former if entry is not None), None)


def unnamed_links(desired: Iterable[Desired], managed: Mapping[Address, Managed]) -> dict[Address, Managed]:
    """The provisional entries that no manifest names, neither by its name nor by a former one: nobody has applied
    them, so they are nothing that was ours."""
    linked = {address: entry for address, entry in managed.items() if entry.adopted}
    for each in desired if linked else ():
        for name in (each.address.name, *each.aliases):
            linked.pop(Address(each.address.kind, name), None)
    return linked


def plain_title(title: str) -> str:
    """Titles are compared exactly, but for the way in which Unicode writes one letter."""
    return unicodedata.normalize("NFC", title)


def match(kind: Kind, wanted: Sequence[Desired], live: Sequence[Live], managed: Mapping[Address, Managed]) -> Matches:
    """Find the live object of every manifest of one kind."""
    matches = Matches()
    if kind.title:
        _by_link_then_title(kind, wanted, live, managed, matches)
    else:
        _by_key(kind, wanted, live, managed, matches)
    _each_once(wanted, matches)
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
        known = link_of(desired, managed) is not None
        if hits:
            _take(desired, hits, "link" if known else "key", f"`{key}`", out)
        elif known:
            out.lost.append(desired.address)
    _same_object(kind, wanted, live, managed, out)


def _same_object(
    kind: Kind, wanted: Sequence[Desired], live: Sequence[Live], managed: Mapping[Address, Managed], out: Matches
) -> None:
    """A manifest whose key became another describes another object: the one it described would be left behind."""
    claimed = {found.live.id for found in out.found.values()}
    left = {each.id: each for each in live if each.id not in claimed and not kind.already_removed(each.object)}
    for desired in wanted if left else ():
        link = link_of(desired, managed)
        if link is None or link.live_id not in left:
            continue
        if desired.address in out.lost:
            out.lost.remove(desired.address)
        out.undecided.add(desired.address)
        out.problems.append(
            Problem(
                "key-changed",
                f"{desired.address} is `{left[link.live_id].key}` in the organisation, and the manifest says "
                f"`{kind.key(desired.spec)}` now: that is another object",
                desired.where((kind.key_field,)),
                f"$.spec.{kind.key_field}",
                "give the manifest another `metadata.name` too, and the old one is planned for removal; or leave the "
                f"old one alone with `syncer state rm {link.address}`",
            )
        )


def _by_link_then_title(
    kind: Kind, wanted: Sequence[Desired], live: Sequence[Live], managed: Mapping[Address, Managed], out: Matches
) -> None:
    by_id = {each.id: each for each in live}
    by_title = _titled(live)
    linked: set[str] = {entry.live_id for entry in managed.values() if entry.address.kind == kind.name}
    for desired in wanted:
        link = link_of(desired, managed)
        if link is not None and link.live_id in by_id:
            found = by_id[link.live_id]
            out.found[desired.address] = Match(desired.address, found, "link")
            named = by_title[plain_title(found.title)]
            twins = [each for each in named if each.id not in linked and not kind.already_removed(each.object)]
            if twins:
                out.problems.append(_twins(desired, found, twins))
            continue
        if link is not None and link.live_id:
            out.lost.append(desired.address)
        title = str(desired.spec[kind.title])
        titles = dict.fromkeys(map(plain_title, (title, *desired.titles)))
        hits = [each for name in titles for each in by_title.get(name, ()) if each.id not in linked]
        if hits:
            _take(desired, hits, "title", f"the title `{title}`", out)


def _twins(desired: Desired, found: Live, twins: Sequence[Live]) -> Problem:
    """Somebody made another of that title, or a proxy sent our create twice (docs/catalogue.md#b29): said, and never
    mended by us."""
    ids = ", ".join(f"`{each.id}`" for each in twins)
    return Problem(
        "duplicate-live",
        f"{desired.address} is `{found.id}`, and the organisation has another of the title `{found.title}`: {ids}",
        desired.where(()),
        "$.spec",
        "look at which one is used; delete or rename what is too much in the organisation, syncer leaves it alone",
        severity="warning",
    )


def _titled(live: Sequence[Live]) -> dict[str, list[Live]]:
    found: dict[str, list[Live]] = {}
    for each in live:
        found.setdefault(plain_title(each.title), []).append(each)
    return found


def _take(desired: Desired, hits: Sequence[Live], how: How, what: str, out: Matches) -> None:
    """The only hit is it; several are a question."""
    if len(hits) == 1:
        out.found[desired.address] = Match(desired.address, hits[0], how)
        return
    ids = ", ".join(f"`{each.id}`" for each in hits)
    out.undecided.add(desired.address)
    say = f", or say which with `syncer adopt {desired.address} ID`" if how == "title" else ""
    out.problems.append(
        Problem(
            "ambiguous",
            f"{desired.address}: {len(hits)} live objects have {what}: {ids}",
            desired.where(()),
            "$.spec",
            f"delete or rename all but one in the organisation{say}; syncer does not guess which one is meant",
        )
    )


def _each_once(wanted: Sequence[Desired], out: Matches) -> None:
    """Two manifests for one live object: neither is believed."""
    if len({found.live.id for found in out.found.values()}) == len(out.found):
        return
    places = {desired.address: desired.where for desired in wanted}
    claimed: dict[str, Address] = {}
    for address, found in sorted(out.found.items()):
        other = claimed.setdefault(found.live.id, address)
        if other != address:
            out.undecided |= {address, other}
            out.problems.append(
                Problem(
                    "claimed-twice",
                    f"{address} and {other} are both `{found.live.id}` in the organisation",
                    places[address](()),
                    "$.spec",
                    "give one of them another title, or remove it",
                )
            )
