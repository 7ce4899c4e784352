"""What only the manifests of several kinds together show: fields that another manifest's schema does not have."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from syncer.core.problem import Finding, Problem, located
from syncer.core.resource import Desired
from syncer.kinds.flow_schemas import check_flow_against_schemas
from syncer.kinds.schema_rules import check_schemas_together


def check_together(desired: Sequence[Desired]) -> list[Problem]:
    """Relations between managed schemas, and the attributes that flows look at."""
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
    return problems


def _of(desired: Desired, finding: Finding) -> Problem:
    return located(replace(finding, path=("spec", *finding.path)), desired.where(finding.path))
