"""What a change takes along with it, an automation with its flow, and who else uses that once the plan is carried out.

Every way in which such an object goes comes by here: it is asked of the planned changes, not of their causes. Who uses
it is named in the change that takes it; a manifest that refers to what surely goes stops the plan (`core.removing`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from syncer.model.address import Address
from syncer.model.diagnostic import Problem
from syncer.model.field_rules import find_all, pattern_steps
from syncer.model.json_values import Lookup, Ref, Spec, show_path
from syncer.model.kind import CascadedObject, CascadeQuery, Kind
from syncer.model.named_tuple import NamedTuple
from syncer.model.resource import Desired
from syncer.plan.inputs import IdIndex, PlanInputs
from syncer.plan.plan import REMOVALS, Change, Draft, worst

MOST = 8
"""How many users are named; of more than that, the number."""


class CascadeMatch(NamedTuple):
    """An object that goes along with a change, and the address of that."""

    by: Address
    along: CascadedObject

    @property
    def what(self) -> str:
        """How it is called: by its name, else by its id."""
        return f"{self.along.to} `{self.along.name or self.along.live_id}`"


def taken_along(kinds: Mapping[str, Kind], sides: PlanInputs, out: Draft) -> list[CascadeMatch]:
    """Everything that goes along with the planned changes. What is remembered as part of another object, which stays,
    stays too."""
    found = []
    for address, task in sorted(out.tasks.items()):
        kind, removed = kinds[address.kind], task.change.action in REMOVALS
        if task.live is None or kind.takes_along is None:
            continue
        have, goal = kind.spec_of(task.live.object), None if removed else task.goal
        for each in kind.takes_along(CascadeQuery(task.live.id, have, goal, task.parts, task.answers)):
            if not _belongs_to_another(address, each, kinds, sides, out):
                name = each.name or _title(each, sides)
                found.append(CascadeMatch(address, each._replace(name=name)))
    return found


def _belongs_to_another(
    address: Address, each: CascadedObject, kinds: Mapping[str, Kind], sides: PlanInputs, out: Draft
) -> bool:
    if each.sure:
        return False
    owners = (
        owner
        for owner, entry in sides.managed.items()
        if owner != address and each.live_id in entry.parts.get(kinds[owner.kind].made_along, {}).values()
    )
    return any(owner not in out.tasks or out.tasks[owner].change.action not in REMOVALS for owner in owners)


def _title(each: CascadedObject, sides: PlanInputs) -> str:
    """The title by which a manifest looks it up."""
    hits = (title for (kind, title, _), id in sides.lookups.items() if (kind, id) == (each.to, each.live_id))
    return next(hits, "")


class _User(NamedTuple):
    """What may refer to such objects: how it is called, the ids that it refers to now, and once the plan is done."""

    address: Address | None
    said: str
    now: frozenset[str]
    then: frozenset[str]
    changes: bool


def name_users(
    kinds: Mapping[str, Kind], sides: PlanInputs, known: IdIndex, taken: Sequence[CascadeMatch], out: Draft
) -> dict[Address, set[Address]]:
    """Say in each change who else uses what goes along with it once the plan is carried out. Returns, by address, the
    changes that must come before its own: those by which others stop using it."""
    users = {to: list(_users(to, kinds, sides, known, out)) for to in {each.along.to for each in taken}}
    first: dict[Address, set[Address]] = {}
    for each in taken:
        id = each.along.live_id
        using = [user for user in users[each.along.to] if id in user.then]
        named = sorted(f"{user.said} itself" if user.address == each.by else user.said for user in using)
        named += each.along.users
        if named:
            going = "goes with it" if each.along.sure else "may go with it"
            task, said = out.tasks[each.by], f"{each.what} {going}, and is used by {several(named)}"
            out.tasks[each.by] = replace(task, change=saying(task.change, said, each.along.item))
        for user in users[each.along.to]:
            if user.address is not None and user.changes and user.address != each.by and id in user.now:
                first.setdefault(each.by, set()).add(user.address)
    return first


def _users(to: str, kinds: Mapping[str, Kind], sides: PlanInputs, known: IdIndex, out: Draft) -> Iterator[_User]:
    """Everything of a kind that may refer to `to`: live objects, whether a manifest describes them or not, and new
    ones."""
    remembered = {(address.kind, entry.live_id): address for address, entry in sides.managed.items()}
    planned = {(address.kind, task.live.id): address for address, task in out.tasks.items() if task.live is not None}
    addresses = {**remembered, **known.claimed, **planned}
    for kind in kinds.values():
        paths = [pattern_steps(ref.path) for ref in kind.refs if ref.to == to]
        for live in sides.live.get(kind.name, ()) if paths else ():
            address = addresses.get((kind.name, live.id))
            task = out.tasks.get(address) if address is not None else None
            removed = task is not None and task.change.action in REMOVALS
            now = _named(kind.spec_of(live.object), paths, known)
            then = frozenset[str]() if removed else now if task is None else _named(task.goal, paths, known)
            said = str(address) if address is not None else f"{kind.name} `{live.title or live.key or live.id}`"
            yield _User(address, said, now, then, changes=task is not None and not removed)
        for address, task in out.tasks.items() if paths else ():
            if address.kind == kind.name and task.live is None:
                yield _User(address, str(address), frozenset(), _named(task.goal, paths, known), changes=False)


def _named(spec: Spec, paths: Sequence[tuple[str, ...]], known: IdIndex) -> frozenset[str]:
    """The ids by which the spec refers to objects of that sort."""
    found: set[str] = set()
    for path in paths:
        for _, value in find_all(spec, path):
            target = value.get("id") if isinstance(value, dict) else value
            target = known.resolve(target) if isinstance(target, (Ref, Lookup)) else target
            if isinstance(target, str):
                found.add(target)
    return frozenset(found)


def several(users: Sequence[str]) -> str:
    """The first of them, and how many more there are."""
    shown = ", ".join(users[:MOST])
    return shown if len(users) <= MOST else f"{shown} and {len(users) - MOST} more"


def saying(change: Change, said: str, item: str) -> Change:
    """The change with one more reason, at the field that it belongs to; destructive, if it was not."""
    at = next((index for index, each in enumerate(change.fields) if item and each.item == item), None)
    if at is None:
        return replace(change, reasons=(*change.reasons, said), level=worst([change.level, "destructive"]))
    field = change.fields[at]
    reason = f"{field.reason}; {said}"
    fields = (*change.fields[:at], field._replace(reason=reason), *change.fields[at + 1 :])
    reasons = dict.fromkeys(reason if each == field.reason else each for each in change.reasons)
    return replace(change, fields=fields, reasons=tuple(reasons))


def two_owners(kinds: Mapping[str, Kind], sides: PlanInputs, out: Draft) -> None:
    """Note as a problem each live object that two manifests bring along: each would write it as it likes."""
    owners: dict[tuple[str, str], tuple[Desired, str]] = {}
    for desired in sorted(sides.desired, key=lambda each: each.address):
        kind = kinds[desired.address.kind]
        bundled = desired.spec.get(kind.made_along) if kind.made_along else None
        if not isinstance(bundled, dict):
            continue
        found = out.tasks.get(desired.address) or out.settled.get(desired.address)
        found = found or sides.managed.get(desired.address)
        for key, id in sorted(found.parts.get(kind.made_along, {}).items() if found else ()):
            if key not in bundled:
                continue
            other, theirs = owners.setdefault((kind.along, id), (desired, key))
            if other is not desired:
                message = (
                    f"{desired.address}: `{key}` is {kind.along} `{id}`, which {other.address} bundles as `{theirs}`"
                )
                hint = "let one manifest bundle it, and the other refer to it with `lookup`"
                path = (kind.made_along, key)
                at = desired.where(path)
                out.problems.append(Problem("two-owners", message, at, show_path(("spec", *path)), hint))
