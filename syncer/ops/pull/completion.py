"""What a manifest is to declare that it does not declare today: all that is live, or chosen fields of it; and what of
it somebody changed by hand, which is offered."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import replace

from syncer.diff.list_keys import key_text
from syncer.diff.remainder import RemainderNode, parts_of, within
from syncer.diff.restrictions import belongs
from syncer.diff.three_way_merge import MergeResult
from syncer.kinds import KINDS
from syncer.manifests.envelope import RawManifest
from syncer.model.address import Address
from syncer.model.diagnostic import InvalidInput, Problem
from syncer.model.field_change import FieldPath, Item
from syncer.model.field_rules import Shape
from syncer.model.json_values import Json, Path
from syncer.model.kind import PreparedSides
from syncer.model.resource import Desired
from syncer.plan.inputs import IdIndex, PlanInputs, memory_of
from syncer.plan.plan import UndeclaredDrift
from syncer.plan.remainders import is_whole, remainder_of, said_of


def fields_chosen(wish: Collection[str], address: Address) -> frozenset[str] | None:
    """The fields that are to be declared of this address: `{""}` for all of it, None where it is not named."""
    name = str(address)
    found = {text[len(name) + 1 :] for text in wish if text == name or text.startswith(f"{name}/")}
    return frozenset(found) or None


def address_text(wish: str) -> str:
    """The address in `ADDRESS` or `ADDRESS/PATH`."""
    return "/".join(wish.split("/", 2)[:2])


def completing(
    desired: Desired, fields: frozenset[str], prepared: PreparedSides, merged: MergeResult, names: IdIndex
) -> Callable[[Path], bool]:
    """Whether a place of the live spec is to be declared. InvalidInput for a field at which nothing undeclared is."""
    if "" in fields:
        return lambda at: True
    shape = KINDS[desired.address.kind].shape
    places: list[Path] = []
    for name in sorted(fields):
        found = [
            _place(path, prepared.have, shape)
            for node in merged.remainder
            for path in _chosen(node, name, lambda path: names.show(path, prepared.labels))
        ]
        if not found:
            message = f"{desired.address}: nothing that is live and undeclared is at `{name}`"
            hint = f"`syncer drift -v` names what there is; `--complete {desired.address}` takes all of it"
            raise InvalidInput(Problem("nothing-selected", message, hint=hint))
        places += found
    return lambda at: any(at[: len(each)] == each[: len(at)] for each in places)


def _chosen(node: RemainderNode, name: str, show: Callable[[FieldPath], str]) -> Iterator[FieldPath]:
    """The outermost parts of the node that are called so, or lie below what is called so."""
    text = show(node.path)
    if within(text, name):
        yield node.path
    elif within(name, text):
        for part in parts_of(node) or ():
            yield from _chosen(part, name, show)


def _place(path: FieldPath, live: Json, shape: Shape) -> Path:
    """The same place by indexes, as far as it goes by keys."""
    found: list[str | int] = []
    for step in path:
        if isinstance(step, Item):
            keys = [key_text(item, shape.rule) for item in live]
            if step.key not in keys:
                break
            step = keys.index(step.key)
        found.append(step)
        live, shape = live[step], shape.at(step) if isinstance(step, str) else shape.item()
    return tuple(found)


def undeclared_drift(
    desired: Desired, prepared: PreparedSides, merged: MergeResult, sides: PlanInputs, names: IdIndex
) -> UndeclaredDrift | None:
    """What somebody changed of what the manifest does not declare, but for what is taken over along with what it does;
    None where there is nothing."""
    found, kind = names.found[desired.address], KINDS[desired.address.kind]
    entry = memory_of(desired, found, sides.managed)
    rest = remainder_of(merged, prepared.want, entry, kind.shape, sides.salt)
    if rest is None:
        return None
    left = [
        each
        for each in rest.changes
        if not (merged.changes and each.path and belongs(kind, _place(each.path, prepared.have, kind.shape)))
    ]
    if not left:
        return None
    diff = replace(rest, changes=tuple(left))
    return UndeclaredDrift(found.live, prepared.labels, diff, is_whole(desired.policy, entry))


def offer(address: Address, raw: RawManifest, drift: UndeclaredDrift, names: IdIndex) -> Problem:
    """What somebody changed by hand that no manifest declares, and what can be done about it."""
    said = said_of(drift, names)
    hint = (
        f"`syncer pull --complete {address}` declares all of it, `--complete {address}/FIELD` one field; "
        f"`syncer drift --accept {address}` takes it for known"
    )
    message = f"{address}: by hand, and declared by no manifest: {said}"
    return Problem("undeclared-drift", message, raw.locate(("spec",), key=True), "$.spec", hint, "warning")
