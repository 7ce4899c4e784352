"""Which live branch each branch of a decision is, and which live statement each of its statements; the shapes of their
ids are those of reserved_ids."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from syncer.diff.part_links import DeclaredPart, link
from syncer.kinds.flow_template.graph_model import DEFAULT_BRANCH
from syncer.kinds.flow_template.part_keys import (
    PartIds,
    PartSides,
    declared_part,
    fresh_id,
    replacement,
    stable_id,
    statement_key,
    unclear,
)
from syncer.kinds.flow_template.reserved_ids import EXIT_BRANCH, branch_shape, branch_shapes
from syncer.kinds.lenient_reader import by_id, items, mapping
from syncer.model.json_values import Json, Path

Items = Mapping[str, dict[str, Json]]
"""Live id → part."""


def identify_branches(sides: PartSides, ids: PartIds) -> None:
    """Decide the id of every branch of every decision, and of its statements."""
    live_tasks, then = by_id(sides.have.get("tasks")), by_id(sides.last.get("tasks"))
    shapes, live_shapes = branch_shapes(sides.want), branch_shapes(sides.have)
    everywhere = {id: each for task in live_tasks.values() for id, each in by_id(task.get("conditions")).items()}
    every_shape = {id: shape for shapes_there in live_shapes.values() for id, shape in shapes_there.items()}
    defaults = {
        str(edge.get("condition_id")) for edge in items(sides.have.get("edges")) if edge.get("none_met") is True
    }
    ours = [items(task.get("conditions")) for task in items(sides.want.get("tasks"))]
    memory = sides.known.get("conditions", {})
    claims = [set(link([*map(declared_part, each)], everywhere, memory).found.values()) for each in ours]
    for index, task in enumerate(items(sides.want.get("tasks"))):
        live_id, local = str(ids.get("nodes", task.get("id"))), str(task.get("id"))
        others = set().union(*claims[:index], *claims[index + 1 :]) - claims[index]
        own = by_id(live_tasks.get(live_id, {}).get("conditions"))
        live = {id: each for id, each in own.items() if id not in others}
        live |= {id: everywhere[id] for id in claims[index] if id not in live}  # one that stands elsewhere by now
        branches = _Branches(sides, shapes.get(local, {}), every_shape, defaults, "loop_config" in task, ids)
        branches.identify(index, ours[index], live, by_id(then.get(live_id, {}).get("conditions")))


@dataclass(frozen=True, slots=True)
class _Branches:
    """The conditions of one decision. Their ids have a shape by what they are: one that becomes the default branch
    needs another id than it had. `live_defaults`: those whose live edge says that they are one."""

    sides: PartSides
    shapes: Mapping[str, str]
    live_shapes: Mapping[str, str]
    live_defaults: Collection[str]
    loop_declared: bool
    ids: PartIds

    def identify(self, task: int, ours: list[dict[str, Json]], live: Items, then: Items) -> None:
        """Decide the id of every branch, and of its statements."""
        memory, names = self.sides.known.get("conditions", {}), [each.get("branch_name") for each in ours]

        def called_so(side: Items) -> Callable[[int, str], bool]:
            return lambda at, id: names[at] is not None and names[at] == mapping(side.get(id)).get("branch_name")

        parts = [declared_part(each) for each in ours]
        links = link(parts, live, memory, (called_so(then), called_so(live)))
        for index, condition in enumerate(ours):
            local = str(condition.get("id"))
            if index in links.unclear:
                path: Path = ("tasks", task, "conditions", index)
                name = condition.get("branch_name")
                self.ids.findings.append(unclear("branch", local, name, links.unclear[index], path))
            hit = links.found.get(index, links.gone.get(index))
            chosen = hit if hit is not None and self._fits(local, hit) else self._new(local, live)
            self.ids.put("conditions", local, chosen)
            _statements(self.sides, local, condition, live.get(hit or "", {}), self.ids)
        self.ids.notices += replacement("branch", parts, links, live, memory, lambda at: names[at])

    def _fits(self, local: str, hit: str) -> bool:
        """Whether the live id may stay: it has the shape, or the live branch is what it shall be whatever its id."""
        wanted, shape = self.shapes.get(local), branch_shape(hit)
        if wanted is None or shape == wanted or self.live_shapes.get(hit) == wanted:
            return True
        if shape == DEFAULT_BRANCH and not wanted and hit not in self.live_defaults:
            return True  # somebody took `none_met` off its edge, and left its id
        return shape == EXIT_BRANCH and not wanted and not self.loop_declared

    def _new(self, local: str, live: Collection[str]) -> str:
        shape = self.shapes.get(local, "")
        made = stable_id(self.sides.address, "condition", local)
        if shape and not local.startswith(shape):
            return shape + (made.replace("-", "") if shape == EXIT_BRANCH else made)
        return made if local in live or branch_shape(local) != shape else local


def _statements(
    sides: PartSides, condition_key: str, condition: Mapping[str, Json], live: Mapping[str, Json], ids: PartIds
) -> None:
    """Statements have no name: the same id, else the same question, else the same place among those that are left."""
    theirs, ours = by_id(live.get("statements")), items(condition.get("statements"))
    parts = [DeclaredPart(each["id"] if isinstance(each.get("id"), str) else "") for each in ours]

    def same_question(at: int, id: str) -> bool:
        return bool(_question(ours[at]) == _question(theirs[id]))

    links = link(parts, theirs, {}, (same_question, lambda at, id: not parts[at].key), sure=False)
    taken = {*theirs, *(each.key for each in parts)}
    for index, mine in enumerate(ours):
        key = statement_key(condition_key, mine, index)
        new = parts[index].key or fresh_id(sides.address, "statement", key, taken=taken)
        taken.add(new)
        ids.put("statements", key, links.found.get(index, new))


def _question(statement: Mapping[str, Json]) -> list[Json]:
    source = mapping(statement.get("source"))
    return [source.get("attribute"), source.get("attributes"), statement.get("operator"), statement.get("values")]
