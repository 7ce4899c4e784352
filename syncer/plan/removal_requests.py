"""What documents of kind `Removed` ask for, and what that comes to beside state and organisation.

It decides and asks nobody; the form of a document was judged where it was read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, get_args

from syncer.model.address import Address
from syncer.model.calls import segment
from syncer.model.diagnostic import Location, Problem
from syncer.model.kind import Kind
from syncer.model.resource import Live, Managed
from syncer.plan.identity_match import plain_title
from syncer.plan.plan import Notice

Action = Literal["delete", "deactivate", "uninstall", "forget"]


@dataclass(frozen=True, slots=True)
class RemovalRequest:
    """One entry of a `Removed` document: an address, or a kind with a key or an id; an address may have a key too."""

    kind: str
    action: Action
    address: Address | None
    key: str
    live_id: str
    document: str
    """The address of the document: `Removed/old-reasons`."""
    at: Location
    path: str
    digest: str = ""
    """Of the document with its variables put in: by this a saved plan knows that it has changed."""

    @property
    def what(self) -> str:
        """How people call the object: its address, else its kind with key or id."""
        return str(self.address) if self.address else f"the {self.kind} `{self.key or self.live_id}`"


@dataclass(slots=True)
class RemovalPlan:
    """What the entries come to. All of it lies apart from what no manifest names any more."""

    removals: dict[Address, Managed] = field(default_factory=dict)
    """What goes, as state remembers it or would; its policy says how."""
    by: dict[Address, RemovalRequest] = field(default_factory=dict)
    let_go: list[Address] = field(default_factory=list)
    """Remembered addresses whose objects stay and are no longer ours."""
    gone: list[Address] = field(default_factory=list)
    """Remembered addresses whose objects are gone, or switched off, already."""
    notices: list[Notice] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    @property
    def addresses(self) -> set[Address]:
        """Every address of which something was decided here."""
        return {*self.removals, *self.let_go, *self.gone}


def possible(kind: Kind) -> frozenset[Action]:
    """What can be asked for an object of the kind: to be let go of, and the removals that its API has."""
    return frozenset({"forget", *(kind.removal({"removal": each}) for each in get_args(Action))})


def answer(
    kinds: Mapping[str, Kind],
    asked: Sequence[RemovalRequest],
    live: Mapping[str, Sequence[Live]],
    managed: Mapping[Address, Managed],
    claimed: Mapping[tuple[str, str], Address],
    takes: Callable[[Address], bool],
) -> RemovalPlan:
    """Find what each entry means. `claimed`: (kind, live id) → the manifest that describes the object; `takes`: whether
    an address is among those that are planned. Of kinds that were not listed nothing is decided."""
    out = RemovalPlan()
    for each in asked:
        if each.address is not None and not takes(each.address):
            continue
        entry = managed.get(each.address) if each.address else None
        if each.action == "forget":
            _let_go(each, entry, out)
        elif each.kind in live:
            found = _find(kinds[each.kind], each, entry, live[each.kind], out)
            if found is not None:
                _remove(kinds[each.kind], each, found, managed, claimed, takes, out)
    return out


def _let_go(each: RemovalRequest, entry: Managed | None, out: RemovalPlan) -> None:
    if entry is None:
        _note(each, f"nothing is remembered of {each.what}: there is nothing to let go of", out)
        return
    if _named_twice(each, entry.address, entry.live_id, out):
        return
    out.let_go.append(entry.address)
    if entry.protect:
        said = f"`protect` goes with it: once {entry.address} is let go of, nothing keeps it from being removed"
        out.notices.append(Notice("guard-lowered", said, entry.address))


def _find(
    kind: Kind, each: RemovalRequest, entry: Managed | None, live: Sequence[Live], out: RemovalPlan
) -> Live | None:
    """The one live object that is meant; None, with the reason said, where there is none or there are several."""
    if entry is not None:
        hits = [one for one in live if one.id == entry.live_id]
    elif each.live_id:
        hits = [one for one in live if one.id == each.live_id]
    elif each.key:
        hits = [one for one in live if _has_key(kind, one, each.key)]
    else:
        said = f"nothing is remembered of {each.what}: name it by `kind` and `key` too if it may still be there"
        _note(each, said, out)
        return None
    if len(hits) == 1:
        return hits[0]
    if hits:
        ids = ", ".join(f"`{one.id}`" for one in hits)
        message = f"{each.document}: {len(hits)} live objects could be {each.what}: {ids}"
        hint = "write the `id` of the one that is meant in place of `key`; syncer does not guess"
        out.problems.append(Problem("ambiguous", message, each.at, each.path, hint))
        return None
    if entry is not None:
        out.gone.append(entry.address)
    _note(each, f"{each.what} is not in the organisation: there is nothing to remove", out)
    return None


def _has_key(kind: Kind, live: Live, key: str) -> bool:
    return plain_title(live.title) == plain_title(key) if kind.title else live.key == key


def _remove(
    kind: Kind,
    each: RemovalRequest,
    live: Live,
    managed: Mapping[Address, Managed],
    claimed: Mapping[tuple[str, str], Address],
    takes: Callable[[Address], bool],
    out: RemovalPlan,
) -> None:
    owners = [entry for entry in managed.values() if (entry.address.kind, entry.live_id) == (kind.name, live.id)]
    owner = min(owners, key=lambda entry: (entry.address != each.address, entry.address), default=None)
    address = owner.address if owner else each.address or Address(kind.name, f"id:{segment(live.id)}")
    if not takes(address):
        return
    described = claimed.get((kind.name, live.id))
    if described is not None:
        message = f"{each.document}: {each.what} is `{live.id}`, which {described} describes"
        hint = f"delete the manifest of {described}, or take this entry out"
        out.problems.append(Problem("removed-declared", message, each.at, each.path, hint))
        return
    if _named_twice(each, address, live.id, out):
        return
    if each.action == "deactivate" and kind.already_removed(live.object):
        if owner is not None:
            out.gone.append(owner.address)
        _note(each, f"{each.what} is switched off already: there is nothing to do", out)
        return
    entry = owner or Managed(address, live.id)
    out.removals[address] = entry._replace(policy={**entry.policy, "removal": each.action})


def _named_twice(each: RemovalRequest, address: Address, live_id: str, out: RemovalPlan) -> bool:
    """Whether another entry means the same object, under another name; the first one is noted."""
    first = out.by.setdefault(address, each)
    if first is each:
        return False
    message = f"{each.document}: {each.what} is `{live_id}`, and so is {first.what} at {first.at}"
    out.problems.append(Problem("removed-twice", message, each.at, each.path, "take one of the two out"))
    return True


def _note(each: RemovalRequest, said: str, out: RemovalPlan) -> None:
    out.notices.append(Notice("removed-already", f"{said} ({each.document})", each.address))
