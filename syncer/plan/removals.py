"""What becomes of remembered addresses that no manifest names any more."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from syncer.diff.fingerprint import fingerprint
from syncer.model.address import Address
from syncer.model.diagnostic import Problem
from syncer.model.field_rules import find_all, pattern_steps
from syncer.model.json_values import Lookup, Path, Ref, Spec, show_path
from syncer.model.kind import Kind
from syncer.model.named_tuple import NamedTuple
from syncer.model.resource import Desired, Live, Managed
from syncer.plan.cascade import CascadeMatch
from syncer.plan.identity_match import link_of
from syncer.plan.inputs import IdIndex, PlanInputs, left_along
from syncer.plan.plan import REMOVALS, Change, Draft, Notice, Release, Task
from syncer.plan.rename_hints import perhaps_renamed


def gone(sides: PlanInputs, kinds: Collection[str]) -> list[Managed]:
    """Remembered addresses that no manifest names, whose objects no other manifest has taken over, and that may be
    planned away; and what a `Removed` document asks for. Of a kind that was not listed nothing is known, so nothing
    of it is gone."""
    claimed = {(name, found.live.id) for name, matches in sides.matches.items() for found in matches.found.values()}
    left = [entry for entry in _unnamed(sides, kinds) if (entry.address.kind, entry.live_id) not in claimed]
    return [*left, *sides.answered.removals.values()]


def _unnamed(sides: PlanInputs, kinds: Collection[str]) -> list[Managed]:
    named = {desired.address for desired in sides.desired} | sides.answered.addresses
    if named.issuperset(sides.managed):
        return []
    links = (link_of(desired, sides.managed) for desired in sides.desired if desired.aliases)
    named |= {entry.address for entry in links if entry is not None}
    return [
        entry
        for address, entry in sorted(sides.managed.items())
        if address not in named and address.kind in kinds and address.kind in sides.live and sides.removable(address)
        if not entry.adopted  # no apply has seen it
    ]


def remove_unnamed(kinds: Mapping[str, Kind], sides: PlanInputs, known: IdIndex, out: Draft) -> None:
    """Remove what no manifest names; forget what is gone already, or has another name now."""
    for entry in sides.unapplied:
        out.forgotten.append(entry.address)
        said = f"{entry.address} (`{entry.live_id}`) was linked and never applied, and no manifest names it: "
        out.notices.append(Notice("link-dropped", f"{said}the link is forgotten, the object stays as it is"))
    gone: list[Managed] = []
    for entry in _unnamed(sides, kinds):
        kind, key = kinds[entry.address.kind], (entry.address.kind, entry.live_id)
        live, present = known.objects.get(key), known.claimed.get(key)
        if live is None or present is not None:
            out.forgotten.append(entry.address)
            if present is not None:
                said = f"{entry.address} is {present} now: both names stand for `{entry.live_id}`"
                out.notices.append(Notice("moved", said, present))
            elif left := left_along(entry, kind):
                why = "is gone" if entry.live_id else "was never finished"
                said = f"{entry.address} {why}, and no manifest names it: syncer forgets it; {left}"
                out.notices.append(Notice("stays-live", said, entry.address))
            continue
        why = sides.why_gone(entry.address)
        stays = _stays(kind, entry, live, sides)
        if stays is None:
            out.tasks[entry.address] = _removal(kind, entry, live, sides, why)
            gone.append(entry)
            continue
        then = "syncer forgets it"
        if stays.for_good:
            out.forgotten.append(entry.address)
        else:
            then = f"it goes once that is no longer so; `syncer state rm {entry.address}` lets go of it"
        said = f"{_called(kind, entry.address, live)} stays as it is: {stays.why} ({why}); {then}"
        out.notices.append(Notice("stays-live", said, entry.address))
    out.notices += perhaps_renamed(kinds, gone, out.tasks)


def remove_asked(kinds: Mapping[str, Kind], sides: PlanInputs, known: IdIndex, out: Draft) -> None:
    """What documents of kind `Removed` ask for."""
    answered = sides.answered
    out.notices += answered.notices
    out.problems += answered.problems
    out.forgotten += [*answered.gone, *answered.let_go]
    out.released += [Release(address, "") for address in answered.let_go]
    for address, entry in answered.removals.items():
        kind, document, live = (
            kinds[address.kind],
            answered.by[address].document,
            known.objects[address.kind, entry.live_id],
        )
        stays = _stays(kind, entry, live, sides)
        if stays is None:
            out.tasks[address] = _removal(kind, entry, live, sides, f"{document} asks for it")
            continue
        hint = f"{document} asks for its removal: take it out there, or write `action: forget`"
        said = f"{_called(kind, address, live)} stays as it is: {stays.why}; {hint}"
        out.notices.append(Notice("stays-live", said, address))


class _Going(NamedTuple):
    """What a manifest may not refer to: the change by which it goes, and that in words."""

    change: Change
    said: str
    alone: bool = True
    """The change is its own; what goes along with another's may be used by the object that lets it go."""


def refer_to_removed(
    kinds: Mapping[str, Kind], sides: PlanInputs, known: IdIndex, taken: Sequence[CascadeMatch], out: Draft
) -> None:
    """What manifests refer to is not deleted by the same plan, nor `taken` along with what is; where it is only
    switched off, that is said."""
    gone: dict[tuple[str, str], _Going] = {}
    titled: dict[tuple[str, str], _Going] = {}
    for address, task in out.tasks.items():
        if task.change.action in REMOVALS and task.live is not None:
            going = _Going(task.change, f"{address}, which this plan would {task.change.action}")
            gone |= {(address.kind, name): going for name in (task.live.id, task.live.key) if name}
            titled |= {(address.kind, title): going for title in (task.live.title,) if title}
    for each in taken:
        if each.along.sure:
            change = out.tasks[each.by].change
            how = f"goes with {each.by}, which this plan would {change.action}"
            how = how if change.action in REMOVALS else f"the change of {each.by} takes along"
            going = _Going(change, f"{each.what}, which {how}", alone=False)
            gone[each.along.to, each.along.live_id] = going
            titled |= {(each.along.to, title): going for title in (each.along.name,) if title}
    kinds_gone = {kind for kind, _ in gone}
    for desired in (*sides.desired, *sides.others) if gone else ():
        for ref in kinds[desired.address.kind].refs:
            if ref.to not in kinds_gone:
                continue
            for path, value in find_all(desired.spec, pattern_steps(ref.path)):
                target = value.get("id") if isinstance(value, dict) else value
                target = known.resolve(target) if isinstance(target, (Ref, Lookup)) else target
                found = gone.get((ref.to, target)) if isinstance(target, str) else None
                if isinstance(target, Lookup):  # of a manifest that was not chosen: nobody looked it up
                    found = titled.get((ref.to, target.title))
                if found is not None and (found.alone or found.change.address != desired.address):
                    out.problems.append(_refers(desired, path, found))


def _refers(desired: Desired, path: Path, going: _Going) -> Problem:
    return Problem(
        "refers-to-removed",
        f"{desired.address}: it refers to {going.said}",
        desired.where(path),
        show_path(("spec", *path)),
        f"take the reference out, or keep {'' if going.alone else 'it in '}{going.change.address}",
        "warning" if going.change.action == "deactivate" else "error",
    )


class _Stay(NamedTuple):
    """Why an object is not removed, and whether that is so for good."""

    why: str
    for_good: bool


def _stays(kind: Kind, entry: Managed, live: Live, sides: PlanInputs) -> _Stay | None:
    """Why the object is not removed; None where it is."""
    if kind.removal(entry.policy) == "deactivate" and kind.already_removed(live.object):
        return _Stay("it is switched off already, and more its removal would not do", for_good=True)
    if kind.never_removed(live.id):
        return _Stay(kind.removal_objection(live.id, {}), for_good=True)
    objection = kind.removal_objection(live.id, sides.answers.get(entry.address, {}))
    return _Stay(objection, for_good=False) if objection else None


def _called(kind: Kind, address: Address, live: Live) -> str:
    """The address, and what people call its object."""
    name = display_name(kind, kind.spec_of(live.object), address)
    return f'{address} "{name}"' if name != address.name else str(address)


def _removal(kind: Kind, entry: Managed, live: Live, sides: PlanInputs, why: str) -> Task:
    """The task that removes the object. `why`: by what it came to that, for people."""
    answers = sides.answers.get(entry.address, {})
    verb, have = kind.removal(entry.policy), kind.spec_of(live.object)
    change = Change(
        address=entry.address,
        action=verb,
        level="risky" if verb == "deactivate" else "destructive",
        reasons=(kind.remove_reason, *kind.removal_reasons(live.object, answers), why),
        fields=(),
        calls=(),
        waits=(),
        fingerprint=fingerprint(have, kind.shape),
        live_id=live.id,
        name=display_name(kind, have, entry.address),
    )
    return Task(change, None, live, {}, have, entry.parts, {}, answers, frozenset(), entry.policy)


def display_name(kind: Kind, spec: Spec, address: Address) -> str:
    """What people call the object: its title or name, else its key, else the name of its manifest."""
    value = spec.get(kind.title or "name") or kind.key(spec) or address.name
    return value if isinstance(value, str) else address.name
