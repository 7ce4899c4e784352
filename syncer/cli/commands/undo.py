"""`syncer undo`: the runs that are kept, and the plan that takes one of them back."""

from __future__ import annotations

import datetime
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from syncer.cli.options import ContextOptions, environment_options, in_environment
from syncer.cli.plan_output import show_plan
from syncer.cli.signals import at_once
from syncer.model.diagnostic import Problem, Refused

if TYPE_CHECKING:
    from syncer.cli.command_context import CommandContext
    from syncer.render.output import Output
    from syncer.state.run_history import Run

CANNOT = frozenset({"undo-conflict", "undo-impossible", "undo-secret"})
"""Notices of what is not taken back, though the run did it."""


@click.command()
@click.argument("run", required=False, default="")
@environment_options
@click.option("-v", "--verbose", is_flag=True, help="Every field.")
@click.option(
    "-o", "--out", "target", type=click.Path(path_type=Path, dir_okay=False), help="Save the plan, for `apply FILE`."
)
@click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", help="For people or for machines."
)
@in_environment
def undo(given: ContextOptions, run: str, verbose: bool, target: Path | None, form: str) -> int:
    """Plan to take an earlier apply back: RUN is its id. Without RUN: list the runs that are kept.

    What the run changed goes back where the organisation still has what it wrote; what somebody changed since is named
    and left alone. Nothing is changed before `apply FILE`. Exit 4 where nothing of it can be taken back.
    """
    out, here = given.out, given.open()
    if not run:
        return _list(out, here, form)
    with at_once():
        from syncer.ops.undo.undo import undo as run_undo  # late, as the next: 100 ms that the list does without
        from syncer.state.plan_file import save_plan

        planned, needs = run_undo(here, run)
        nothing = not planned.plan.changes and any(each.rule in CANNOT for each in planned.plan.notices)
        if target is not None and not nothing:
            save_plan(target, planned.plan, planned.problems)
        show_plan(out, planned.plan, form, verbose, here.environment.pace, needs, planned.problems)
        if nothing:
            message, hint = f"nothing of run `{run}` can be taken back", "the notices above say why"
            raise Refused(Problem("undo-impossible", message, hint=hint))
        if planned.plan.changes and target is None and form == "text":
            out.talk(out.in_full(f"to do this: `syncer undo {run} -o FILE`, then `syncer apply FILE`\n"))
    return 0


def _list(out: Output, here: CommandContext, form: str) -> int:
    found, damaged = here.runs.list()
    for said in damaged:
        out.talk(f"note: {out.terminal.shown(said)}\n")
    if form == "json":
        out.answer(json.dumps([_document(run) for run in found], indent=2) + "\n")
        return 0
    if not found:
        out.talk(f"no run of `{here.environment.name}` is kept on this machine\n")
    for run in found:
        header = run.header
        counts = ", ".join(f"{number} {outcome}" for outcome, number in run.counts.items()) or "nothing begun"
        undone = f", takes back {header.undo}" if header.undo else ""
        line = f"{header.id}  {_moment(run)}  {counts}{undone}  plan {header.plan}  by {header.by}"
        out.answer(out.terminal.shown(line) + "\n")
    return 0


def _moment(run: Run) -> str:
    return datetime.datetime.fromtimestamp(run.header.time, datetime.UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def _document(run: Run) -> dict[str, Any]:
    header = run.header
    return {
        "id": header.id,
        "time": datetime.datetime.fromtimestamp(header.time, datetime.UTC).isoformat(),
        "environment": header.environment,
        "org_id": header.org_id,
        "server": header.server,
        "plan": header.plan,
        "by": header.by,
        "syncer": header.syncer,
        "undo": header.undo or None,
        "outcomes": run.counts,
        "changes": [
            {
                "address": kept.address,
                "action": kept.before["action"],
                "outcome": kept.result.get("outcome"),
                "live_id": kept.result.get("live_id") or kept.before["live_id"] or None,
                "before": kept.before["stamps"] or None,
                "after": kept.result.get("stamps") or None,
            }
            for kept in run.changes
        ],
    }
