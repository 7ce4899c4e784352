"""`syncer apply`: what the plan says, and nothing else."""

from __future__ import annotations

from contextlib import ExitStack, closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from syncer.cli.gc_pause import at_rest
from syncer.cli.options import (
    FORMAT,
    ContextOptions,
    consent_options,
    in_environment,
    lock_wait_option,
    planning_options,
)
from syncer.cli.plan_output import QUOTA, saved_plan, show_plan, warned
from syncer.cli.signals import at_once, draining

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from syncer.api.client import Api
    from syncer.cli.command_context import CommandContext
    from syncer.model.address import Address
    from syncer.ops.apply.scheduler import Stop
    from syncer.ops.plan import PlanResult
    from syncer.ops.selection import Selection
    from syncer.plan.events import Event
    from syncer.plan.plan import Plan
    from syncer.plan.safety import Consent
    from syncer.render.events import ApplyProgress
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
@in_environment
def apply(
    given: ContextOptions,
    file: Path | None,
    only: tuple[str, ...],
    but: tuple[str, ...],
    verbose: bool,
    resend_secrets: bool,
    as_sent: bool,
    yes: bool,
    workers: int,
    form: str,
    **consents: Any,
) -> int:
    """Plan, show, ask, and do exactly that. With FILE: apply that saved plan, if it is still true."""
    from secrets import token_hex  # late, as the next: 120 ms, `--help` does without

    from syncer.ops.apply.apply import ApplyRequest, exit_code
    from syncer.ops.apply.apply import apply as run_apply
    from syncer.ops.apply.scheduler import Stop
    from syncer.ops.selection import Selection
    from syncer.state.lock import myself, who

    saved = saved_plan(file) if file is not None else None
    here = given.open(saved.environment if saved else None)
    if saved is not None:
        given.advise_for(here)
        _must_be_applicable(saved, only, but)
    stop = Stop()
    events: list[Event] = []
    by, consent = who(myself(env=here.env)), _consent(consents)
    request = ApplyRequest(token_hex(4), by, here.today, workers, saved, consent)
    with ExitStack() as signals:
        signals.enter_context(at_once())
        here.tell_doubts()
        asker = _Asker(here, saved, Selection(only, but), resend_secrets, as_sent, yes, form, verbose, stop, signals)
        with closing(run_apply(request, here, asker, stop)) as happened:
            for event in happened:
                events.append(event)
                asker.see(event)
        return asker.end(events, exit_code(events, stop))


class _Asker:
    """Who types the command: is shown the plan, asked, and told what happens."""

    def __init__(
        self,
        here: CommandContext,
        saved: Plan | None,
        selection: Selection,
        resend_secrets: bool,
        as_sent: bool,
        yes: bool,
        form: str,
        verbose: bool,
        stop: Stop,
        signals: ExitStack,
    ) -> None:
        self.here, self.saved, self.selection = here, saved, selection
        self.resend_secrets, self.as_sent = resend_secrets, as_sent
        self.yes, self.form, self.verbose = yes, form, verbose
        self.stop, self.signals = stop, signals
        self.watch: ApplyProgress | None = None
        self.planned: PlanResult | None = None

    def plan(self, api: Api, state: State, held: frozenset[Address]) -> PlanResult:
        """Made afresh; of a saved plan, of the same addresses. An undo is whole or not at all: OutcomeUnknown
        beside what is held."""
        from dataclasses import replace

        from syncer.model.diagnostic import OutcomeUnknown, Problem

        here, saved = self.here, self.saved
        with at_rest():
            if saved is not None and saved.undo:
                if held:
                    said, hint = "an undo begins when no call is open any more", "settle that first, as is said above"
                    raise OutcomeUnknown(Problem("open-call", said, hint=hint))
                return here.planned_back(api, state, saved.undo)
            selection = replace(self.selection if saved is None else _selection_of(saved), held=held)
            return here.planned(api, state, selection, resend_secrets=self.resend_secrets, as_sent=self.as_sent)

    def _asks(self, plan: Plan) -> bool:
        return bool(plan.changes or plan.let_go) and not self.yes and self.saved is None

    def show(self, planned: PlanResult) -> None:
        """The plan, for people."""
        plan = planned.plan
        if self.form == "text":
            warned(self.here.out, self.here)
            show_plan(self.here.out, plan, self.form, self.verbose, self.here.environment.pace, (), planned.problems)
        elif self._asks(plan):  # stdout is for the outcome; who is asked must see what for
            _talk_plan(self.here.out, plan, self.here, self.verbose)

    def ask(self, planned: PlanResult, interrupt: Callable[[], None]) -> None:
        """A plain yes, where one is wanted; then it begins, and to its very end a signal waits for what is under
        way."""
        from syncer.render.events import ApplyProgress

        if self._asks(planned.plan):
            _ask(self.here.out, self.here)

        def drain(reason: str) -> None:
            self.stop.ask(reason)
            interrupt()

        self.signals.enter_context(draining(drain))
        self.planned = planned
        self.watch = ApplyProgress(self.here.out, len(planned.plan.changes), self.here.effects.clock)

    def see(self, event: Event) -> None:
        """What happened; before the plan is made, only what an earlier run left is settled."""
        from syncer.plan.events import OpenCall, Recovered

        if isinstance(event, OpenCall):
            self.here.out.problems([event.problem], summary=False)
        elif self.watch is not None:
            self.watch.see(event)
        elif isinstance(event, Recovered):
            self.here.out.talk(f"{event.address}: {event.message}\n")

    def end(self, events: Sequence[Event], code: int) -> int:
        """The outcome, for people or machines; the exit code."""
        from syncer.render.events import applied_document, applied_line

        if self.planned is None or self.watch is None:
            return code
        plan, out = self.planned.plan, self.here.out
        self.watch.close()
        for address in plan.let_go:
            out.talk(f"{address} is let go of: nothing is remembered of it, and it stays as it is\n")
        if self.form == "json":
            from syncer.model.json_values import json_text

            document = applied_document(plan, events, code)
            out.answer(json_text(document, ascii_only=not out.terminal.unicode) + "\n")
        elif plan.changes:
            out.answer(applied_line(events) + "\n")
        if code in (130, 143):
            out.talk("interrupted: what was under way is finished and remembered; run it again to go on\n")
        return code


def _must_be_applicable(saved: Plan, only: tuple[str, ...], but: tuple[str, ...]) -> None:
    """Refused where a saved plan is one to look at; InvalidInput for a part of one."""
    from syncer.model.diagnostic import InvalidInput, Problem, Refused
    from syncer.plan.plan import FORMAT_VERSION

    if saved.against:
        raise Refused(
            Problem(
                "stale-plan",
                f"this plan was made against a recording of {saved.against['recorded_at']}: it is there to be read",
                hint="make one of the organisation as it is: `syncer plan -o FILE`",
            )
        )
    if saved.format_version != FORMAT_VERSION:
        raise Refused(
            Problem(
                "stale-plan",
                f"this plan was saved by an older syncer, in format {saved.format_version}: format {FORMAT_VERSION} "
                "says more of what an apply does; nothing was written",
                hint="plan again: `syncer plan -o FILE`",
            )
        )
    if only or but:
        raise InvalidInput(Problem("usage", "a saved plan is applied whole: --only and --except belong to `plan`"))


def _talk_plan(out: Output, plan: Plan, here: CommandContext, verbose: bool) -> None:
    from syncer.render.plan_text import render_plan

    out.talk(render_plan(plan, out.talking, writes_per_minute=here.environment.pace * QUOTA, verbose=verbose))


def _selection_of(saved: Plan) -> Selection:
    """A partial plan was made of some addresses; it is made again of the same and no others."""
    from syncer.ops.selection import Selection

    if not saved.partial or saved.undo:
        return Selection()
    addresses = [link.address for link in saved.links] + [change.address for change in saved.changes]
    addresses += [released.address for released in saved.released]
    return Selection(exactly=frozenset(map(str, addresses)))


def _consent(given: dict[str, Any]) -> Consent:
    """The options of `consent_options`, which have the names of its fields."""
    from syncer.plan.safety import Consent

    taken: dict[str, Any] = {name: frozenset(one) if isinstance(one, tuple) else one for name, one in given.items()}
    return Consent(**taken)


def _ask(out: Output, here: CommandContext) -> None:
    from syncer.cli.console import require_yes
    from syncer.model.diagnostic import Problem

    hint = "--yes applies it unasked, or apply a saved plan: `syncer plan -o FILE`, `syncer apply FILE`"
    unasked = Problem("not-asked", "nobody is there to say yes to this plan", hint=hint)
    question = f"Apply this to `{here.environment.name}` ({here.environment.org_id})?"
    require_yes(out, question, unasked, "not applied: nothing was changed")
