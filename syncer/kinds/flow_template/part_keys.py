"""What a manifest calls the parts of a flow, and the map from there to live ids; decides nothing (see part_ids)."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from syncer.diff.part_links import DeclaredPart, PartLinks
from syncer.kinds.lenient_reader import listed, mapping
from syncer.model.address import Address
from syncer.model.calls import Parts
from syncer.model.diagnostic import Finding
from syncer.model.json_values import Json, Path, Spec
from syncer.model.named_tuple import NamedTuple

_SPACE = uuid.UUID("6f2f6c36-6c64-5c0e-9d2a-6b6f6e7a7574")


def stable_id(address: Address, *parts: str) -> str:
    """An id of our own: the same for the same manifest and part, in every organisation."""
    return str(uuid.uuid5(_SPACE, "/".join((address.kind, address.name, *parts))))


def fresh_id(address: Address, *parts: str, taken: Collection[str]) -> str:
    """`stable_id`, or the first like it that nothing has: what is made of a place or of ends may be the id of a part
    that stood there once and goes on elsewhere."""
    numbered = ((*parts, str(number)) for number in itertools.count(2))
    return next(id for each in itertools.chain([parts], numbered) if (id := stable_id(address, *each)) not in taken)


class PartSides(NamedTuple):
    """A flow from all sides: as it is declared, by local keys; as it is live, and as it was declared at the last apply,
    by live ids. `known`: the ids remembered with local keys."""

    address: Address
    want: Spec
    have: Spec
    known: Parts
    last: Spec


@dataclass(slots=True)
class PartIds:
    """What was decided: the map of local keys, the map back (for people), parts that could not be told apart, and what
    a reviewer should know."""

    parts: dict[str, dict[str, str]] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)

    def put(self, group: str, local: str, live: str) -> None:
        """Remember that a local key is this live id."""
        self.parts.setdefault(group, {})[local] = live
        if local != live:
            self.labels[live] = local

    def get(self, group: str, local: Json) -> Json:
        """The live id of a local key; the key itself where it is none of ours."""
        return self.parts.get(group, {}).get(local, local) if isinstance(local, str) else local


def declared_part(item: Mapping[str, Json]) -> DeclaredPart:
    """A part with its key and its former ones, as far as it has any."""
    said, aliases = item.get("id"), item.get("aliases")
    former = tuple(each for each in aliases if isinstance(each, str)) if isinstance(aliases, list) else ()
    return DeclaredPart(said if isinstance(said, str) else "", former)


def unclear(noun: str, local: str, name: Json, candidates: list[str], path: Path) -> Finding:
    """That a part could be several live ones, or several parts one live one."""
    several = len(candidates) > 1
    said = f"could be {len(candidates)} live ones" if several else "is one of several that could be the live one"
    return Finding(
        "parts-unclear",
        f"{noun} `{local}` {said} of the name `{name}`: " + ", ".join(f"`{each}`" for each in candidates),
        path,
        f"give the {noun} in the manifest the live id that is meant, or tell them apart by name in the organisation",
    )


def journeys_of(task: Mapping[str, Json]) -> Iterator[tuple[str, dict[str, Json]]]:
    """(place, journey) of every link of a task to a journey; the place "" is the task itself."""
    for name, place in (("", task), ("ecp", task.get("ecp")), ("installer", task.get("installer"))):
        journey = mapping(place).get("journey")
        if isinstance(journey, dict):
            yield name, journey


def edge_ends(edge: Mapping[str, Json]) -> tuple[str, str, str]:
    """(from, condition, to) with absent, null and "" alike: an edge may end nowhere."""
    return (str(edge.get("from_id") or ""), str(edge.get("condition_id") or ""), str(edge.get("to_id") or ""))


def edge_key(edge: Mapping[str, Json]) -> str:
    """An edge's local key: its id, or where it leads."""
    said = edge.get("id")
    return said if isinstance(said, str) else "|".join(edge_ends(edge))


def statement_key(condition_key: str, statement: Mapping[str, Json], index: int) -> str:
    """A statement's local key: within its condition its id, or its place."""
    said = statement.get("id")
    return f"{condition_key}/{said if isinstance(said, str) else index}"


def replacement(
    noun: str,
    parts: Sequence[DeclaredPart],
    links: PartLinks,
    live: Collection[str],
    known: Mapping[str, str],
    named: Callable[[int], Json],
) -> Iterator[str]:
    """What a reviewer should know of new keys, in words: which live part was taken for one by likeness, and which parts
    new ones replace. Nothing where nothing is remembered. `named`: what people call a declared part."""
    former = {id: key for key, id in known.items()}
    if not former.keys() & set(live):
        return
    for at in sorted(links.alike):
        id, key = links.found[at], parts[at].key
        if key and former.get(id) != key:
            was = f"{noun} `{former[id]}` goes on as" if id in former else f"the live {noun} `{id}` is taken for"
            yield f"{was} `{key}`: it was recognised by what it is called, `{named(at)}`"
    keys = {key for part in parts for key in (part.key, *part.aliases)}
    free = [former[id] for id in live if id in former and id not in links.found.values() and former[id] not in keys]
    fresh = [part.key for at, part in enumerate(parts) if part.key and not (at in links.found or at in links.gone)]
    fresh = [key for key in fresh if key not in known]
    if free and fresh:
        them, each = ("it", f"`aliases: [{free[0]}]`") if len(free) == 1 else ("them", "`aliases: [FORMER KEY]`")
        verb = "replaces" if len(fresh) == 1 else "replace"
        yield (
            f"{listed(fresh)} {verb} {noun} {listed(free)}, and running executions lose {them}: where a new one is "
            f"meant to be the same, give it {each}"
        )
