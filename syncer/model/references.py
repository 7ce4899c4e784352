"""References: `{ref: …}`, `{lookup: …}`, `{id: …}` in a spec become markers, which stand for live ids.

A kind declares once where its references stand (`RefField`); that serves the graph, the message with its line, the id
that is sent and the name that is shown.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from syncer.model.address import Address
from syncer.model.diagnostic import Finding
from syncer.model.field_rules import find_all, pattern_steps
from syncer.model.json_values import Json, Lookup, Part, Path, Ref, Spec, replaced
from syncer.model.kind import RefField
from syncer.model.named_tuple import NamedTuple
from syncer.model.resource import Use

MARKERS = ("ref", "lookup", "id", "automation")


class Index(NamedTuple):
    """What the whole repository declares: each manifest's enforced key, by address and the other way round."""

    keys: Mapping[Address, str] = {}
    by_key: Mapping[tuple[str, str], Address] = {}
    aliases: Mapping[Address, Address] = {}
    elsewhere: frozenset[Address] = frozenset()
    """Manifests that live in other environments only."""
    environment: str = ""
    complete: bool = True
    """False where a file could not be read: what it declares is not known, so nothing is called unknown."""
    doubtful: frozenset[Address] = frozenset()
    """Manifests that name an environment which is none: where they live nobody knows, and that has been said."""


def mark(
    spec: Spec, refs: Collection[RefField], index: Index, *, named_ids: Callable[[Path], bool], root: Path = ("spec",)
) -> tuple[Spec, tuple[Use, ...], list[Finding]]:
    """Replace the references of a spec by markers. `named_ids` says whether the value at a path came from `${id.…}`,
    so that a raw id can be told from a named one. Paths of uses are relative to the spec."""
    if not refs:
        return spec, (), []
    marking = _Marking(spec, index, named_ids, root)
    for each in refs:
        for path, value in find_all(marking.spec, pattern_steps(each.path)):
            if isinstance(value, dict):
                leaf = marking.mapping(value, each, path)
                if leaf is not None:
                    marking.spec = replaced(marking.spec, path, {"id": leaf} if each.form == "item" else leaf)
            elif isinstance(value, str):
                marking.text(value, each, path)
    return marking.spec, tuple(marking.uses), marking.findings


class _Marking:
    """One spec while its references are replaced: what it uses and what is wrong with it."""

    __slots__ = ("findings", "index", "named_ids", "root", "spec", "uses")

    def __init__(self, spec: Spec, index: Index, named_ids: Callable[[Path], bool], root: Path) -> None:
        self.spec = spec
        self.index = index
        self.named_ids = named_ids
        self.root = root
        self.uses: list[Use] = []
        self.findings: list[Finding] = []

    def mapping(self, value: dict[str, Json], each: RefField, path: Path) -> Json:
        """The leaf a reference mapping stands for; None where it is wrong (and a finding says so)."""
        forms = [name for name in MARKERS if name in value]
        if len(forms) != 1 or len(value) != 1 or not isinstance(value[forms[0]], str):
            return None  # the JSON Schema says what a reference looks like
        form, target = forms[0], value[forms[0]]
        if form == "automation":
            return Part("automations", target)
        if form == "id":
            self._raw_id(target, each, (*path, "id"))
            return target
        if form == "lookup":
            scope = self.spec.get(each.scope, "") if each.scope else ""
            leaf = Lookup(each.to, target, scope if isinstance(scope, str) else "")
            self.uses.append(Use(path, leaf, each.late))
            return leaf
        return self._named(Address(each.to, target), each, path)

    def _named(self, address: Address, each: RefField, path: Path) -> Json:
        index = self.index
        if address not in index.keys:
            if address not in index.doubtful and (index.complete or address in index.elsewhere):
                self.findings.append(_unknown(address, index, (*self.root, *path, "ref")))
            return None
        self.uses.append(Use(path, Ref(*address), each.late))
        return index.keys[address] or Ref(*address)

    def text(self, value: str, each: RefField, path: Path) -> None:
        """A plain text: the enforced key of a manifest, or a raw id."""
        if not each.plain:
            self._raw_id(value, each, path)
            return
        address = self.index.by_key.get((each.to, value))
        if address is not None:
            self.uses.append(Use(path, Ref(*address), each.late))

    def _raw_id(self, value: str, each: RefField, path: Path) -> None:
        """Warn of an id of one organisation: not of a variable, of a URN, or of what came from `${id.…}`."""
        where = (*self.root, *path)
        if value and not value.startswith("${") and ":" not in value and not self.named_ids(where):
            self.findings.append(_raw_id(value, each, where))


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
    kinds = sorted(other.kind for other in index.keys if other.name == address.name)
    if kinds:
        message = f"`{address.name}` is a manifest of kind {', '.join(kinds)}, and a {address.kind} is expected here"
        return Finding("wrong-kind", message, where)
    from difflib import get_close_matches

    names = sorted(other.name for other in index.keys if other.kind == address.kind)
    near = get_close_matches(address.name, names, 1)
    hint = f"did you mean `{near[0]}`?" if near else "use `lookup:` for a live object that no manifest describes"
    return Finding("unknown-reference", f"no {address.kind} manifest is named `{address.name}`", where, hint)
