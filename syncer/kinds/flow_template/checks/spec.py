"""Checks a flow template's spec as a whole: what docs/platform.md#graph-of-a-flow asks for and a JSON Schema can't
see."""

from __future__ import annotations

from collections.abc import Mapping

from syncer.kinds.flow_template.checks import decisions, edges, entity_schemas, loops, phases, references
from syncer.kinds.flow_template.graph_model import read_flow
from syncer.model.diagnostic import Finding
from syncer.model.json_values import Json

RULES: dict[str, str] = {
    **edges.RULES,
    **phases.RULES,
    **loops.RULES,
    **decisions.RULES,
    **references.RULES,
    **entity_schemas.RULES,
}
"""Rule id → what it asks for, one sentence."""

ACCEPTABLE = frozenset(RULES) - {
    "flow-alias-taken",
    "flow-reserved-id",
    "flow-unknown-automation",
}
"""What a live flow may break; the others are of the keys that a manifest chooses."""

PARTS = {
    *edges.RULES,
    *phases.RULES,
    *loops.RULES,
    "flow-branch-edge",
    "flow-edge-without-condition",
    "flow-few-branches",
}
"""The rules of which an error means that walks over the whole graph would only find its consequences."""


def check_flow(spec: Mapping[str, Json]) -> list[Finding]:
    """All that is wrong with a flow's graph and the references inside it. Paths begin at the spec.

    The spec may be partial: a check that needs a list which isn't declared says nothing. Checks that walk the whole
    graph wait until its parts are sound, so that one mistake is one finding.
    """
    flow = read_flow(spec)
    findings = [
        *edges.check_ids(flow),
        *edges.check_edges(flow),
        *phases.check_phases(flow),
        *decisions.check_decisions(flow),
        *loops.check_loops(flow),
        *edges.check_graph(flow),
        *references.check_references(flow),
    ]
    for walk in (
        loops.check_ways_back,
        phases.check_entries,
        edges.check_reach,
        references.check_inputs,
    ):
        if flow.drawn and not flow.loose and _sound(findings):
            findings += walk(flow)
    return findings


def _sound(findings: list[Finding]) -> bool:
    return not any(found.severity == "error" and found.rule in PARTS for found in findings)
