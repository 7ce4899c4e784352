"""What only the manifests of several kinds together show: fields that another manifest's schema does not have, and keys
that neither a manifest nor the organisation has."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from syncer.kinds.entity_schema.checks.relations import check_schemas_together
from syncer.kinds.flow_template.checks.entity_schemas import check_flow_against_schemas
from syncer.kinds.written_ids import problem_of
from syncer.model.diagnostic import Finding, Problem
from syncer.model.json_values import Path
from syncer.model.resource import Desired


def check_together(desired: Sequence[Desired], only: Collection[str] | None = None) -> list[Problem]:
    """Relations between managed schemas, and the attributes that flows look at.

    `only`: names of files that are reported on; what a schema there takes from manifests of other files is told there.
    """
    schemas = {str(each.spec["slug"]): each for each in desired if each.address.kind == "EntitySchema"}
    if not schemas:
        return []
    specs = {slug: each.spec for slug, each in schemas.items()}
    problems = [
        problem_of(schemas[slug], finding)
        for slug, findings in check_schemas_together(specs).items()
        for finding in findings
    ]
    for each in desired:
        if each.address.kind == "FlowTemplate":
            problems += [problem_of(each, finding) for finding in check_flow_against_schemas(each.spec, specs)]
    for schema in schemas.values() if only is not None else ():
        if _file(schema) in (only or ()):
            elsewhere = [each for each in desired if _file(each) not in (only or ())]
            problems += [_lacking(schema, each, finding) for each in elsewhere for finding in _because(schema, each)]
    return problems


def _file(desired: Desired) -> str:
    return desired.file


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
    return problem_of(
        schema, finding._replace(message=message, path=path, hint=f"change {other.address} in the same commit")
    )
