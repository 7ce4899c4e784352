"""`syncer apply`: what the plan says, and nothing else."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from syncer.cli.options import FORMAT, consent_options, lock_wait_option, planning_options
from syncer.cli.plan_output import QUOTA, saved_plan, show_plan, situation, warned

if TYPE_CHECKING:
    from syncer.cli.command_context import CommandContext
    from syncer.ops.selection import Selection
    from syncer.plan.events import Event
    from syncer.plan.plan import Plan
    from syncer.plan.safety import Consent
    from syncer.render.output import Output
    from syncer.state.state_file import State


@click.command()
@click.argument("file", required=False, type=click.Path(path_type=Path, dir_okay=False))
@planning_options
@consent_options
@lock_wait_option
@click.option("-y", "--yes", is_flag=True, help="Don't ask; for scripts.")
@click.option("--workers", type=click.IntRange(1, 32), default=8, show_default=True, help="Changes side by side.")
@click.option("--format", "form", type=FORMAT, default="text", help="For people or for machines.")
@click.pass_obj
def apply(
    color: str,
    /,
    file: Path | None,
    config: Path | None,
    environment: str | None,
    server: str,
    place: str,
    only: tuple[str, ...],
    but: tuple[str, ...],
    verbose: bool,
    resend_secrets: bool,
    lock_wait: float,
    yes: bool,
    workers: int,
    form: str,
    **consents: Any,
) -> int:
    """Plan, show, ask, and do exactly that. With FILE: apply that saved plan, if it is still true."""
    import secrets
    from contextlib import ExitStack

    from syncer.cli.command_context import world
    from syncer.cli.console import console
    from syncer.cli.gc_pause import at_rest
    from syncer.cli.signals import at_once, draining
    from syncer.model.diagnostic import InvalidInput, Problem, Refused
    from syncer.ops.apply.apply import apply_plan, exit_code, require_consent
    from syncer.ops.apply.recovery import recover
    from syncer.ops.apply.scheduler import Stop
    from syncer.ops.apply.state_store import StateStore
    from syncer.ops.selection import Selection
    from syncer.plan.plan import FORMAT_VERSION
    from syncer.plan.safety import unfitting
    from syncer.render.events import ApplyProgress, applied_document, applied_line
    from syncer.state.journal import Journal
    from syncer.state.lock import myself, who

    out = console(color)
    saved = saved_plan(file) if file else None
    if saved is not None and saved.against:
        raise Refused(
            Problem(
                "stale-plan",
                f"this plan was made against a recording of {saved.against['recorded_at']}: it is there to be read",
                hint="make one of the organisation as it is: `syncer plan -o FILE`",
            )
        )
    if saved is not None and saved.format_version != FORMAT_VERSION:
        raise Refused(
            Problem(
                "stale-plan",
                f"this plan was saved by an older syncer, in format {saved.format_version}: format {FORMAT_VERSION} "
                "says more of what an apply does; nothing was written",
                hint="plan again: `syncer plan -o FILE`",
            )
        )
    if saved is not None and (only or but):
        raise InvalidInput(Problem("usage", "a saved plan is applied whole: --only and --except belong to `plan`"))
    here = world(config, environment or (saved.environment if saved else None), server, place)
    consent = _consent(consents)
    stop = Stop()
    with ExitStack() as signals:
        signals.enter_context(at_once())

        def tell(note: str) -> None:
            out.talk(f"note: {note}\n")

        for doubt in here.doubts():
            out.talk(f"warning: {doubt}\n")
        me = myself(env=here.env)
        held = here.place.lock(me, wait=lock_wait, tell=tell)
        with held, here.api(read_only=False) as api, Journal(here.state_path.with_suffix(".journal")) as journal:
            if journal.note:
                tell(journal.note)
            state = here.state()
            store = StateStore(here.place, _of_organisation(state, here), unsaved=state.guards != here.guards)
            events: list[Event] = []
            if journal.unsettled() or journal.settled():
                api.confirm()
            for settled in recover(api, journal, store, here.effects, here.runs, tell):
                events.append(settled)
                out.talk(f"{settled.address}: {settled.message}\n")
            selection = Selection(only, but) if saved is None else _selection_of(saved)
            remembered = replace(store.state, guards=state.guards)  # the plan says what is asked less for
            with at_rest():
                if saved is not None and saved.undo:
                    planned = here.planned_back(api, remembered, saved.undo)
                else:
                    planned = here.planned(api, remembered, selection, resend_secrets=resend_secrets)
            api.confirm()  # a plan of nothing has asked nobody
            if saved is not None:
                _require_true(saved, planned.plan)
            asks = (planned.plan.changes or planned.plan.let_go) and not yes and saved is None
            if form == "text":
                warned(out, here)
                show_plan(out, planned.plan, form, verbose, here.environment.pace, (), planned.problems)
            elif asks:  # stdout is for the outcome; who is asked must see what for
                _talk_plan(out, planned.plan, here, verbose)
            looked_at = situation(planned, state, here, api)
            for note in unfitting(planned.plan, looked_at, consent):
                tell(note)
            require_consent(planned.plan, looked_at, consent)
            if asks:
                _ask(out, here)

            def drain(reason: str) -> None:
                stop.ask(reason)
                api.interrupt()

            signals.enter_context(draining(drain))  # to the very end: it has begun
            watch = ApplyProgress(out, len(planned.plan.changes), here.effects.clock)
            for event in apply_plan(
                planned,
                api,
                journal,
                store,
                run=secrets.token_hex(4),
                effects=here.effects,
                salt=lambda: secrets.token_bytes(16),
                stop=stop,
                today=here.today,
                workers=workers,
                runs=here.runs,
                by=who(me),
            ):
                events.append(event)
                watch.see(event)
            watch.close()
            for address in planned.plan.let_go:
                out.talk(f"{address} is let go of: nothing is remembered of it, and it stays as it is\n")
        code = exit_code(events, stop)
        if form == "json":
            from syncer.model.json_values import json_text

            document = applied_document(planned.plan, events, code)
            out.answer(json_text(document, ascii_only=not out.terminal.unicode) + "\n")
        elif planned.plan.changes:
            out.answer(applied_line(events) + "\n")
        if code in (130, 143):
            out.talk("interrupted: what was under way is finished and remembered; run it again to go on\n")
    return code


def _talk_plan(out: Output, plan: Plan, here: CommandContext, verbose: bool) -> None:
    from syncer.render.plan_text import render_plan

    out.talk(render_plan(plan, out.talking, writes_per_minute=here.environment.pace * QUOTA, verbose=verbose))


def _require_true(saved: Plan, now: Plan) -> None:
    """Refused, with all that has moved, where a saved plan is not the one that would be made now."""
    from syncer.model.diagnostic import Problem, Refused
    from syncer.ops.apply.apply import same_plan

    moved = same_plan(saved, now)
    if moved:
        hint = f"make it again: `syncer {f'undo {saved.undo}' if saved.undo else 'plan'} -o FILE`"
        raise Refused(
            [*moved, Problem("stale-plan", "the saved plan is no longer true; nothing was written", hint=hint)]
        )


def _of_organisation(state: State, here: CommandContext) -> State:
    return replace(state, org_id=here.environment.org_id, guards=here.guards)


def _selection_of(saved: Plan) -> Selection:
    """A partial plan was made of some addresses; it is made again of the same and no others."""
    from syncer.ops.selection import Selection

    if not saved.partial or saved.undo:
        return Selection()
    addresses = [link.address for link in saved.links] + [change.address for change in saved.changes]
    addresses += [released.address for released in saved.released]
    return Selection(exactly=frozenset(map(str, addresses)))


def _consent(given: dict[str, Any]) -> Consent:
    from syncer.plan.safety import Consent

    return Consent(
        given["confirm"],
        given["allow_delete"],
        given["allow_update"],
        given["allow_empty"],
        frozenset(given["allow_missing"]),
        given["allow_pull_request"],
        frozenset(given["allow_protected"]),
        frozenset(given["accept_data_loss"]),
        given["first_contact"],
    )


def _ask(out: Output, here: CommandContext) -> None:
    """A plain yes, at a terminal; elsewhere --yes says it."""
    from syncer.model.diagnostic import Problem, Refused

    if not sys.stdin or not sys.stdin.isatty():
        raise Refused(
            Problem(
                "not-asked",
                "nobody is there to say yes to this plan",
                hint="--yes applies it unasked, or apply a saved plan: `syncer plan -o FILE`, `syncer apply FILE`",
            )
        )
    out.talk(f"Apply this to `{here.environment.name}` ({here.environment.org_id})? Only `yes` does it: ")
    if sys.stdin.readline().strip() != "yes":
        raise Refused(Problem("not-confirmed", "not applied: nothing was changed"))
