"""What plan, apply, undo and a plan against a recording have in common: a plan is shown, and what the guards look at is
gathered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from syncer.adapters.api import Api
    from syncer.adapters.recording import Replay
    from syncer.adapters.state import State
    from syncer.app import Planned
    from syncer.cli.world import World
    from syncer.core.guard import Situation
    from syncer.core.plan import Plan
    from syncer.render.out import Out

QUOTA = 500
"""Writes a minute that the platform allows an organisation (docs/platform.md#limits)."""


def show_plan(out: Out, plan: Plan, form: str, verbose: bool, pace: float | None, needs: Any, problems: Any) -> None:
    """The plan for people or for machines, with its warnings; `pace`: the share of the quota, None where nobody asks
    how long it takes; `needs`: what an apply would be refused for."""
    from syncer.render.plan_json import plan_json
    from syncer.render.plan_text import render_plan

    warnings = tuple(problem for problem in problems if problem.severity == "warning")
    if form == "json":
        out.answer(plan_json(plan, (*warnings, *needs), ascii_only=not out.terminal.unicode))
        return
    out.problems(warnings, summary=False)
    per_minute = pace * QUOTA if pace is not None else None
    out.answer(render_plan(plan, out.terminal, needs=needs, writes_per_minute=per_minute, verbose=verbose))


def warned(out: Out, here: World) -> None:
    """That `validate` has more to say, in one line: a plan is no place for lint."""
    if here.warnings:
        number = "1 warning" if here.warnings == 1 else f"{here.warnings} warnings"
        out.talk(f"{number} about the manifests; `syncer validate` shows {'it' if here.warnings == 1 else 'them'}\n")


def situation(planned: Planned, state: State, here: World, api: Api | Replay) -> Situation:
    """What the guards look at, of this environment and this token."""
    from syncer.core.guard import Allowance
    from syncer.situation import situation_of

    limits = here.environment.limits
    chosen = tuple(Allowance(each.value, each.percent) if each else None for each in (limits.delete, limits.update))
    return situation_of(
        planned,
        state,
        environment=here.environment.name,
        org_id=here.environment.org_id,
        organisations=api.organisations,
        opaque=api.claims.opaque,
        loopback=here.on_this_machine,
        read_only=api.claims.read_only,
        confirm=here.environment.confirm,
        limits=chosen,  # type: ignore[arg-type]
        event=here.env.get("GITHUB_EVENT_NAME", ""),
        protect=here.environment.protect,
    )
