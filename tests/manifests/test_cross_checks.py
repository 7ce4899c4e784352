"""What kinds check beside other manifests, and in which file it is told."""

from __future__ import annotations

from typing import Any

import pytest

from syncer.manifests.cross_checks import together
from syncer.model.address import Address
from syncer.model.diagnostic import Location, Problem
from syncer.model.resource import Desired

Spec = dict[str, Any]


def manifest(kind: str, name: str, spec: Spec) -> Desired:
    """One in a file of its own, whose line is one more than the length of the path."""
    at = lambda path: Location(f"{name}.yaml", len(path) + 1, 1)  # noqa: E731
    return Desired(Address(kind, name), spec, {}, False, (), (), (), at, "", f"{name}.yaml")


def schema(slug: str, *attributes: Spec) -> Desired:
    """A schema with all that makes it whole."""
    whole: Spec = {"slug": slug, "name": slug, "plural": slug, "capabilities": [], "attributes": list(attributes)}
    return manifest("EntitySchema", slug, whole)


OWNER: Spec = {
    "name": "owner",
    "label": "Owner",
    "type": "relation",
    "allowedSchemas": ["firm"],
    "reverse_attributes": {"firm": "projects"},
}
PROJECTS: Spec = {"name": "projects", "label": "Projects", "type": "string"}
SYNC: Spec = {"trigger": {"event": "FlowStarted"}, "target": {"entitySchema": "firm", "entityAttribute": "street"}}
FLOW = manifest("FlowTemplate", "move-in", {"name": "Move in", "entity_sync": [SYNC]})

SCHEMA_SAID = "`projects` of schema `firm` is of type `string`, not a relation"
FLOW_SAID = "`street` is no attribute of schema `firm`"
IN_PROJECT = Problem(
    "schema-reverse-attribute",
    SCHEMA_SAID,
    Location("project.yaml", 5, 1),
    "$.spec.attributes[0].reverse_attributes.firm",
    "name the relation of `firm` that leads back to `project`",
)
IN_FLOW = Problem(
    "flow-unknown-attribute",
    FLOW_SAID,
    Location("move-in.yaml", 5, 1),
    "$.spec.entity_sync[0].target.entityAttribute",
    "there is `projects`",
)
FLOW_IN_FIRM = Problem(
    "flow-unknown-attribute",
    f"FlowTemplate/move-in at move-in.yaml:5:1: {FLOW_SAID}",
    Location("firm.yaml", 2, 1),
    "$.spec.attributes",
    "change FlowTemplate/move-in in the same commit",
)
PROJECT_IN_FIRM = Problem(
    "schema-reverse-attribute",
    f"EntitySchema/project at project.yaml:5:1: {SCHEMA_SAID}",
    Location("firm.yaml", 2, 1),
    "$.spec.attributes",
    "change EntitySchema/project in the same commit",
)
ALL = [schema("project", OWNER), schema("firm", PROJECTS), FLOW]

TOLD: dict[str, tuple[list[Desired], set[str] | None, list[Problem]]] = {
    # case           manifests         files that are reported on      what is said
    "no schema": ([FLOW], None, []),
    "all": (ALL, None, [IN_PROJECT, IN_FLOW]),
    "all files named": (ALL, {"project.yaml", "firm.yaml", "move-in.yaml"}, [IN_PROJECT, IN_FLOW]),
    "the schema's": (ALL, {"firm.yaml"}, [IN_PROJECT, IN_FLOW, PROJECT_IN_FIRM, FLOW_IN_FIRM]),
    "the schema's and the flow's": (ALL, {"firm.yaml", "move-in.yaml"}, [IN_PROJECT, IN_FLOW, PROJECT_IN_FIRM]),
    "another's": (ALL, {"project.yaml"}, [IN_PROJECT, IN_FLOW]),
    "partial": ([FLOW, manifest("EntitySchema", "firm", {"slug": "firm"})], {"firm.yaml"}, []),
}


@pytest.mark.parametrize(("desired", "only", "said"), TOLD.values(), ids=TOLD)
def test_what_is_wrong_beside_others_is_told_where_it_is_read(
    desired: list[Desired], only: set[str] | None, said: list[Problem]
) -> None:
    """Whoever names files leaves out what is told in others."""
    assert together(desired, only) == said
