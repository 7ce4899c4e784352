"""`syncer adopt`: link a declared manifest to an object that is there already, and show the plan that follows."""

from __future__ import annotations

import click

from syncer.cli.options import ContextOptions, environment_options, in_environment, lock_wait_option, verbose_option
from syncer.cli.plan_output import QUOTA
from syncer.cli.signals import at_once


@click.command()
@click.argument("address")
@click.argument("id", required=False, default="")
@environment_options
@lock_wait_option
@verbose_option
@in_environment
def adopt(given: ContextOptions, address: str, id: str, verbose: bool) -> int:
    """Take the live object ID over under ADDRESS, which a manifest declares, and show what a plan would change of it.

    Without ID it is looked for by key or title, and the candidates are listed where it is not exactly one. Nothing is
    changed in the organisation; what is linked stands in the state, and the next plan is about that object.
    """
    from syncer.ops.adopt import adopt as run_adopt  # late, as the next: 50 ms that `--help` does without
    from syncer.render.plan_text import render_plan

    out, here = given.out, given.open()
    with at_once():
        done = run_adopt(here, address, id)
    shown, name = out.terminal.shown(done.live.id), out.terminal.shown(done.live.title or done.live.key)
    what = f"`{out.terminal.shown(done.part)}` of {done.address}" if done.part else str(done.address)
    since = "from now on; nothing was changed in the organisation" if done.new else "already"
    out.talk(f"{what} is `{shown}`{f' ({name})' if name else ''} {since}\n\n")
    pace = here.environment.pace * QUOTA
    out.answer(render_plan(done.planned.plan, out.terminal, writes_per_minute=pace, verbose=verbose))
    return 0
