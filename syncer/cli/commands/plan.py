"""`syncer plan`: what apply would change, field by field; sends nothing that could change it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from syncer.cli.gc_pause import at_rest
from syncer.cli.options import FORMAT, ContextOptions, against_option, in_environment, no_cache_option, planning_options
from syncer.cli.plan_output import show_plan, warned
from syncer.cli.recall import open_recall
from syncer.cli.signals import at_once

if TYPE_CHECKING:
    from syncer.cli.command_context import CommandContext
    from syncer.model.diagnostic import Problem
    from syncer.ops.plan import PlanResult


@click.command()
@planning_options
@against_option
@click.option(
    "-o", "--out", "target", type=click.Path(path_type=Path, dir_okay=False), help="Save the plan, for `apply FILE`."
)
@click.option("--detailed-exitcode", is_flag=True, help="Exit 2 when changes are pending.")
@click.option("--format", "form", type=FORMAT, default="text", help="For people or for machines.")
@no_cache_option
@in_environment
def plan(
    given: ContextOptions,
    only: tuple[str, ...],
    but: tuple[str, ...],
    verbose: bool,
    resend_secrets: bool,
    as_sent: bool,
    against: Path | None,
    target: Path | None,
    detailed_exitcode: bool,
    form: str,
) -> int:
    """Read the organisation and say, field by field, what apply would change. Sends nothing that could change it."""
    with at_once(), at_rest():
        recall = None
        if against is not None:
            _must_not_be_saved(target)
            here, planned, needs = _planned_against(against, given, (only, but), (resend_secrets, as_sent))
        else:
            here = given.open()
            off, part = given.no_cache or resend_secrets or as_sent, bool(only or but)
            with here.reading(recall := open_recall(here, "plan", part=part, off=off)):
                # late: here, while another process reads the manifests
                from syncer.ops.selection import Selection
                from syncer.plan.safety import Consent, refusals

                here.tell_doubts()
                state = here.state()
                with here.api(read_only=True) as api:
                    chosen = Selection(only, but)
                    planned = here.planned(
                        api, state, chosen, resend_secrets=resend_secrets, as_sent=as_sent, recall=recall
                    )
                    needs = refusals(planned.plan, here.situation(planned, state, api), Consent())
        _save(planned, target)
        warned(given.out, here)
        given.out.problems(recall.problems if recall else (), summary=False)
        show_plan(given.out, planned.plan, form, verbose, here.environment.pace, needs, planned.problems)
    return _exit_code(planned, detailed_exitcode)


def _exit_code(planned: PlanResult, detailed: bool) -> int:
    """README.md#exit-codes: 7 where something is left alone since nobody knows what an earlier run's call did."""
    if any(each.rule == "outcome-unknown" for each in planned.plan.notices):
        return 7
    return 2 if detailed and (planned.plan.changes or planned.plan.let_go) else 0


def _save(planned: PlanResult, target: Path | None) -> None:
    """Save the plan in its file, where one is named."""
    if target is not None:
        from syncer.state.plan_file import save_plan

        save_plan(target, planned.plan, planned.problems)


def _must_not_be_saved(target: Path | None) -> None:
    """InvalidInput for a file to save it in: a plan against a recording is never applied."""
    if target is not None:
        from syncer.model.diagnostic import InvalidInput, Problem

        said = "-o saves a plan for `apply`, and one against a recording is never applied"
        hint = "read it here or with --format json; `syncer plan -o FILE`, with a token, saves one to be applied"
        raise InvalidInput(Problem("usage", said, hint=hint))


def _planned_against(
    file: Path, given: ContextOptions, selected: tuple[tuple[str, ...], tuple[str, ...]], again: tuple[bool, bool]
) -> tuple[CommandContext, PlanResult, list[Problem]]:
    """The plan against the recording in FILE, where it was made, and what an apply of it would be refused for; of its
    own environment and server, where none is chosen. `again`: --resend-secrets, --as-sent."""
    from syncer.api.recording_file import load_recording  # late, as the next: 90 ms, and only for recordings
    from syncer.kinds.redaction import MARK
    from syncer.manifests.project import find_project, read_project
    from syncer.ops.record import plan_against
    from syncer.ops.selection import Selection

    recording = load_recording(file, MARK)
    known = () if given.environment else read_project(find_project(Path.cwd(), given.config)).environments
    here = given.open(recording.environment if recording.environment in known else None, secretless=True)
    here.server = here.server or ("" if recording.server == "epilot.io" else recording.server)
    return here, *plan_against(here, recording, Selection(*selected), resend_secrets=again[0], as_sent=again[1])
