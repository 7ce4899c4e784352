"""All that a plan is made of, and the names in it: what was read, which live id an address has, and the way back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from syncer.diff.required_fields import CreateSchema
from syncer.model.address import Address
from syncer.model.field_change import FieldPath, Item, show_field
from syncer.model.json_values import Json, Lookup, Part, Ref
from syncer.model.kind import Context, Kind
from syncer.model.markers import bind
from syncer.model.resource import Desired, Live, Managed, Match
from syncer.plan.identity_match import Matches, link_of
from syncer.plan.removal_requests import RemovalPlan

ADOPTS = "takes over an object that the state does not know as ours"
"""The reason of a change of what was only found or linked."""


@dataclass(frozen=True, slots=True)
class PlanInputs:
    """What the manifests want, what the organisation has, what was applied last: all that is decided by, so that the
    same inputs make the same plan. Nothing is read beside it, and nothing in it is changed."""

    desired: Sequence[Desired]
    """The manifests that something is planned for. Not all of the environment where a part was chosen: see `others`."""
    live: Mapping[str, Sequence[Live]]
    """Kind → its objects, of the kinds that are concerned. That a kind is missing says that nobody asked for it, not
    that it has no objects."""
    managed: Mapping[Address, Managed]
    """What is remembered, of everything. Of one manifest and one object ask `memory_of`: an entry may be another's."""
    matches: Mapping[str, Matches]
    """Kind → which of its objects is which manifest's. Nothing else decides that."""
    answers: Mapping[Address, Mapping[str, Json]]
    """What kinds asked beside their lists, by address and by the name of the question."""
    lookups: Mapping[tuple[str, str, str], str]
    """(kind, title, scope) → the id of the one object that is looked up so. One that is missing is a problem
    already."""
    today: str
    """The day, `2026-11-22`. No clock is asked while it is decided."""
    create_schema: Callable[[Kind], CreateSchema]
    """(kind) → what a new object of it needs. Asked only where something new is planned: schemas are large."""
    resend_secrets: bool = False
    """Whether secrets are sent that seem unchanged."""
    as_sent: bool = False
    """Whether values are sent of which the platform is known to make others."""
    removable: Callable[[Address], bool] = lambda address: True
    """Whether a managed address that no manifest names may be planned away (`--only` and `--except` say no)."""
    answered: RemovalPlan = field(default_factory=RemovalPlan)
    """What documents of kind `Removed` come to."""
    unapplied: Sequence[Managed] = ()
    """Links that no apply has seen and no manifest names: not among `managed`, and to be forgotten."""
    why_gone: Callable[[Address], str] = lambda address: "its manifest is gone"
    """(address) → why an object that no manifest names is to go, for people."""
    salt: str = ""
    """What the digests of undeclared values are keyed with; "": nothing is known of them, and nothing said."""
    others: Sequence[Desired] = ()
    """Manifests that were not chosen: nothing is planned for them, and what they refer to is still theirs."""


class IdIndex:
    """Names and ids of everything found: how references become ids, and ids become names again."""

    def __init__(self, kinds: Mapping[str, Kind], sides: PlanInputs) -> None:
        self.found: dict[Address, Match] = {}
        for matches in sides.matches.values():
            self.found.update(matches.found)
        self._kinds = kinds
        self._sides = sides
        self.asked: dict[Address, Context] = {}
        """Of resources whose kind was asked what it must know: kept until they are decided about."""

    @cached_property
    def _names(self) -> dict[str, Ref]:
        """Ids that the platform gave, which say nothing to people: of what manifests describe, and of what they did."""
        ids = {entry.live_id: address for address, entry in self._sides.managed.items() if entry.live_id}
        ids |= {found.live.id: address for address, found in self.found.items()}
        return {id: Ref(*address) for id, address in ids.items() if self._kinds[address.kind].title}

    @cached_property
    def objects(self) -> dict[tuple[str, str], Live]:
        """(kind, live id) → the live object."""
        return {(kind, each.id): each for kind, listed in self._sides.live.items() for each in listed}

    @cached_property
    def claimed(self) -> dict[tuple[str, str], Address]:
        """(kind, live id) → the manifest it belongs to."""
        return {(address.kind, found.live.id): address for address, found in self.found.items()}

    def by_day(self, kind: str) -> bool:
        """Whether what is decided about the kind depends on the day."""
        return self._kinds[kind].by_day

    def resolve(self, leaf: Ref | Lookup | Part) -> Json:
        """The id a marker stands for; the marker itself while it has none."""
        if isinstance(leaf, Ref):
            found = self.found.get(Address(leaf.kind, leaf.name))
            return found.live.id if found else leaf
        if isinstance(leaf, Lookup):
            return self._sides.lookups.get((leaf.kind, leaf.title, leaf.scope), leaf)
        return leaf

    def named(self, value: Json, labels: Mapping[str, str]) -> Json:
        """The value with ids of managed objects as references and ids of parts as local keys, for people."""
        if isinstance(value, dict):
            return {name: self.named(item, labels) for name, item in value.items()}
        if isinstance(value, list):
            return [self.named(item, labels) for item in value]
        if isinstance(value, str):
            return self._names.get(value) or labels.get(value, value)
        return value

    def show(self, path: FieldPath, labels: Mapping[str, str]) -> str:
        """A field's path with names in place of ids."""
        steps = (Item(self.word(step.key, labels)) if isinstance(step, Item) else step for step in path)
        return show_field(tuple(steps))

    def word(self, key: str, labels: Mapping[str, str]) -> str:
        """What people call an item of that key."""
        return self._names[key].name if key in self._names else labels.get(key, key)


def memory_of(desired: Desired, found: Match | None, managed: Mapping[Address, Managed]) -> Managed | None:
    """What is remembered of this manifest *and* this object, or of a create that was cut off. What is remembered of an
    object that was replaced by another holds no longer: which items were ours, which ids its parts have."""
    entry = link_of(desired, managed)
    if entry is None or entry.live_id not in ("", found.live.id if found else ""):
        return None
    return entry


def left_along(entry: Managed | None, kind: Kind) -> str:
    """What was made along with an object that is not there, and may be itself, as a clause; "" where nothing was."""
    along = entry.parts.get(kind.made_along, {}) if entry and kind.made_along else {}
    left = ", ".join(f"`{key}` ({id})" for key, id in sorted(along.items()))
    return f"look in epilot whether its {kind.made_along} are there, and delete what is left: {left}" if left else ""


def planned_anew(desired: Desired, kind: Kind, managed: Mapping[Address, Managed]) -> str:
    """That an object was deleted by others, with what was made along with it."""
    said = f"{desired.address} was deleted in the organisation and is planned anew"
    return "; ".join(filter(None, [said, left_along(link_of(desired, managed), kind)]))


def declared_by_apply(entry: Managed | None) -> dict[str, Json]:
    """What was declared at the last apply; nothing where none has seen the manifest."""
    return {} if entry is None or entry.adopted else dict(entry.declared)


def context_of(desired: Desired, sides: PlanInputs, known: IdIndex) -> Context:
    """One desired resource beside its live object, references as ids as far as they are known."""
    asked, answers = known.asked.pop(desired.address, None), sides.answers.get(desired.address, {})
    if asked is not None and not answers:
        return asked
    found = known.found.get(desired.address)
    entry = memory_of(desired, found, sides.managed)
    return Context(
        desired.address,
        bind(desired.spec, known.resolve),
        found.live.object if found else None,
        entry.parts if entry else {},
        desired.policy,
        answers,
        declared_by_apply(entry),
        sides.today if known.by_day(desired.address.kind) else "",
        frozenset(field for field, time in entry.secret_times.items() if time == "") if entry else frozenset(),
        frozenset(entry.secrets) if entry else frozenset(),
    )
