"""What somebody changed in the organisation past the manifests: as declared last, as live now, as the manifest says.

A report is a value: no client, no function, no secret, no time of its own, so that the same sides give the same report.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Literal, get_args

from syncer.diff.remainder import RemainderChange
from syncer.diff.three_way_merge import merge
from syncer.model.address import Address
from syncer.model.diagnostic import Problem
from syncer.model.field_change import FieldChange, part_title
from syncer.model.json_values import ABSENT, Json, Ref
from syncer.model.kind import Kind, Meaning
from syncer.model.markers import holds_secret
from syncer.model.named_tuple import NamedTuple
from syncer.model.resource import Desired, Live, Managed
from syncer.model.secret_text import read_written
from syncer.plan.document.redaction import Suspect, withhold
from syncer.plan.document.timestamps import UNSEEN, LastChange, LastRun, When
from syncer.plan.identity_match import link_of
from syncer.plan.inputs import IdIndex, PlanInputs, declared_by_apply
from syncer.plan.plan import HIDDEN, DifferingObject, Draft
from syncer.plan.remainders import shown
from syncer.plan.removals import display_name, gone

What = Literal["deleted", "replaced", "deactivated", "changed", "missing", "differs"]
"""What happened to an object. `missing` and `differs`: what was declared last is not known, so nobody can say who."""

Moved = Literal["drift", "conflict", "differs", "undeclared"]
"""`drift`: only the organisation changed; `conflict`: the manifest as well, otherwise; `differs`: nobody can tell;
`undeclared`: the organisation changed what no manifest declares."""


class DriftField(NamedTuple):
    """A field: as declared last (what the manifest says, where that is not known), as live now, and, of a conflict, as
    the manifest says now. Values as in a plan's `Field`."""

    path: str
    before: Json
    after: Json
    cause: Moved
    wanted: Json = ABSENT
    reason: str = ""
    """What it means, where the field alone does not say it: no field of the object, but what one of them stands for."""
    title: str = ""
    """What people call the part of the object that the field stands in."""


@dataclass(frozen=True, slots=True)
class DriftedObject:
    """One object that is not as it was declared. `when`: before or after the last apply, "" where nobody knows;
    `versions`: those made since, newest first, where the platform keeps them."""

    address: Address
    what: What
    name: str
    live_id: str
    fields: tuple[DriftField, ...] = ()
    note: str = ""
    seen: LastChange = UNSEEN
    when: When = ""
    versions: tuple[LastChange, ...] = ()


class Stranger(NamedTuple):
    """A live object of a managed kind that no manifest describes and state does not know."""

    kind: str
    live_id: str
    name: str
    seen: LastChange


@dataclass(frozen=True, slots=True)
class Drift:
    """The whole report. `remembered`: whether there is a state, without which drift cannot be told from what the
    manifests changed; `pending`: objects that the manifests changed; `unclear`: addresses that could not be compared;
    `strangers`: None where kinds were not looked at whole."""

    environment: str
    org_id: str
    server: str
    partial: bool
    remembered: bool
    objects: tuple[DriftedObject, ...]
    strangers: tuple[Stranger, ...]
    pending: int
    compared: int
    unclear: tuple[Address, ...]
    problems: tuple[Problem, ...]
    applied: LastRun | None = None
    unknown: int = 0
    """Objects of which is not known what was live and undeclared."""
    added: tuple[DriftedObject, ...] = ()
    """What others did to items of their own, in lists to which they may add; no drift unless it is asked for."""

    @property
    def summary(self) -> dict[str, int]:
        """How many objects of each sort, in the order of `What`; only those that there are."""
        counts = {what: sum(each.what == what for each in self.objects) for what in get_args(What)}
        return {what: number for what, number in counts.items() if number}

    @property
    def conflicts(self) -> int:
        """Fields that both sides changed."""
        return sum(each.cause == "conflict" for one in self.objects for each in one.fields)

    @property
    def fields(self) -> int:
        """Fields that moved, of all objects."""
        return sum(len(each.fields) for each in self.objects)


def _harmless(text: str, names: Sequence[str]) -> bool:
    return False


@dataclass(slots=True)
class Comparison:
    """What the three sides come to, before anything was asked about who did it."""

    objects: list[DriftedObject] = field(default_factory=list)
    added: list[DriftedObject] = field(default_factory=list)
    unknown: int = 0
    pending: set[Address] = field(default_factory=set)
    compared: int = 0
    unclear: list[Address] = field(default_factory=list)
    live: dict[Address, Live] = field(default_factory=dict)
    """The live object of each that drifted and is still there."""
    suspect: Suspect = _harmless
    """Which texts of what nobody declares are not shown."""
    applied: bool = True
    """Whether what is remembered was left by an apply."""


NEVER_APPLIED = "linked, and never applied since: what was declared before is not known"
NEVER_LINKED = "no apply is remembered, so what was declared before is not known"


def compare(
    kinds: Mapping[str, Kind],
    sides: PlanInputs,
    names: IdIndex,
    made: Draft,
    *,
    remembered: bool,
    applied: bool = True,
    suspect: Suspect = _harmless,
) -> Comparison:
    """Hold every manifest and every remembered object against the organisation. `made`: the plan's draft of the same
    sides, problems or not; `remembered`: whether there is a state at all; `applied`: whether an apply left it, for a
    pull remembers too, of what it pulled and nothing else; `suspect`: which texts of what nobody declares are not
    shown."""
    out = Comparison(suspect=suspect, applied=applied)
    for desired in sorted(sides.desired, key=lambda each: each.address):
        kind = kinds[desired.address.kind]
        if desired.address in sides.matches[kind.name].undecided:
            out.unclear.append(desired.address)
        else:
            _declared(kind, desired, sides, names, made, out, remembered=remembered)
    for entry in gone(sides, kinds):
        _undeclared(kinds[entry.address.kind], entry, names, out)
    out.pending |= set(sides.answered.let_go)
    out.objects.sort(key=_gravity)
    told = {each.address for each in out.objects}  # a plan may object to what it can compare very well
    out.unclear = sorted({*out.unclear, *(address for address in made.unclear if address not in told)})
    return out


def _gravity(each: DriftedObject) -> tuple[int, bool, Address]:
    return get_args(What).index(each.what), all(one.cause != "conflict" for one in each.fields), each.address


def _declared(
    kind: Kind, desired: Desired, sides: PlanInputs, names: IdIndex, made: Draft, out: Comparison, *, remembered: bool
) -> None:
    """What became of the object that a manifest describes."""
    address, found = desired.address, names.found.get(desired.address)
    link = link_of(desired, sides.managed)
    if link is not None and not link.live_id:
        link = None  # of a create that was cut off: nothing was there that anybody could have changed
    if found is None:
        _absent(kind, desired, link, out, remembered=remembered)
        return
    out.compared += 1
    differing = made.differing.get(address)
    name = display_name(kind, kind.spec_of(found.live.object), address)
    if link is not None and link.live_id != found.live.id:
        fields = _fields(differing, names, told=False) if differing else ()
        note = f"it was `{link.live_id}`; another of the same {kind.title or 'key'} is in its place"
        out.objects.append(DriftedObject(address, "replaced", name, found.live.id, fields, note))
        out.live[address] = found.live
        return
    out.unknown += link is not None and not known_undeclared(link, sides.salt)
    beside = _beside(kind, desired, name, names, made, out)
    if differing is None:
        if beside:
            out.objects.append(DriftedObject(address, "changed", name, found.live.id, beside))
        return
    told = remembered and (out.applied if link is None else bool(declared_by_apply(link)))
    fields = _fields(differing, names, told=told)
    meanings = tuple(_meaning(each, differing, names) for each in differing.meanings)
    if told and any(each.cause == "ours" for each in differing.changes):
        out.pending.add(address)
    if fields or meanings or beside:
        moved = any(each.cause != "differs" for each in (*fields, *meanings, *beside))
        what: What = "differs" if not moved else "deactivated" if _switched_off(kind, differing) else "changed"
        note = (NEVER_LINKED if link is None else NEVER_APPLIED) if remembered and fields else ""
        fields += meanings + beside
        out.objects.append(DriftedObject(address, what, name, found.live.id, fields, "" if told else note))
        out.live[address] = found.live


def _absent(kind: Kind, desired: Desired, link: Managed | None, out: Comparison, *, remembered: bool) -> None:
    """An object that a manifest describes and that is not there."""
    address = desired.address
    if link is not None:
        name = display_name(kind, {**desired.spec, **declared_by_apply(link)}, address)
        out.objects.append(DriftedObject(address, "deleted", name, link.live_id))
    elif remembered:
        out.pending.add(address)
    else:
        out.objects.append(DriftedObject(address, "missing", display_name(kind, desired.spec, address), ""))


def known_undeclared(entry: Managed, salt: str) -> bool:
    """Whether it is known what was live and undeclared."""
    return bool(salt) and entry.undeclared is not None


def _beside(
    kind: Kind, desired: Desired, name: str, names: IdIndex, made: Draft, out: Comparison
) -> tuple[DriftField, ...]:
    """What somebody changed of what the manifest does not declare; what others added to lists stands in `out`."""
    found = made.undeclared.get(desired.address)
    if found is None:
        return ()
    out.live[desired.address] = found.live
    drifted, added = (
        tuple(_unsaid(each, kind, found.labels, names, out.suspect) for each in side)
        for side in (found.drifted, found.added)
    )
    if added:
        out.added.append(DriftedObject(desired.address, "changed", name, found.live.id, added))
    return drifted


NOT_KEPT = "what no manifest declares is remembered as a digest only, so what it was is not known"


def _unsaid(
    change: RemainderChange, kind: Kind, labels: Mapping[str, str], names: IdIndex, suspect: Suspect
) -> DriftField:
    """A field that no manifest declares."""
    before = ABSENT if change.how == "new" else HIDDEN
    after = change.value
    if after is not ABSENT:
        words = tuple(step for step in change.path if isinstance(step, str))
        after = names.named(withhold(after, (), kind.shape, suspect, words), labels)
    return DriftField(shown(change, names, labels), before, after, "undeclared", reason=NOT_KEPT * (before is HIDDEN))


def _undeclared(kind: Kind, entry: Managed, names: IdIndex, out: Comparison) -> None:
    """An object that no manifest describes any more: that it goes is ours, what was done to it meanwhile is not."""
    live = names.objects.get((kind.name, entry.live_id))
    if live is None or (kind.removal(entry.policy) == "deactivate" and kind.already_removed(live.object)):
        return  # both sides agree
    out.pending.add(entry.address)
    last = {name: value for name, value in entry.declared.items() if name != kind.made_along}
    changes = merge(kind.spec_of(live.object), last, last, kind.shape).changes
    moved = [each for each in changes if not holds_secret(each.last)]
    if moved and last:
        fields = tuple(
            DriftField(names.show(each.path, {}), *_both(names, each.after, each.before, {}), "conflict")
            for each in moved
        )
        name = display_name(kind, kind.spec_of(live.object), entry.address)
        note = "no manifest describes it any more: the plan would remove it"
        out.objects.append(DriftedObject(entry.address, "changed", name, live.id, fields, note))
        out.live[entry.address] = live


def _fields(differing: DifferingObject, names: IdIndex, *, told: bool) -> tuple[DriftField, ...]:
    """The fields that somebody moved; without a memory, all that differ."""
    return tuple(_field(each, differing, names, told) for each in differing.changes if each.cause != "ours" or not told)


def _field(change: FieldChange, differing: DifferingObject, names: IdIndex, told: bool) -> DriftField:
    labels = differing.labels
    path = names.show(change.path, labels)
    conflict = told and change.cause == "conflict"
    before = _marked(change.last) if conflict else change.after
    hidden = change.before is not ABSENT and (holds_secret(change.after) or holds_secret(change.last))
    before, after = _both(names, before, change.before, labels)
    wanted = names.named(change.after, labels) if conflict else ABSENT
    cause: Moved = "conflict" if conflict else "drift" if told else "differs"
    title = part_title(change.path, *differing.written, differing.prepared.have)
    return DriftField(path, before, HIDDEN if hidden else after, cause, wanted, title=title)


def _meaning(meaning: Meaning, differing: DifferingObject, names: IdIndex) -> DriftField:
    """What a reference stands for by now; where nothing is remembered, nobody can tell whether that moved."""
    before, after = (names.named(side, differing.labels) for side in (meaning.before, meaning.after))
    cause: Moved = "drift" if meaning.cause == "drift" else "differs"
    return DriftField(names.show(meaning.path, differing.labels), before, after, cause, reason=meaning.risk.reason)


def _both(names: IdIndex, before: Json, after: Json, labels: Mapping[str, str]) -> tuple[Json, Json]:
    """Both sides with names for ids, unless only the ids tell them apart."""
    one, other = names.named(before, labels), names.named(after, labels)
    return (before, after) if one == other else (one, other)


def _marked(value: Json) -> Json:
    """What state remembers, its markers as values again; a secret has only its name, or its text."""
    if isinstance(value, list):
        return [_marked(item) for item in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        word, body = next(iter(value.items()))
        if word in ("secret", "$secret") and isinstance(body, str):
            with suppress(ValueError):  # a value of the manifest's own that has the form of a marker
                return read_written(body)
        if word == "ref" and isinstance(body, str) and "/" in body:
            kind, _, name = body.partition("/")
            return Ref(kind, name)
    return {name: _marked(item) for name, item in value.items()}


def _switched_off(kind: Kind, differing: DifferingObject) -> bool:
    """Whether one of the changes made by hand is what a removal would do."""
    live = differing.live.object
    return kind.already_removed(live) and any(
        each.cause != "ours"
        and len(each.path) == 1
        and not kind.already_removed({**live, str(each.path[0]): None if each.after is ABSENT else each.after})
        for each in differing.changes
    )


def strangers(
    kinds: Mapping[str, Kind], live: Mapping[str, Sequence[Live]], taken: frozenset[tuple[str, str]]
) -> Iterator[Stranger]:
    """The live objects that are not among `taken`: (kind, live id) of what manifests describe and state remembers."""
    for name, objects in sorted(live.items()):
        kind = kinds[name]
        for each in sorted(objects, key=lambda one: (one.title or kind.called(one.object) or one.key, one.id)):
            if (name, each.id) not in taken:
                called = each.title or kind.called(each.object) or each.key or each.id
                yield Stranger(name, each.id, called, LastChange.of(kind.dated, each.object))
