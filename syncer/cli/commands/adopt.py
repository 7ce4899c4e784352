"""`syncer adopt`: link a declared manifest to an object that is there already, and show the plan that follows."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from syncer.cli.options import config_option, environment_option, lock_wait_option, server_option, state_option


@click.command()
@click.argument("address")
@click.argument("id", required=False, default="")
@config_option
@environment_option
@server_option
@state_option
@lock_wait_option
@click.option("-v", "--verbose", is_flag=True, help="Every field, every link.")
@click.pass_obj
def adopt(
    color: str,
    address: str,
    id: str,
    config: Path | None,
    environment: str | None,
    server: str,
    place: str,
    lock_wait: float,
    verbose: bool,
) -> int:
    """Take the live object ID over under ADDRESS, which a manifest declares, and show what a plan would change of it.

    Without ID it is looked for by key or title, and the candidates are listed where it is not exactly one. Nothing is
    changed in the organisation; what is linked stands in the state, and the next plan is about that object.
    """
    from syncer.cli.command_context import world
    from syncer.cli.console import console
    from syncer.cli.plan_output import QUOTA
    from syncer.cli.signals import at_once
    from syncer.kinds import KINDS
    from syncer.ops.adopt import adopt as adopted
    from syncer.ops.adopt import declared
    from syncer.ops.apply.state_store import StateStore, linking
    from syncer.ops.selection import Selection
    from syncer.plan.identity_match import live_of
    from syncer.render.plan_text import render_plan
    from syncer.state.lock import myself

    out = console(color)
    here = world(config, environment, server, place)
    with (
        at_once(),
        here.place.lock(myself(env=here.env), wait=lock_wait, tell=lambda note: out.talk(f"note: {note}\n")),
    ):
        here.must_be_settled()
        state = here.state()
        desired, _ = here.wanted()
        one = declared(address, desired)
        kind = KINDS[one.address.kind]
        with here.api(read_only=True) as api:
            listed = api.list(kind.service, kind.listing)
            live, entries = adopted(one, id, desired, live_of(kind, listed), state.entries)
            linked = replace(state, entries={**state.entries, **entries})
            planned = here.planned(api, linked, Selection(only=(address,)), resend_secrets=False)
        if entries:
            StateStore(here.place, linking(state, here.environment.org_id)).put(dict(entries))
    name = out.terminal.shown(live.title or live.key)
    shown = out.terminal.shown(live.id)
    if entries:
        out.talk(f"{one.address} is `{shown}` ({name}) from now on; nothing was changed in the organisation\n\n")
    else:
        out.talk(f"{one.address} is `{shown}` ({name}) already\n\n")
    pace = here.environment.pace * QUOTA
    out.answer(render_plan(planned.plan, out.terminal, writes_per_minute=pace, verbose=verbose))
    return 0
