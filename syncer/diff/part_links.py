"""Which live part each declared part is: the one place where parts of an object are linked.

Identity comes first: the id remembered with a key, or with a former key, wherever that part now stands and whatever it
is called; then a key that is a live id itself. Likeness is for parts that nobody knows yet. One whose remembered id is
not live any more was taken out by somebody: what looks like it is another part.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from syncer.model.named_tuple import NamedTuple

Alike = Callable[[int, str], bool]
"""(index of a declared part, live id) → whether they look alike."""


class DeclaredPart(NamedTuple):
    """A part as a manifest declares it. `key`: "" for one without a key; `aliases`: its former keys; `firm`: one whose
    remembered id is gone is gone itself, else something alike may stand for it."""

    key: str = ""
    aliases: tuple[str, ...] = ()
    firm: bool = True


@dataclass(frozen=True, slots=True)
class PartLinks:
    """What was decided, by index of the declared part. `found`: its live id; `alike`: those found by likeness alone;
    `gone`: the remembered id, which is not live; `unclear`: the live ids that it could be."""

    found: dict[int, str] = field(default_factory=dict)
    alike: set[int] = field(default_factory=set)
    gone: dict[int, str] = field(default_factory=dict)
    unclear: dict[int, list[str]] = field(default_factory=dict)

    def put(self, index: int, id: str) -> None:
        """Link a part."""
        self.found[index] = id
        self.unclear.pop(index, None)


def _always(index: int, id: str) -> bool:
    return True


def link(
    ours: Sequence[DeclaredPart],
    live: Collection[str],
    known: Mapping[str, str],
    likeness: Sequence[Alike] = (),
    *,
    sure: bool = True,
    fits: Alike = _always,
) -> PartLinks:
    """Link declared parts to live ids, each at most once. `known`: keys, former ones too → ids; `likeness`: tried one
    after the other; `sure`: by likeness only where no other part and no other id would do, else the first that does;
    `fits`: whether a part may have an id at all."""
    links = PartLinks()
    for index, id in _identities(ours, known, links.gone, live):
        if index not in links.found and id in live and id not in links.found.values() and fits(index, id):
            links.put(index, id)
    pending = [at for at, part in enumerate(ours) if at not in links.found and not (part.firm and at in links.gone)]
    for alike in likeness:
        free = [id for id in live if id not in links.found.values()]
        hits = {at: [id for id in free if fits(at, id) and alike(at, id)] for at in pending if at not in links.found}
        for at, ids in hits.items():
            left = [id for id in ids if id not in links.found.values()]
            rivals = sum(bool(ids) and ids[0] in others for others in hits.values())
            if left and (not sure or (len(ids) == 1 and rivals == 1)):
                links.put(at, left[0])
                links.alike.add(at)
            elif ids:
                links.unclear[at] = ids
    return links


def _identities(
    ours: Sequence[DeclaredPart], known: Mapping[str, str], gone: dict[int, str], live: Collection[str]
) -> Iterator[tuple[int, str]]:
    """(part, an id that it has if that is live), best first; what is remembered of one that is gone is put there."""
    keys = {part.key for part in ours}
    for at, part in enumerate(ours):
        if part.key in known:
            yield at, known[part.key]
            if known[part.key] not in live:
                gone[at] = known[part.key]
    for at, part in enumerate(ours):
        for alias in part.aliases if part.key not in known else ():
            if alias not in keys:
                yield at, known.get(alias, alias)
                if alias in known and known[alias] not in live:
                    gone.setdefault(at, known[alias])
    for at, part in enumerate(ours):
        if part.key and at not in gone:
            yield at, part.key
