"""What becomes of remembered addresses that no manifest names any more."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from syncer.core.address import Address
from syncer.core.fingerprint import fingerprint
from syncer.core.identity import link_of, plain_title
from syncer.core.kind import Kind, Spec
from syncer.core.plan import Change, Draft, Notice, Task
from syncer.core.problem import Problem
from syncer.core.resource import Live, Managed
from syncer.core.sides import Known, Sides


def gone(sides: Sides, kinds: Collection[str]) -> list[Managed]:
    """Remembered addresses that no manifest names, whose objects no other manifest has taken over, and that may be
    planned away. Of a kind that was not listed nothing is known, so nothing of it is gone."""
    claimed = {(name, found.live.id) for name, matches in sides.matches.items() for found in matches.found.values()}
    return [entry for entry in _unnamed(sides, kinds) if (entry.address.kind, entry.live_id) not in claimed]


def _unnamed(sides: Sides, kinds: Collection[str]) -> list[Managed]:
    named = {desired.address for desired in sides.desired}
    if named.issuperset(sides.managed):
        return []
    links = (link_of(desired, sides.managed) for desired in sides.desired if desired.aliases)
    named |= {entry.address for entry in links if entry is not None}
    return [
        entry
        for address, entry in sorted(sides.managed.items())
        if address not in named and address.kind in kinds and address.kind in sides.live and sides.removable(address)
    ]


def remove_unnamed(kinds: Mapping[str, Kind], sides: Sides, known: Known, out: Draft) -> None:
    """Remove what no manifest names; forget what is gone already, or has another name now."""
    creates = {
        (address.kind, plain_title(str(task.want.get(kinds[address.kind].title)))): address
        for address, task in out.tasks.items()
        if task.change.action == "create" and kinds[address.kind].title
    }
    for entry in _unnamed(sides, kinds):
        kind, key = kinds[entry.address.kind], (entry.address.kind, entry.live_id)
        live, present = known.objects.get(key), known.claimed.get(key)
        if live is None or present is not None or _already_removed(kind, entry, live):
            out.forgotten.append(entry.address)
            if present is not None:
                said = f"{entry.address} is {present} now: both names stand for `{entry.live_id}`"
                out.notices.append(Notice("moved", said, present))
            continue
        task = _removal(kind, entry, live, sides)
        if isinstance(task, Problem):
            out.problems.append(task)
            continue
        out.tasks[entry.address] = task
        renamed = creates.get((kind.name, plain_title(live.title)))
        if renamed is not None:
            said = (
                f"{renamed} is created with the title of {entry.address}, which is removed; if they are the same, "
                f"write `aliases: [{entry.address.name}]` in its metadata"
            )
            out.notices.append(Notice("perhaps-renamed", said, renamed))


def _already_removed(kind: Kind, entry: Managed, live: Live) -> bool:
    """Whether it is in the state that its removal would leave."""
    return kind.removal(entry.policy) == "deactivate" and kind.already_removed(live.object)


def _removal(kind: Kind, entry: Managed, live: Live, sides: Sides) -> Task | Problem:
    """The task that removes the object, or why it cannot be removed."""
    answers = sides.answers.get(entry.address, {})
    objection = kind.removal_objection(live.id, answers)
    if objection:
        return Problem(
            "cannot-remove",
            f"{entry.address}: {objection}",
            hint=f"put the manifest back, or let go of it with `syncer state rm {entry.address}`",
        )
    verb, have = kind.removal(entry.policy), kind.spec_of(live.object)
    change = Change(
        address=entry.address,
        action=verb,
        level="risky" if verb == "deactivate" else "destructive",
        reasons=(kind.remove_reason, *kind.removal_reasons(live.id, answers)),
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
