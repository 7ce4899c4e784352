"""What only the manifests of several kinds together show: fields that another manifest's schema does not have, and keys
that neither a manifest nor the organisation has."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from syncer.core.problem import Finding, Problem, located
from syncer.core.resource import Desired
from syncer.core.shape import find_all, pattern_steps
from syncer.core.values import Path
from syncer.kinds import KINDS
from syncer.kinds.flow_schemas import check_flow_against_schemas
from syncer.kinds.lenient import suggestion, text
from syncer.kinds.schema_rules import check_schemas_together


def check_together(desired: Sequence[Desired], only: Collection[str] | None = None) -> list[Problem]:
    """Relations between managed schemas, and the attributes that flows look at.

    `only`: names of files that are reported on; what a schema there takes from manifests of other files is told there.
    """
    schemas = {str(each.spec["slug"]): each for each in desired if each.address.kind == "EntitySchema"}
    if not schemas:
        return []
    specs = {slug: each.spec for slug, each in schemas.items()}
    problems = [
        _of(schemas[slug], finding) for slug, findings in check_schemas_together(specs).items() for finding in findings
    ]
    for each in desired:
        if each.address.kind == "FlowTemplate":
            problems += [_of(each, finding) for finding in check_flow_against_schemas(each.spec, specs)]
    for schema in schemas.values() if only is not None else ():
        if _file(schema) in (only or ()):
            elsewhere = [each for each in desired if _file(each) not in (only or ())]
            problems += [_lacking(schema, each, finding) for each in elsewhere for finding in _because(schema, each)]
    return problems


def _file(desired: Desired) -> str:
    return desired.where(()).file


def _because(schema: Desired, other: Desired) -> Iterator[Finding]:
    """What is wrong with a manifest because of this schema alone."""
    slug, spec = str(schema.spec["slug"]), schema.spec
    if other.address.kind == "FlowTemplate":
        yield from check_flow_against_schemas(other.spec, {slug: spec})
    elif other.address.kind == "EntitySchema":
        theirs = str(other.spec["slug"])
        alone = check_schemas_together({theirs: other.spec}).get(theirs, ())
        both = check_schemas_together({theirs: other.spec, slug: spec}).get(theirs, ())
        yield from (finding for finding in both if finding not in alone)


def _lacking(schema: Desired, other: Desired, finding: Finding) -> Problem:
    """The finding about another manifest, in the schema that it comes from."""
    place = other.where(finding.path)
    path: Path = ("attributes",) if "attributes" in schema.spec else ("slug",)
    message = f"{other.address} at {place}: {finding.message}"
    return _of(schema, finding._replace(message=message, path=path, hint=f"change {other.address} in the same commit"))


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
                    problems.append(_of(each, finding))
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
        _of(
            each,
            Finding("unknown-key", f"{each.address}: nothing in the organisation is the {kind} `{id}`", path, hint),
        )
        for each in wanted
        for kind, path, id in raw_ids(each)
        if kind in live and id not in live[kind]
    ]


def _of(desired: Desired, finding: Finding) -> Problem:
    return located(finding._replace(path=("spec", *finding.path)), desired.where(finding.path))
