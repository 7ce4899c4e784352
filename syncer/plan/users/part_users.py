"""Who names a part by its name that goes with a planned change, once the plan is carried out: an attribute of a schema
in a flow's condition. Such users break without a word, so they are named where the part goes, managed or not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from syncer.model.address import Address
from syncer.model.json_values import Lookup, Ref, Spec
from syncer.model.kind import Kind
from syncer.model.unexpected_reply import of_known_form
from syncer.plan.cascade import saying, several
from syncer.plan.inputs import IdIndex, PlanInputs
from syncer.plan.plan import REMOVALS, Draft, Notice


def name_part_users(kinds: Mapping[str, Kind], sides: PlanInputs, known: IdIndex, out: Draft) -> None:
    """Say in each change who names what goes with it, and which kinds nobody looked at: nothing is read for that."""
    for address, task in sorted(out.tasks.items()):
        kind = kinds[address.kind]
        if task.live is None or task.change.action in REMOVALS or not task.change.writes:
            continue
        gone = kind.parts(kind.spec_of(task.live.object)) - kind.parts(task.goal)
        if not gone:
            continue
        with of_known_form(f"who names parts of {address}"):
            users, unseen = _users(address.kind, task.live.id, gone, kinds, sides, known, out)
        change = task.change
        for part, named in sorted(users.items()):
            change = saying(change, f"`{part}` is still named by {several(sorted(named))}", part)
        out.tasks[address] = replace(task, change=change)
        if unseen:
            parts = ", ".join(f"`{each}`" for each in sorted(gone))
            said = f"whether a {' or a '.join(unseen)} names {parts} was not looked at: no manifest is one"
            out.notices.append(Notice("kind", said, address))


def _users(
    owner: str,
    key: str,
    gone: frozenset[str],
    kinds: Mapping[str, Kind],
    sides: PlanInputs,
    known: IdIndex,
    out: Draft,
) -> tuple[dict[str, set[str]], list[str]]:
    """(part → who will name it, in words; the kinds that may, and of which the plan has read no list)."""
    users: dict[str, set[str]] = {}
    unseen = []
    for kind in kinds.values():
        if kind.part_uses is None:
            continue
        if kind.name not in sides.live:
            unseen.append(kind.name)
        for said, spec in _then(kind, sides, known, out):
            for use in kind.part_uses(spec):
                holder = known.resolve(use.key) if isinstance(use.key, (Ref, Lookup)) else use.key
                if (use.kind, holder) == (owner, key) and use.part in gone:
                    users.setdefault(use.part, set()).add(f"{said} ({use.where})")
    return users, unseen


def _then(kind: Kind, sides: PlanInputs, known: IdIndex, out: Draft) -> Iterator[tuple[str, Spec]]:
    """Every object of a kind as it will be, with what it is called."""
    remembered = {entry.live_id: address for address, entry in sides.managed.items() if address.kind == kind.name}
    claimed = {id: address for (name, id), address in known.claimed.items() if name == kind.name}
    addresses: dict[str, Address] = {**remembered, **claimed}
    for live in sides.live.get(kind.name, ()):
        address = addresses.get(live.id)
        task = out.tasks.get(address) if address is not None else None
        if task is None or task.change.action not in REMOVALS:
            said = str(address) if address is not None else f"{kind.name} `{live.title or live.key or live.id}`"
            yield said, kind.spec_of(live.object) if task is None else task.goal
    for address, task in out.tasks.items():
        if address.kind == kind.name and task.live is None:
            yield str(address), task.goal
