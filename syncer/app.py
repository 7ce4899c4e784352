"""The use cases: read, decide, in this order. `make_plan` asks the organisation and decides; nothing here writes to
it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from functools import partial
from typing import Protocol

from syncer.core.address import Address
from syncer.core.answers import Asks, answers_to
from syncer.core.asked import Asked, answer
from syncer.core.fingerprint import canonical, digest
from syncer.core.form import of_known_form
from syncer.core.identity import Matches, link_of, live_of
from syncer.core.kind import Call, Kind, Listing, LookupKind
from syncer.core.plan import Notice, Plan
from syncer.core.plan_id import identified
from syncer.core.planner import Draft, Known, Sides, Unread, asks_of, draft, gone
from syncer.core.problem import InvalidInput, Problem
from syncer.core.references import without_secrets
from syncer.core.resource import Desired, Live, Managed
from syncer.core.values import Json, Lookup, Ref
from syncer.kinds import KINDS, lookup_kinds
from syncer.kinds.together import raw_ids, unknown_ids, unknown_keys
from syncer.recognising import claims, hidden_ones, matched


class Reader(Protocol):
    """What planning needs of the platform."""

    def list(self, service: str, listing: Listing) -> list[Json]:
        """Every object of a listing."""

    def read(self, service: str, call: Call) -> Json | None:
        """One object, None where there is none."""


Fetch = Callable[[Sequence[Callable[[], Json]]], "list[Json]"]
"""Carries independent reads out side by side, in order."""


@dataclass(frozen=True, slots=True)
class Selection:
    """`--only` and `--except`: patterns of addresses (`FlowTemplate/*`), references of what is chosen followed."""

    only: tuple[str, ...] = ()
    but: tuple[str, ...] = ()
    exactly: frozenset[str] | None = None
    """These addresses and no others, whatever they refer to: those of a saved plan."""

    @property
    def partial(self) -> bool:
        """Whether anything is left out."""
        return bool(self.only or self.but or self.exactly is not None)

    def takes(self, address: Address) -> bool:
        """Whether the patterns choose this address."""
        if self.leaves(address):
            return False
        return not self.only or any(fnmatchcase(str(address), pattern) for pattern in self.only)

    def leaves(self, address: Address) -> bool:
        """Whether this address is left alone, also where something chosen refers to it."""
        if self.exactly is not None:
            return str(address) not in self.exactly
        return any(fnmatchcase(str(address), pattern) for pattern in self.but)

    def reaches(self, kind: str) -> bool:
        """Whether an address of this kind might be taken: what has no address until it is found is looked for then."""
        if self.exactly is not None:
            return any(text.startswith(f"{kind}/") for text in self.exactly)
        return not self.only or any(fnmatchcase(kind, pattern.partition("/")[0]) for pattern in self.only)


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan with all that an apply needs beside it: warnings, what state will say, and the sides it was made from."""

    plan: Plan
    problems: tuple[Problem, ...]
    settled: Mapping[Address, Managed]
    forgotten: tuple[Address, ...]
    sides: Sides
    desired: tuple[Desired, ...]
    chosen: frozenset[Address] = field(default_factory=frozenset)

    def settled_with(self, new: Collection[Address]) -> dict[Address, Managed]:
        """As `settled`, and of what these new manifests refer to the meaning as it was seen: they were made of it."""
        accepted = {
            address: self.settled[address]._replace(parts=task.parts)
            for address, task in self.plan.tasks.items()
            if address in new and not task.change.writes
        }
        return {**self.settled, **accepted}


def select(
    desired: Sequence[Desired], managed: Collection[Address], selection: Selection, asked: Sequence[Asked] = ()
) -> list[Desired]:
    """The chosen manifests and everything they refer to. InvalidInput where a pattern fits nothing at all."""
    if not selection.partial:
        return list(desired)
    addresses = {each.address: each for each in desired}
    for pattern in (*selection.only, *selection.but):
        if not any(fnmatchcase(str(address), pattern) for address in (*addresses, *managed)) and not any(
            fnmatchcase(str(each.address), pattern)
            if each.address
            else fnmatchcase(each.kind, pattern.partition("/")[0])
            for each in asked
        ):
            raise InvalidInput(
                Problem(
                    "nothing-selected",
                    f"`{pattern}` fits no address",
                    hint="an address is KIND/NAME, and * stands for anything: --only 'FlowTemplate/*'",
                )
            )
    chosen = {address for address in addresses if selection.takes(address)}
    waiting = list(chosen)
    while waiting:
        for use in addresses[waiting.pop()].uses:
            if isinstance(use.target, Ref):
                target = Address(use.target.kind, use.target.name)
                if target in addresses and target not in chosen:
                    chosen.add(target)
                    waiting.append(target)
    return [each for each in desired if each.address in chosen]


def read_sides(
    api: Reader,
    fetch: Fetch,
    desired: Sequence[Desired],
    managed: Mapping[Address, Managed],
    *,
    today: str,
    selection: Selection = Selection(),
    resend_secrets: bool = False,
    asked: Sequence[Asked] = (),
    unread: Unread | None = None,
) -> tuple[Sides, Known, list[Problem], Mapping[str, Sequence[Json]]]:
    """Read what is concerned: the sides, the names in them, what stands in the way of a plan, every object of the kinds
    in which something is looked up. `unread`: as of `draft`."""
    wanted = select(desired, managed, selection, asked)
    everywhere = {each.address for each in desired} | {
        Address(each.address.kind, alias) for each in desired for alias in each.aliases
    }
    kinds = _concerned(wanted, managed, selection, asked)
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
    problems += _left_out(taken, selection, matches)
    problems += unknown_keys(taken, desired, {name: [each.key for each in objects] for name, objects in live.items()})
    problems += unknown_ids(taken, {name: {each.id for each in objects} for name, objects in live.items()})
    sides = Sides(
        taken,
        live,
        managed,
        matches,
        {},
        found,
        today,
        resend_secrets,
        removable=lambda address: address not in everywhere and selection.takes(address),
        answered=answer(KINDS, asked, live, managed, claims(desired, live, managed) if asked else {}, selection.takes),
        others=[each for each in desired if each.address not in addresses] if selection.partial else (),
    )
    known = Known(KINDS, sides)
    sides = replace(sides, answers=_ask(api, fetch, sides, known, unread))
    return sides, known, problems, looked_at


def make_plan(
    api: Reader,
    fetch: Fetch,
    desired: Sequence[Desired],
    managed: Mapping[Address, Managed],
    *,
    environment: str,
    org_id: str,
    server: str,
    today: str,
    selection: Selection = Selection(),
    resend_secrets: bool = False,
    notices: Sequence[Notice] = (),
    asked: Sequence[Asked] = (),
    unread: Unread | None = None,
) -> Planned:
    """Read what is concerned of the organisation, and decide. InvalidInput, with every problem, where it cannot be;
    PlatformError where an object cannot be read, unless `unread` is given: nothing may be applied of such a plan."""
    sides, known, problems, _ = read_sides(
        api,
        fetch,
        desired,
        managed,
        today=today,
        selection=selection,
        resend_secrets=resend_secrets,
        asked=asked,
        unread=unread,
    )
    taken = sides.desired
    made = draft(KINDS, sides, known, unread)
    problems += made.problems
    errors = [problem for problem in problems if problem.severity == "error"]
    if errors:
        raise InvalidInput(problems)
    plan = Plan(
        "",
        environment,
        org_id,
        server,
        tuple(made.tasks[address].change for address in sorted(made.tasks)),
        tuple(sorted(made.links, key=lambda link: link.address)),
        tuple(made.released),
        (*notices, *made.notices, *_notices(api, fetch, made)),
        _digests(taken, made, sides),
        selection.partial,
        made.tasks,
    )
    return Planned(
        identified(plan),
        tuple(problems),
        made.settled,
        tuple(made.forgotten),
        sides,
        tuple(desired),
        frozenset(each.address for each in taken),
    )


def _left_out(taken: Sequence[Desired], selection: Selection, matches: Mapping[str, Matches]) -> list[Problem]:
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


def _digests(taken: Sequence[Desired], made: Draft, sides: Sides) -> dict[str, str]:
    """Of each manifest that something is to be done for, and of the document that asks to remove or let go."""
    found = {each.address: manifest_digest(each) for each in taken if each.address in made.tasks}
    answered = sides.answered
    found |= {address: answered.by[address].digest for address in (*answered.removals, *answered.let_go)}
    return {str(address): found[address] for address in sorted(found)}


def manifest_digest(desired: Desired) -> str:
    """Of the manifest with its variables put in, secrets by name: by this a plan knows that it has changed."""
    return digest(desired.digest + canonical(without_secrets(desired.spec)) + canonical(dict(desired.policy)))


def _concerned(
    wanted: Sequence[Desired],
    managed: Mapping[Address, Managed],
    selection: Selection,
    asked: Sequence[Asked],
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
            str(each["id"])
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
    api: Reader, fetch: Fetch, sides: Sides, known: Known, unread: Unread | None
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
    return _answers(api, fetch, asks, sides.desired)


def _answers(api: Reader, fetch: Fetch, asks: Asks, desired: Sequence[Desired]) -> dict[Address, dict[str, Json]]:
    return answers_to(
        asks, lambda once: fetch([partial(api.read, service, call) for service, call in once]), desired, KINDS
    )


def _notices(api: Reader, fetch: Fetch, made: Draft) -> list[Notice]:
    """What a reviewer should know about the objects that change: frozen, owned by a blueprint, at the limit."""
    asks = [
        (address, name, KINDS[address.kind].service, call)
        for address, task in sorted(made.tasks.items())
        if task.desired is not None
        for name, call in KINDS[address.kind].asks_if_changed(task.change.live_id).items()
    ]
    answers = _answers(api, fetch, asks, [task.desired for task in made.tasks.values() if task.desired])
    notices = []
    for address, task in sorted(made.tasks.items()):
        kind = KINDS[address.kind]
        live = task.live.object if task.live else None
        with of_known_form(str(address)):
            notices += [Notice("live", text, address) for text in kind.notices(live, answers.get(address, {}))]
    return notices


def renamed(planned: Planned, managed: Mapping[Address, Managed]) -> dict[Address, Address]:
    """Former address → present address of every manifest that state knows under an alias."""
    moved = {}
    for desired in planned.sides.desired:
        link = link_of(desired, managed)
        if link is not None and link.address != desired.address:
            moved[link.address] = desired.address
    return moved


__all__ = [
    "Fetch", "Matches", "Planned", "Reader", "Selection", "claims", "make_plan", "manifest_digest", "read_sides",
    "renamed", "select",
]  # fmt: skip
