"""What of an organisation no manifest describes yet, and what each such object is to be called.

It reads every list once and decides; nothing is written. A reply is kept, so that the plan which proves a pull is made
of the same organisation, asked the same questions once.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import partial
from typing import TypeVar

from syncer.diff.export_spec import NamedIds, NameIndex
from syncer.kinds import KINDS, lookup_kinds
from syncer.model.address import Address
from syncer.model.calls import Parts
from syncer.model.diagnostic import InvalidInput, PlatformError, Problem
from syncer.model.field_rules import find_all, pattern_steps
from syncer.model.json_values import Json, Path
from syncer.model.kind import Kind, LookupKind
from syncer.model.markers import clone
from syncer.model.named_tuple import NamedTuple
from syncer.model.resource import Desired, Live, Managed
from syncer.model.slugs import unique_names
from syncer.model.unexpected_reply import UnexpectedReply
from syncer.ops.pull.known_manifests import KnownManifests
from syncer.ops.pull.live_names import by_manifest
from syncer.ops.pull.options import PullOptions
from syncer.ops.refresh import Fetch, Reader
from syncer.plan.identity_match import Matches, live_of, match, plain_title, unnamed_links
from syncer.plan.removal_requests import RemovalRequest, answer

MOST_NAMED = 4
"""More than these many objects with a manifest elsewhere are told in one breath."""


@dataclass(frozen=True, slots=True)
class UnmanagedObject:
    """A live object that no manifest describes, and the address it gets. `parts`: what of it the manifest is to
    bundle, by local key; `answers`: what the kind must know for that; `variables`: values of the spec that are
    variables, by path."""

    address: Address
    live: Live
    parts: Parts = field(default_factory=dict)
    answers: Mapping[str, Json] = field(default_factory=dict)
    variables: Mapping[Path, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Inventory:
    """`live`: by kind, all of them; `looked_at`: the lists of what is only looked up; `matches`: what the manifests
    are; `new`: what is to be pulled; `skipped`: what cannot be, and why."""

    live: Mapping[str, Sequence[Live]]
    looked_at: Mapping[str, Sequence[Json]]
    matches: Mapping[str, Matches]
    new: tuple[UnmanagedObject, ...]
    skipped: tuple[Problem, ...]
    covered: int = 0
    """Live objects of the chosen kinds that have a manifest already."""


class _Sorted(NamedTuple):
    """What came of one kind: what is to be pulled, what is not and why, how many chosen objects have a manifest."""

    new: list[UnmanagedObject]
    skipped: list[Problem]
    covered: int


@dataclass(frozen=True, slots=True)
class _Listed:
    """One kind as it is looked through: its live objects, its manifests, and which are which."""

    kind: Kind
    live: Sequence[Live]
    wanted: Sequence[Desired]
    matches: Matches

    @property
    def claimed(self) -> set[str]:
        """The ids of those that have a manifest."""
        return {found.live.id for found in self.matches.found.values()}


def survey(
    reader: Reader, fetch: Fetch, order: PullOptions, there: KnownManifests, managed: Mapping[Address, Managed]
) -> Inventory:
    """Look through the chosen kinds. InvalidInput where a manifest could be several live objects, or a pattern fits
    nothing."""
    live, looked_at, unseen = _read(reader, fetch, order, there.desired)
    wanted = {name: [each for each in there.desired if each.address.kind == name] for name in live}
    unnamed = unnamed_links(there.desired, managed)
    ours = {address: entry for address, entry in managed.items() if address not in unnamed}
    matches = {name: match(KINDS[name], wanted[name], live[name], ours) for name in live}
    problems = [problem for each in matches.values() for problem in each.problems]
    if problems:
        raise InvalidInput(problems)
    going, hits = _going(there.asked, live, managed), set[str]()
    found = [
        _sorted(_Listed(KINDS[name], live[name], wanted[name], matches[name]), order, there, managed, going, hits)
        for name in order.kinds
    ]
    for address, entry in managed.items():  # of what was deleted by hand, the manifest may be gone by now
        if address.kind in order.kinds:
            _takes(order.patterns, address.name, str(entry.declared.get(KINDS[address.kind].title) or ""), hits)
    lost = [pattern for pattern in order.patterns if pattern not in hits]
    if lost:
        hint = "it is compared with names and with titles, and * stands for anything: --name 'Netz*'"
        raise InvalidInput([Problem("nothing-selected", f"`{each}` fits no live object", hint=hint) for each in lost])
    return Inventory(
        live,
        looked_at,
        matches,
        tuple(sorted((new for each in found for new in each.new), key=lambda each: each.address)),
        (*unseen, *(problem for each in found for problem in each.skipped)),
        sum(each.covered for each in found),
    )


def _read(
    reader: Reader, fetch: Fetch, order: PullOptions, desired: Sequence[Desired]
) -> tuple[dict[str, Sequence[Live]], dict[str, Sequence[Json]], list[Problem]]:
    """The live objects of the chosen kinds, of those that have manifests and of those they point at; what is only
    looked up; which titles could not be read."""
    unseen: list[Problem] = []
    live = _lists(reader, fetch, [name for name in KINDS if name in {*order.kinds, *(d.address.kind for d in desired)}])
    pointed_at = sorted(_pointed_at(live, order.kinds) - {*live})
    for name in pointed_at:
        if name in KINDS:
            live |= _if_allowed(partial(_lists, reader, fetch, [name]), name, unseen) or {}
    looked_at: dict[str, Sequence[Json]] = {}
    lookups: dict[str, LookupKind] = lookup_kinds()
    for each in (lookups[name] for name in pointed_at if name in lookups):
        listed = _if_allowed(partial(reader.list, each.service, each.listing), each.name, unseen)
        looked_at |= {} if listed is None else {each.name: listed}
    return live, looked_at, unseen


def _sorted(
    listed: _Listed,
    order: PullOptions,
    there: KnownManifests,
    managed: Mapping[Address, Managed],
    going: Mapping[tuple[str, str], str],
    hits: set[str],
) -> _Sorted:
    """One kind, object by object; `hits` gets the patterns that fit one."""
    kind, claimed = listed.kind, listed.claimed
    called = _names(listed, managed, there.names.get(kind.name, ()))
    every = {**called, **{found.live.id: address.name for address, found in listed.matches.found.items()}}
    chosen = {each.id for each in listed.live if _takes(order.patterns, every[each.id], title_of(kind, each), hits)}
    apart, skipped = _told_apart(listed, chosen - claimed, there.elsewhere)
    new: list[UnmanagedObject] = []
    for live in apart:
        each = UnmanagedObject(Address(kind.name, called[live.id]), live)
        document = _document_against(each, going)
        if document:
            said = f"{each.address} (`{live.id}`) is left out: {document} asks for its removal"
            hint = "delete that entry to keep the object"
            skipped.append(Problem("removal-asked", said, hint=hint, severity="warning"))
        else:
            new.append(each)
    return _Sorted(new, skipped, len(claimed & chosen))


def _going(
    asked: Sequence[RemovalRequest], live: Mapping[str, Sequence[Live]], managed: Mapping[Address, Managed]
) -> dict[tuple[str, str], str]:
    """(kind, live id, name or key) of what documents of kind `Removed` ask for → the document."""
    answered = answer(KINDS, asked, live, managed, {}, lambda address: True)
    entries = [*answered.removals.values(), *(managed[each] for each in answered.let_go)]
    found = {(each.kind, each.address.name): each.document for each in asked if each.address}
    found |= {(each.kind, each.live_id): each.document for each in asked if each.live_id}
    found |= {(each.kind, plain_title(each.key)): each.document for each in asked if each.key}
    documents = {address: each.document for address, each in answered.by.items()}
    return found | {(each.address.kind, each.live_id): documents.get(each.address, "Removed") for each in entries}


def _document_against(new: UnmanagedObject, going: Mapping[tuple[str, str], str]) -> str:
    """The document that asks for the removal of this object; "" where none does."""
    kind = new.address.kind
    words = (new.live.id, new.address.name, _key(KINDS[kind], new.live))
    return next((going[kind, word] for word in words if (kind, word) in going), "")


def title_of(kind: Kind, live: Live) -> str:
    """What people call a live object."""
    return live.title or kind.called(live.object) or live.key


def _lists(reader: Reader, fetch: Fetch, kinds: Sequence[str]) -> dict[str, Sequence[Live]]:
    replies = fetch([partial(reader.list, KINDS[name].service, KINDS[name].listing) for name in kinds])
    return {name: live_of(KINDS[name], objects) for name, objects in zip(kinds, replies, strict=True)}


def _pointed_at(live: Mapping[str, Sequence[Live]], kinds: Iterable[str]) -> set[str]:
    """Kinds, looked up by title, that an object of these kinds points at."""
    found: set[str] = set()
    for name in kinds:
        kind = KINDS[name]
        specs = [kind.spec_of(each.object) for each in live[name]]
        for ref in kind.refs:
            steps = pattern_steps(ref.path)
            if ref.plain or ref.to in found:
                continue
            objects = (
                (spec, each.object)
                for spec, each in zip(specs, live[name], strict=True)
                if any(_is_id(value) for _, value in find_all(spec, steps))
            )
            if kind.pull is not None:  # which may not speak of it
                said = (_said(kind, spec, live_object) for spec, live_object in objects)
                objects = ((spec, None) for spec in said if any(_is_id(value) for _, value in find_all(spec, steps)))
            if any(True for _ in objects):
                found.add(ref.to)
    return found


def _said(kind: Kind, spec: Json, live: Json) -> Json:
    """What a manifest says of a live object; nothing where it cannot be read: that is said when it is to be written."""
    try:
        return kind.pull(clone(spec), live, {}, {}).spec if kind.pull is not None else spec
    except UnexpectedReply:
        return {}


def _is_id(value: Json) -> bool:
    value = value.get("id") if isinstance(value, dict) else value
    return isinstance(value, str) and bool(value) and ":" not in value


T = TypeVar("T")


def _if_allowed(read: Callable[[], T], kind: str, unseen: list[Problem]) -> T | None:
    """What is read; None, and a word about it, where the platform says no: what is only pointed at need not be seen."""
    try:
        return read()
    except PlatformError as error:
        why = error.problems[0].message
        said = f"the titles of {kind} could not be read, so references to them are ids: {why}"
        unseen.append(Problem("titles-unseen", said, hint="pull with a token that may see them", severity="warning"))
        return None


def _takes(patterns: Sequence[str], name: str, title: str, hits: set[str]) -> bool:
    fitting = [each for each in patterns if fnmatchcase(name, each) or fnmatchcase(title, each)]
    hits.update(fitting)
    return bool(fitting) or not patterns


def _names(listed: _Listed, managed: Mapping[Address, Managed], taken: Collection[str]) -> dict[str, str]:
    """Live id → name, of what has no manifest. What state calls an object that has none any more, it is called again;
    all names are made of all objects, so that they do not depend on which of them are asked for."""
    kind, claimed = listed.kind, listed.claimed
    linked = {entry.live_id: address.name for address, entry in managed.items() if address.kind == kind.name}
    free = (each.id for each in listed.live if each.id not in claimed)
    former = {id: linked[id] for id in free if id in linked and linked[id] not in taken}
    titles = {each.id: title_of(kind, each) for each in listed.live if each.id not in former}
    return {**former, **unique_names(titles, kind.slug, {*taken, *former.values()}, claimed=claimed)}


def _told_apart(
    listed: _Listed, chosen: Collection[str], elsewhere: Mapping[tuple[str, str], Address]
) -> tuple[list[Live], list[Problem]]:
    """Those of the chosen ids that a manifest can tell from all others; a word about each of the rest."""
    kind, groups = listed.kind, dict[str, list[Live]]()
    found, skipped = list[Live](), list[Problem]()
    for each in listed.live:
        groups.setdefault(_key(kind, each), []).append(each)
    declared = {
        plain_title(str(each.spec[kind.title])) if kind.title else kind.key(each.spec): each.address
        for each in listed.wanted
    }
    said: set[str] = set()
    theirs: dict[Address, Problem] = {}
    for each in listed.live:
        if each.id not in chosen:
            continue
        key = _key(kind, each)
        here, far = declared.get(key), elsewhere.get((kind.name, key))
        if len(groups[key]) > 1:
            skipped += [_several(kind, key, groups[key])] if key not in said else []
        elif here is not None:
            skipped.append(_claimed(each, key, here))
        elif far is not None:
            theirs[far] = _theirs(each, key, far)
        else:
            found.append(each)
        said.add(key)
    skipped += [_all_theirs(kind, list(theirs))] if len(theirs) > MOST_NAMED else theirs.values()
    return found, skipped


def _key(kind: Kind, live: Live) -> str:
    return plain_title(live.title) if kind.title else live.key


def _several(kind: Kind, key: str, group: Sequence[Live]) -> Problem:
    ids = ", ".join(f"`{each.id}`" for each in group)
    what = "title" if kind.title else "key"
    return Problem(
        "live-twins",
        f"{len(group)} live objects of kind {kind.name} have the {what} `{key}`: {ids}; no manifest is written for "
        "one that has none",
        hint="rename or delete all but one in the organisation, then pull again",
        severity="warning",
    )


def _all_theirs(kind: Kind, others: Sequence[Address]) -> Problem:
    named = ", ".join(map(str, others[:MOST_NAMED]))
    return Problem(
        "manifest-elsewhere",
        f"{len(others):,} live objects of kind {kind.name} are left out, for manifests that live in other environments "
        f"describe them: {named} and {len(others) - MOST_NAMED:,} more",
        hint="add this environment to their `metadata.environments`, then pull again",
        severity="warning",
    )


def _theirs(live: Live, key: str, other: Address) -> Problem:
    return Problem(
        "manifest-elsewhere",
        f"`{live.id}` is left out: `{key}` is what {other} describes, which lives in other environments",
        hint="add this environment to its `metadata.environments`, or give the live object another title",
        severity="warning",
    )


def _claimed(live: Live, key: str, other: Address) -> Problem:
    return Problem(
        "live-claimed",
        f"`{live.id}` is left out: `{key}` is what {other} describes, and that is another object here",
        hint="give the live object another title; or take over the other's, `syncer pull` without --name and --kind",
        severity="warning",
    )


def names_of(
    found: Inventory, desired: Sequence[Desired], new: Iterable[UnmanagedObject], ids: Mapping[str, str]
) -> NameIndex:
    """What every live id is called, once `new` have manifests too."""
    manifests = by_manifest(found.matches, desired)
    manifests |= {(each.address.kind, each.live.id): each.address.name for each in new}
    titles: dict[tuple[str, str, str], str] = {}
    words: dict[tuple[str, str], str] = {}
    for name, live in found.live.items():
        if KINDS[name].title:
            objects = [each.object for each in live]
            titles |= _titles(name, (KINDS[name].title,), "", objects)
            words |= {(name, each.id): each.title for each in live}
    for name, objects_ in found.looked_at.items():
        kind_ = lookup_kinds()[name]
        titles |= _titles(name, kind_.titles, kind_.scope, objects_)
        words |= {(name, str(each["id"])): str(each.get(kind_.titles[-1]) or "") for each in objects_ if each.get("id")}
    return NameIndex(manifests, titles, words, NamedIds(ids))


def _titles(kind: str, fields: Sequence[str], scope: str, objects: Sequence[Json]) -> dict[tuple[str, str, str], str]:
    """(kind, id, scope) → the title by which a lookup finds this object and no other; none finds what has no id."""
    objects = [each for each in objects if each.get("id")]
    ids: dict[tuple[str, str, str], set[str]] = {}
    for each in objects:
        for scoped in _scopes(each, scope):
            for name in fields:
                if isinstance(each.get(name), str) and each[name]:
                    ids.setdefault((scoped, name, each[name]), set()).add(str(each["id"]))
    found: dict[tuple[str, str, str], str] = {}
    for each in objects:
        for scoped in _scopes(each, scope):
            for position, name in enumerate(fields):
                title = each.get(name)
                better = any((scoped, other, title) in ids for other in fields[:position])
                if isinstance(title, str) and not better and len(ids.get((scoped, name, title), ())) == 1:
                    found[kind, str(each["id"]), scoped] = title  # the last field is the one people read
    return found


def _scopes(each: Json, scope: str) -> list[str]:
    value = each.get(scope) if scope else ""
    return [str(one) for one in value] if isinstance(value, list) else [str(value or "")]
