"""Which live edge each edge of a flow is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from syncer.diff.part_links import Alike, PartLinks, link
from syncer.kinds.flow_template.part_keys import PartIds, PartSides, declared_part, edge_ends, edge_key, fresh_id
from syncer.kinds.flow_template.reserved_ids import LOOP_EDGE, ways_back
from syncer.kinds.lenient_reader import by_id, items
from syncer.model.json_values import Json

Ends = tuple[str, str, str]


def identify_edges(sides: PartSides, ids: PartIds) -> None:
    """An edge is known by its id, else by both its ends, else it is the only one of its start: a rerouted edge keeps
    its id, unless it begins or ceases to close a loop. One that names no id is called by its ends."""
    ours, live = items(sides.want.get("edges")), by_id(sides.have.get("edges"))
    theirs = items(sides.have.get("edges"))
    back, live_back = ways_back(sides.want), {str(theirs[at].get("id")) for at in ways_back(sides.have)}
    ends = [_live_ends(edge, ids) for edge in ours]
    parts = [declared_part(edge)._replace(key=edge_key(edge), firm="id" in edge) for edge in ours]

    def fits(at: int, id: str) -> bool:
        return "tasks" not in sides.want or _may_stay(id, at in back, id in live_back)

    def same_ends(at: int, id: str) -> bool:
        return edge_ends(live[id]) == ends[at]

    links = link(parts, live, sides.known.get("edges", {}), (same_ends,), sure=False, fits=fits)
    _only_ones(links, ends, live, fits)
    taken = {*live, *links.gone.values(), *(str(edge.get("id")) for edge in ours)}
    for at, edge in enumerate(ours):
        said, made = edge.get("id"), fresh_id(sides.address, "edge", "|".join(edge_ends(edge)), taken=taken)
        gone = links.gone.get(at)
        if gone is not None and fits(at, gone):
            made = gone
        elif at in back and not str(said).startswith(LOOP_EDGE):
            made = LOOP_EDGE + made
        elif isinstance(said, str) and said not in live:
            made = said
        ids.put("edges", edge_key(edge), links.found.get(at, made))


def _live_ends(edge: Mapping[str, Json], ids: PartIds) -> Ends:
    start, by, end = edge_ends(edge)
    one, two, three = ids.get("nodes", start), ids.get("conditions", by), ids.get("nodes", end)
    return str(one or ""), str(two or ""), str(three or "")


def _only_ones(links: PartLinks, ends: Sequence[Ends], live: Mapping[str, Mapping[str, Json]], fits: Alike) -> None:
    """Link the only edge of a start on one side with the only one that is left of it on the other."""
    begins, taken = Counter(each[:2] for each in ends), set(links.found.values())
    free: dict[tuple[str, str], list[str]] = {}
    for id, edge in live.items():
        if id not in taken:
            free.setdefault(edge_ends(edge)[:2], []).append(id)
    for at, each in enumerate(ends):
        hits = free.get(each[:2], [])
        if at not in links.found and at not in links.gone and begins[each[:2]] == len(hits) == 1 and fits(at, hits[0]):
            links.put(at, hits[0])


def _may_stay(hit: str, back: bool, was_back: bool) -> bool:
    """An edge that begins or ceases to close a loop needs an id of another shape."""
    return back == was_back or back == hit.startswith(LOOP_EDGE)
