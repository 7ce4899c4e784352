"""Keys and ids of other objects that a manifest writes out: whether the organisation has them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from syncer.kinds import KINDS
from syncer.kinds.lenient_reader import suggestion, text
from syncer.model.diagnostic import Finding, Problem
from syncer.model.field_rules import find_all, pattern_steps
from syncer.model.json_values import Path
from syncer.model.resource import Desired, problem_of


def unknown_keys(
    wanted: Sequence[Desired], desired: Sequence[Desired], live: Mapping[str, Collection[str]]
) -> list[Problem]:
    """Plain keys (a schema's slug) that no manifest of `desired` and no live object has. `live`: the keys of every kind
    that was listed; of the other kinds nothing is said."""
    known: dict[str, set[str]] = {name: set(keys) for name, keys in live.items() if not KINDS[name].title}
    for each in desired:
        if each.address.kind in known:
            known[each.address.kind].add(KINDS[each.address.kind].key(each.spec))
    problems = []
    for each in wanted:
        for ref in KINDS[each.address.kind].refs:
            if not ref.plain or ref.to not in known:
                continue
            for path, value in find_all(each.spec, pattern_steps(ref.path)):
                key = text(value)
                if key and key not in known[ref.to]:
                    finding = Finding(
                        "unknown-key",
                        f"{each.address}: no manifest and nothing in the organisation is the {ref.to} `{key}`",
                        path,
                        suggestion(key, known[ref.to]),
                    )
                    problems.append(problem_of(each, finding))
    return problems


def raw_ids(desired: Desired) -> list[tuple[str, Path, str]]:
    """(kind, path, id) of each id of a managed kind that a manifest writes out in a list of references. Others are left
    alone: an automation's target, say, may be a workflow of the older generation, which no list of flows holds."""
    return [
        (ref.to, (*path, "id"), value["id"])
        for ref in KINDS[desired.address.kind].refs
        if ref.form == "item" and ref.to in KINDS
        for path, value in find_all(desired.spec, pattern_steps(ref.path))
        if isinstance(value, dict) and isinstance(value.get("id"), str)
    ]


def unknown_ids(wanted: Sequence[Desired], live: Mapping[str, Collection[str]]) -> list[Problem]:
    """Ids written out that no live object has. `live`: the ids of every kind that was listed."""
    hint = "write `ref:` or `lookup:` in its place; an id is that of one organisation, as `${id.NAME}` is"
    return [
        problem_of(
            each,
            Finding("unknown-key", f"{each.address}: nothing in the organisation is the {kind} `{id}`", path, hint),
        )
        for each in wanted
        for kind, path, id in raw_ids(each)
        if kind in live and id not in live[kind]
    ]
