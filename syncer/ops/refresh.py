"""What is concerned of the organisation, read: which live object is which manifest's, over all kinds, also those that a
list does not show; what kinds ask beside; what is looked up. Decides nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Protocol

from syncer.kinds import KINDS, lookup_kinds
from syncer.kinds.written_ids import raw_ids, unknown_ids, unknown_keys
from syncer.manifests.create_schema import create_schema
from syncer.model.address import Address
from syncer.model.calls import Call, Listing
from syncer.model.diagnostic import Problem
from syncer.model.json_values import Json, Lookup, Ref
from syncer.model.kind import Kind, LookupKind
from syncer.model.resource import Desired, Live, Managed
from syncer.model.unexpected_reply import field_of, of_known_form
from syncer.ops.selection import PlanRequest, Selection, select
from syncer.plan.extra_reads import Asks, answers_to
from syncer.plan.identity_match import Matches, link_of, live_of, match, require_live, unnamed_links
from syncer.plan.inputs import IdIndex, PlanInputs
from syncer.plan.planner import Unread, asks_of
from syncer.plan.removal_requests import RemovalRequest, answer
from syncer.plan.removals import gone


def matched(
    kinds: Sequence[str],
    wanted: Sequence[Desired],
    live: Mapping[str, Sequence[Live]],
    managed: Mapping[Address, Managed],
) -> dict[str, Matches]:
    """Kind → which of its listed objects is which manifest's."""
    found = {}
    for name in kinds:
        found[name] = match(KINDS[name], [each for each in wanted if each.address.kind == name], live[name], managed)
    return found


def claims(
    desired: Sequence[Desired], live: Mapping[str, Sequence[Live]], managed: Mapping[Address, Managed]
) -> dict[tuple[str, str], Address]:
    """(kind, live id) → the manifest that the live object belongs to, of all manifests, chosen or not."""
    found: dict[tuple[str, str], Address] = {}
    for name, objects in live.items():
        matches = match(KINDS[name], [each for each in desired if each.address.kind == name], objects, managed)
        found |= {(name, each.live.id): address for address, each in matches.found.items()}
    return found


def hidden_ones(
    reading: Callable[[str, Call], Json],
    fetch: Callable[[Sequence[Callable[[], Json]]], list[Json]],
    wanted: Sequence[Desired],
    managed: Mapping[Address, Managed],
    matches: Mapping[str, Matches],
) -> dict[str, list[Json]]:
    """Kind → linked objects that its list lacks and that can be read all the same: a list may be behind
    (docs/catalogue.md#c03, #c04), and what it does not show would be created a second time."""
    lost = [
        (each.address.kind, link.live_id)
        for each in wanted
        if each.address in matches[each.address.kind].lost
        if (link := link_of(each, managed)) is not None and link.live_id
    ]
    read = [partial(reading, KINDS[kind].service, KINDS[kind].read(id, None)) for kind, id in lost]
    found: dict[str, list[Json]] = {}
    for (kind, id), body in zip(lost, fetch(read), strict=True):
        if body is None:
            continue
        require_live(KINDS[kind], body)
        if KINDS[kind].live_id(body) == id:
            found.setdefault(kind, []).append(body)
    return found


class Reader(Protocol):
    """What planning needs of the platform."""

    def list(self, service: str, listing: Listing) -> list[Json]:
        """Every object of a listing."""

    def read(self, service: str, call: Call) -> Json | None:
        """One object, None where there is none."""


Fetch = Callable[[Sequence[Callable[[], Json]]], "list[Json]"]
"""Carries independent reads out side by side, in order."""


def read_sides(
    api: Reader,
    fetch: Fetch,
    desired: Sequence[Desired],
    managed: Mapping[Address, Managed],
    request: PlanRequest,
    unread: Unread | None = None,
) -> tuple[PlanInputs, IdIndex, list[Problem], Mapping[str, Sequence[Json]]]:
    """Read what is concerned: the sides, the names in them, what stands in the way of a plan, every object of the kinds
    in which something is looked up. `unread`: as of `draft`. In one piece, for each question is made of the answers to
    those before."""
    selection, asked = request.selection.holding(desired), request.removal_requests
    managed, unnamed = _apart(desired, managed, asked)
    wanted = select(desired, managed, selection, asked)
    everywhere = {each.address for each in desired} | {
        Address(each.address.kind, alias) for each in desired for alias in each.aliases
    }
    kinds = concerned(wanted, managed, selection, asked)
    kinds = [name for name in KINDS if name in kinds or (request.every_kind and selection.reaches(name))]
    lookups = sorted({use.target.kind for each in wanted for use in each.uses if isinstance(use.target, Lookup)})
    live, looked_at = _lists(api, fetch, kinds, lookups)
    matches = matched(kinds, wanted, live, managed)
    if hidden := hidden_ones(api.read, fetch, wanted, managed, matches):
        for name, objects in hidden.items():
            live[name] += live_of(KINDS[name], objects)
        matches = matched(kinds, wanted, live, managed)
    problems = [problem for each in matches.values() for problem in each.problems]
    with of_known_form("what is looked up"):
        found, lost = _look_up(wanted, live, looked_at)
    problems += lost
    taken = [each for each in wanted if not selection.leaves(each.address)]
    addresses = {each.address for each in taken}
    problems += left_out(taken, selection, matches)
    there = {address: one for each in matches.values() for address, one in each.found.items()}
    keys = {name: [each.key for each in objects] for name, objects in live.items()}
    problems += unknown_keys(taken, desired, keys, there)
    problems += unknown_ids(taken, {name: {each.id for each in objects} for name, objects in live.items()}, there)
    sides = PlanInputs(
        taken,
        live,
        managed,
        matches,
        {},
        found,
        request.target.today,
        create_schema,
        request.resend_secrets,
        request.as_sent,
        removable=lambda address: address not in everywhere and selection.takes(address),
        answered=answer(KINDS, asked, live, managed, claims(desired, live, managed) if asked else {}, selection.takes),
        why_gone=partial(_why_gone, request),
        unapplied=tuple(_forgotten(unnamed, matches, selection)),
        salt=request.salt,
        others=[each for each in desired if each.address not in addresses] if selection.partial else (),
    )
    known = IdIndex(KINDS, sides)
    sides = replace(sides, answers=_ask(api, fetch, sides, known, unread))
    return sides, known, problems, looked_at


def _apart(
    desired: Sequence[Desired], managed: Mapping[Address, Managed], asked: Sequence[RemovalRequest]
) -> tuple[Mapping[Address, Managed], Mapping[Address, Managed]]:
    """What counts as remembered, and apart from it the links that no apply has seen and nobody names, or asks for."""
    names = {each.address for each in asked}
    unnamed = {address: entry for address, entry in unnamed_links(desired, managed).items() if address not in names}
    if not unnamed:
        return managed, {}
    return {address: entry for address, entry in managed.items() if address not in unnamed}, unnamed


def _why_gone(request: PlanRequest, address: Address) -> str:
    """Why an object that no manifest names is to go."""
    if request.undo:
        return f"run `{request.undo}` made it"
    if address in request.elsewhere:
        return f"its manifest is no longer for `{request.target.environment}`"
    return "its manifest is gone"


def _forgotten(
    unnamed: Mapping[Address, Managed], matches: Mapping[str, Matches], selection: Selection
) -> Iterator[Managed]:
    """Which of these links go: those that are chosen, and those whose object is another manifest's now."""
    claimed = {(name, found.live.id) for name, each in matches.items() for found in each.found.values()}
    for address, entry in sorted(unnamed.items()):
        if selection.takes(address) or (address.kind, entry.live_id) in claimed:
            yield entry


def left_out(taken: Sequence[Desired], selection: Selection, matches: Mapping[str, Matches]) -> list[Problem]:
    """What is chosen cannot refer to what is left alone and does not exist yet."""
    return [
        Problem(
            "left-out",
            f"{each.address}: it refers to {target}, which does not exist yet and is left out by --except",
            each.where(use.path),
            "$.spec",
            "leave both out, or neither",
        )
        for each in taken
        for use in each.uses
        if isinstance(use.target, Ref)
        if selection.leaves(target := Address(use.target.kind, use.target.name))
        and target not in matches[target.kind].found
    ]


def concerned(
    wanted: Sequence[Desired],
    managed: Mapping[Address, Managed],
    selection: Selection,
    asked: Sequence[RemovalRequest],
) -> list[str]:
    """Kinds that occur in the manifests, in state, or among what shall go: nothing else is listed."""
    named = {each.address.kind for each in wanted}
    named |= {kind for each in wanted for kind, _, _ in raw_ids(each)}
    named |= {address.kind for address in managed if selection.takes(address)}
    named |= {each.kind for each in asked if each.action != "forget" and selection.reaches(each.kind)}
    return [name for name in KINDS if name in named]


def _lists(
    api: Reader, fetch: Fetch, kinds: Sequence[str], lookups: Sequence[str]
) -> tuple[dict[str, list[Live]], dict[str, list[Json]]]:
    """Each list once, all side by side."""
    known: dict[str, Kind | LookupKind] = {name: KINDS[name] for name in kinds}
    known |= {name: KINDS.get(name) or lookup_kinds()[name] for name in lookups if name not in known}
    replies = fetch([partial(api.list, each.service, each.listing) for each in known.values()])
    objects = dict(zip(known, replies, strict=True))
    return {name: live_of(KINDS[name], objects[name]) for name in kinds}, {name: objects[name] for name in lookups}


def _look_up(
    wanted: Sequence[Desired], live: Mapping[str, Sequence[Live]], objects: Mapping[str, Sequence[Json]]
) -> tuple[dict[tuple[str, str, str], str], list[Problem]]:
    """The id of every object that is looked up by its title: exactly one must have it."""
    found: dict[tuple[str, str, str], str] = {}
    problems: list[Problem] = []
    for each in wanted:
        for use in each.uses:
            if not isinstance(use.target, Lookup):
                continue
            target = use.target
            hits = _titled(target, objects[target.kind])
            if len(hits) == 1:
                found[target.kind, target.title, target.scope] = hits[0]
                continue
            what = f"{target.kind} of `{target.scope}`" if target.scope else target.kind
            said = f"no live {what} has" if not hits else f"{len(hits)} live {what} have"
            ids = ": " + ", ".join(f"`{hit}`" for hit in hits) if hits else ""
            problems.append(
                Problem(
                    "lookup",
                    f"{each.address}: {said} the title `{target.title}`{ids}",
                    each.where(use.path),
                    "$.spec",
                    "titles are compared exactly; check the spelling, or create it in the organisation first"
                    if not hits
                    else "rename all but one, or write the `id:` that is meant",
                )
            )
    return found, problems


def _titled(target: Lookup, objects: Sequence[Json]) -> list[str]:
    kind = lookup_kinds().get(target.kind)
    fields = kind.titles if kind else (KINDS[target.kind].title,)
    scope = kind.scope if kind else ""
    for name in fields:
        hits = [
            str(field_of(each, "id"))
            for each in objects
            if each.get(name) == target.title and _in_scope(each, scope, target.scope)
        ]
        if hits:
            return hits
    return []


def _in_scope(found: Json, field_name: str, scope: str) -> bool:
    if not field_name or not scope:
        return True
    value = found.get(field_name)
    return scope in value if isinstance(value, list) else bool(value == scope)


def _ask(
    api: Reader, fetch: Fetch, sides: PlanInputs, known: IdIndex, unread: Unread | None
) -> dict[Address, dict[str, Json]]:
    """What a kind must know beyond its list; each question once."""
    asks: list[tuple[Address, str, str, Call]] = []
    for desired in sides.desired:
        kind = KINDS[desired.address.kind]
        for name, call in asks_of(kind, desired, sides, known, unread).items():
            asks.append((desired.address, name, kind.service, call))
    for entry in gone(sides, KINDS):
        kind = KINDS[entry.address.kind]
        if (kind.name, entry.live_id) in known.objects:
            asks += [
                (entry.address, name, kind.service, call) for name, call in kind.removal_asks(entry.live_id).items()
            ]
    return answers_of(api, fetch, asks, sides.desired)


def answers_of(api: Reader, fetch: Fetch, asks: Asks, desired: Sequence[Desired]) -> dict[Address, dict[str, Json]]:
    return answers_to(
        asks, lambda once: fetch([partial(api.read, service, call) for service, call in once]), desired, KINDS
    )


def undecided_calls(sides: PlanInputs, request: PlanRequest) -> frozenset[Address]:
    """The addresses of which a call is open, and several objects could be what it made: nobody's manifest is wrong."""
    undecided = (address for matches in sides.matches.values() for address in matches.undecided)
    return frozenset(address for address in undecided if str(address) in request.open_calls)
