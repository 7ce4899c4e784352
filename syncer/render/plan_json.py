"""The plan for machines: its document as text, as `plan --format json` prints it and `plan -o` saves it."""

from __future__ import annotations

from collections.abc import Sequence

from syncer.core.json_text import json_text
from syncer.core.plan import Plan
from syncer.core.plan_id import plan_document
from syncer.core.problem import Problem


def plan_json(plan: Plan, problems: Sequence[Problem] = (), *, ascii_only: bool = False) -> str:
    """The document, indented; `ascii_only` for an output that can't take an umlaut."""
    return json_text(plan_document(plan, problems), ascii_only=ascii_only) + "\n"
