"""Checks a flow template's spec as a whole: what docs/platform.md#graph-of-a-flow asks for and a JSON Schema can't
see."""

from __future__ import annotations

from collections.abc import Mapping

from syncer.core.problem import Finding
from syncer.core.values import Json
from syncer.kinds import flow_decisions, flow_edges, flow_loops, flow_phases, flow_references, flow_schemas
from syncer.kinds.flow_parts import read_flow
from syncer.kinds.flow_schemas import check_flow_against_schemas

__all__ = ["RULES", "check_flow", "check_flow_against_schemas"]

RULES: dict[str, str] = {
    **flow_edges.RULES,
    **flow_phases.RULES,
    **flow_loops.RULES,
    **flow_decisions.RULES,
    **flow_references.RULES,
    **flow_schemas.RULES,
}
"""Rule id → what it asks for, one sentence."""


PARTS = {
    *flow_edges.RULES,
    *flow_phases.RULES,
    *flow_loops.RULES,
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
        *flow_edges.check_ids(flow),
        *flow_edges.check_edges(flow),
        *flow_phases.check_phases(flow),
        *flow_decisions.check_decisions(flow),
        *flow_loops.check_loops(flow),
        *flow_edges.check_graph(flow),
        *flow_references.check_references(flow),
    ]
    for walk in (
        flow_loops.check_ways_back,
        flow_phases.check_entries,
        flow_edges.check_reach,
        flow_references.check_inputs,
    ):
        if flow.drawn and not flow.loose and _sound(findings):
            findings += walk(flow)
    return findings


def _sound(findings: list[Finding]) -> bool:
    return not any(found.severity == "error" and found.rule in PARTS for found in findings)
