"""References: `{ref: …}`, `{lookup: …}`, `{id: …}` in a spec become markers, and markers become live ids.

A kind declares once where its references stand (`RefField`); that serves the graph, the message with its line, the id
that is sent and the name that is shown.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field

from syncer.core.address import Address
from syncer.core.kind import RefField, Spec
from syncer.core.problem import Finding
from syncer.core.resource import Use
from syncer.core.shape import find_all, pattern_steps
from syncer.core.values import Json, Lookup, Part, Path, Ref, Secret

MARKERS = ("ref", "lookup", "id", "automation")


@dataclass(frozen=True, slots=True)
class Index:
    """What the whole repository declares: each manifest's enforced key, by address and the other way round."""

    keys: Mapping[Address, str] = field(default_factory=dict)
    by_key: Mapping[tuple[str, str], Address] = field(default_factory=dict)
    aliases: Mapping[Address, Address] = field(default_factory=dict)
    elsewhere: frozenset[Address] = frozenset()
    """Manifests that live in other environments only."""
    environment: str = ""
    complete: bool = True
    """False where a file could not be read: what it declares is not known, so nothing is called unknown."""


def mark(
    spec: Spec, refs: Iterable[RefField], index: Index, *, named_ids: Callable[[Path], bool], root: Path = ("spec",)
) -> tuple[Spec, tuple[Use, ...], list[Finding]]:
    """Replace the references of a spec by markers. `named_ids` says whether the value at a path came from `${id.…}`,
    so that a raw id can be told from a named one. Paths of uses are relative to the spec."""
    marked: Spec = clone(spec)
    uses: list[Use] = []
    findings: list[Finding] = []
    for each in refs:
        for path, value in find_all(marked, pattern_steps(each.path)):
            where = (*root, *path)
            if isinstance(value, dict):
                leaf = _marker(value, each, marked, index, where, path, uses, findings)
                if leaf is not None:
                    _put(marked, path, {"id": leaf} if each.form == "item" else leaf)
            elif isinstance(value, str):
                _plain(value, each, index, where, path, uses, findings, named_ids)
    return marked, tuple(uses), findings


def _marker(
    value: dict[str, Json], each: RefField, spec: Spec, index: Index, where: Path, path: Path,
    uses: list[Use], findings: list[Finding],
) -> Json:
    """The leaf a reference mapping stands for; None where it is wrong (and a finding says so)."""
    found = [name for name in MARKERS if name in value]
    if len(found) != 1 or len(value) != 1:
        return None  # the JSON Schema says what a reference looks like
    form, target = found[0], value[found[0]]
    if not isinstance(target, str):
        return None
    if form == "automation":
        return Part("automations", target)
    if form == "id":
        findings.append(_raw_id(target, each, where))
        return target
    if form == "lookup":
        scope = spec.get(each.scope, "") if each.scope else ""
        leaf = Lookup(each.to, target, scope if isinstance(scope, str) else "")
        uses.append(Use(path, leaf, each.late))
        return leaf
    address = Address(each.to, target)
    if address not in index.keys:
        if not index.complete and address not in index.elsewhere:
            return None
        findings.append(_unknown(address, index, (*where, "ref")))
        return None
    uses.append(Use(path, Ref(*address), each.late))
    return index.keys[address] or Ref(*address)


def _plain(
    value: str, each: RefField, index: Index, where: Path, path: Path,
    uses: list[Use], findings: list[Finding], named_ids: Callable[[Path], bool],
) -> None:
    if each.plain:
        address = index.by_key.get((each.to, value))
        if address is not None:
            uses.append(Use(path, Ref(*address), each.late))
    elif value and not value.startswith("${") and ":" not in value and not named_ids(where):
        findings.append(_raw_id(value, each, where))


def _raw_id(value: str, each: RefField, where: Path) -> Finding:
    return Finding(
        "raw-id",
        f"`{value}` is a raw id of one organisation",
        where,
        f"use a reference, or name it under `ids` in syncer.yaml and write `${{id.NAME}}`, so that the manifest works "
        f"in every environment ({each.to})",
        "warning",
    )


def _unknown(address: Address, index: Index, where: Path) -> Finding:
    if address in index.elsewhere:
        hint = f"add `{index.environment}` to its `metadata.environments`, or keep this manifest out of it too"
        message = f"{address} does not live in environment `{index.environment}`"
        return Finding("unknown-reference", message, where, hint)
    renamed = index.aliases.get(address)
    if renamed is not None:
        hint = f"it was renamed: write `ref: {renamed.name}`"
        return Finding("unknown-reference", f"`{address.name}` is a former name of {renamed}", where, hint)
    elsewhere = sorted(other.kind for other in index.keys if other.name == address.name)
    if elsewhere:
        return Finding(
            "wrong-kind",
            f"`{address.name}` is a manifest of kind {', '.join(elsewhere)}, and a {address.kind} is expected here",
            where,
        )
    names = sorted(other.name for other in index.keys if other.kind == address.kind)
    near = difflib.get_close_matches(address.name, names, 1)
    hint = f"did you mean `{near[0]}`?" if near else "use `lookup:` for a live object that no manifest describes"
    return Finding("unknown-reference", f"no {address.kind} manifest is named `{address.name}`", where, hint)


def _put(spec: Json, path: Path, value: Json) -> None:
    for step in path[:-1]:
        spec = spec[step]
    spec[path[-1]] = value


def circles(waits: Mapping[Address, Collection[Address]]) -> list[list[Address]]:
    """Every circle, each once, beginning with its first address: `[a, b, a]`."""
    found: list[list[Address]] = []
    done: set[Address] = set()
    for start in sorted(waits):
        if start in done:
            continue
        stack: list[tuple[Address, list[Address]]] = [(start, sorted(waits.get(start, ())))]
        trail, on_trail = [start], {start}
        while stack:
            node, ahead = stack[-1]
            if not ahead:
                stack.pop()
                done.add(node)
                on_trail.discard(trail.pop())
                continue
            following = ahead.pop(0)
            if following in on_trail:
                circle = trail[trail.index(following):]
                first = circle.index(min(circle))
                turned = circle[first:] + circle[:first]
                if [*turned, turned[0]] not in found:
                    found.append([*turned, turned[0]])
            elif following not in done and following in waits:
                stack.append((following, sorted(waits.get(following, ()))))
                trail.append(following)
                on_trail.add(following)
    return found
