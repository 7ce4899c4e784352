"""`syncer plan`: what apply would change, field by field; sends nothing that could change it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from syncer.cli.options import FORMAT, against_option, no_cache_option, planning_options
from syncer.cli.plan_output import show_plan, situation, warned

if TYPE_CHECKING:
    pass


@click.command()
@planning_options
@against_option
@no_cache_option
@click.option(
    "-o", "--out", "target", type=click.Path(path_type=Path, dir_okay=False), help="Save the plan, for `apply FILE`."
)
@click.option("--detailed-exitcode", is_flag=True, help="Exit 2 when changes are pending.")
@click.option("--format", "form", type=FORMAT, default="text", help="For people or for machines.")
@click.pass_obj
def plan(
    color: str,
    config: Path | None,
    environment: str | None,
    server: str,
    place: str,
    only: tuple[str, ...],
    but: tuple[str, ...],
    verbose: bool,
    resend_secrets: bool,
    against: Path | None,
    no_cache: bool,
    target: Path | None,
    detailed_exitcode: bool,
    form: str,
) -> int:
    """Read the organisation and say, field by field, what apply would change. Sends nothing that could change it."""
    from syncer.cli.command_context import world
    from syncer.cli.console import console
    from syncer.cli.gc_pause import at_rest
    from syncer.cli.recall import open_recall
    from syncer.cli.signals import at_once

    if against is not None:
        from syncer.cli.commands.record import plan_against
        from syncer.ops.selection import Selection

        return plan_against(
            color, against, config, environment, server, place, Selection(only, but), target, verbose=verbose,
            resend_secrets=resend_secrets, detailed_exitcode=detailed_exitcode, form=form,
        )  # fmt: skip
    out = console(color)
    here = world(config, environment, server, place)
    off, part = no_cache or resend_secrets, bool(only or but)
    with at_once(), at_rest(), here.reading(recall := open_recall(here, "plan", part=part, off=off)):
        # here, while another process reads the manifests
        from syncer.ops.selection import Selection
        from syncer.plan.safety import Consent, refusals

        for doubt in here.doubts():
            out.talk(f"warning: {doubt}\n")
        state = here.state()
        with here.api(read_only=True) as api:
            planned = here.planned(api, state, Selection(only, but), resend_secrets=resend_secrets, recall=recall)
            needs = refusals(planned.plan, situation(planned, state, here, api), Consent())
        if target is not None:
            from syncer.state.plan_file import save_plan

            save_plan(target, planned.plan, planned.problems)
        warned(out, here)
        out.problems(recall.problems if recall else (), summary=False)
        show_plan(out, planned.plan, form, verbose, here.environment.pace, needs, planned.problems)
    return 2 if detailed_exitcode and (planned.plan.changes or planned.plan.let_go) else 0
