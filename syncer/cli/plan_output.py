"""What plan, apply, undo and a plan against a recording have in common: a plan is shown."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from syncer.cli.command_context import CommandContext
    from syncer.plan.plan import Plan
    from syncer.render.output import Output


QUOTA = 500
"""Writes a minute that the platform allows an organisation (docs/platform.md#limits)."""


def show_plan(out: Output, plan: Plan, form: str, verbose: bool, pace: float | None, needs: Any, problems: Any) -> None:
    """The plan for people or for machines, with its warnings; `pace`: the share of the quota, None where nobody asks
    how long it takes; `needs`: what an apply would be refused for."""
    from dataclasses import replace

    from syncer.render.plan_text import plan_json, render_plan

    warnings = tuple(problem for problem in problems if problem.severity == "warning")
    if form == "json":
        out.answer(plan_json(plan, (*warnings, *needs), ascii_only=not out.terminal.unicode))
        return
    out.problems(warnings, summary=False)
    per_minute = pace * QUOTA if pace is not None else None
    needs = [each._replace(hint=out.in_full(each.hint)) for each in needs]
    plan = replace(plan, notices=tuple(each._replace(message=out.in_full(each.message)) for each in plan.notices))
    out.answer(render_plan(plan, out.terminal, needs=needs, writes_per_minute=per_minute, verbose=verbose))


def warned(out: Output, here: CommandContext) -> None:
    """That `validate` has more to say, in one line: a plan is no place for lint."""
    if here.warnings:
        number = "1 warning" if here.warnings == 1 else f"{here.warnings} warnings"
        them = "it" if here.warnings == 1 else "them"
        out.talk(out.in_full(f"{number} about the manifests; `syncer validate` shows {them}\n"))


def saved_plan(file: Path) -> Plan:
    from syncer.state.plan_file import load_plan

    return load_plan(file)
