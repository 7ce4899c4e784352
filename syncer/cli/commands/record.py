"""`syncer record`, and `plan --against`: an organisation's configuration in a file, and plans without a token."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from syncer.cli.options import config_option, environment_option, server_option, state_option
from syncer.kinds import MODULES

if TYPE_CHECKING:
    from syncer.api.recording import Recording, RecordingReader
    from syncer.cli.command_context import CommandContext
    from syncer.ops.selection import Selection
    from syncer.render.output import Output
    from syncer.state.state_file import State


@click.command()
@config_option
@environment_option
@server_option
@state_option
@click.option(
    "-o", "--out", "target", type=click.Path(path_type=Path, dir_okay=False), help="The file; left out, it is printed."
)
@click.option(
    "--kind", "kinds", multiple=True, type=click.Choice(list(MODULES)),
    help="Only this kind and those it refers to. Repeatable.",
)  # fmt: skip
@click.pass_obj
def record(
    color: str,
    config: Path | None,
    environment: str | None,
    server: str,
    place: str,
    target: Path | None,
    kinds: tuple[str, ...],
) -> int:
    """Write down the organisation's configuration, for `plan --against FILE`: no entities, no secrets, no people.

    Whoever has the file can plan without a token and without a network. Sends nothing that could change anything.
    """
    from syncer import __version__
    from syncer.api.client import fetch_all
    from syncer.api.recording import Recording, moment_text
    from syncer.api.recording_file import save_recording, text_of
    from syncer.cli.command_context import world
    from syncer.cli.console import console
    from syncer.cli.signals import at_once
    from syncer.model.diagnostic import Problem, Refused
    from syncer.ops.record import gather, reach, recorder

    out = console(color)
    here = world(config, environment, server, place)
    here.secretless = True
    names, lookups = reach(kinds or list(MODULES))
    with at_once(), here.api(read_only=True) as api:
        now = here.effects.now()
        reader = recorder(api)
        if not kinds:
            _as_planned(out, here, reader)
        gather(reader, fetch_all, names, lookups)
        if not api.organisations:  # on this machine too: whoever has the file can't tell
            raise Refused(
                Problem(
                    "unknown-organisation",
                    "neither the token nor any reply says which organisation this is: nothing was recorded",
                    hint="use an access token of the organisation (a JWT)",
                )
            )
        recording = Recording(
            here.environment.name,
            here.environment.org_id,
            here.host,
            moment_text(now),
            __version__,
            tuple(names),
            reader.lists,
            reader.reads,
        )
    if target is None:
        out.answer(text_of(recording))
        return 0
    save_recording(target, recording)
    number = sum(len(found) for found in recording.lists.values())
    out.talk(f"{number:,} objects of `{recording.environment}` ({recording.org_id}) are recorded in {target}\n")
    return 0


def _as_planned(out: Output, here: CommandContext, reader: RecordingReader) -> None:
    """Ask what the plan of the manifests here asks: of an app that is not installed yet nothing else would be known."""
    from syncer.model.diagnostic import InvalidInput
    from syncer.ops.selection import Selection

    try:
        here.planned(reader, here.state(), Selection(), resend_secrets=False)
    except InvalidInput as error:
        number = sum(problem.severity == "error" for problem in error.problems)
        out.talk(
            f"note: no plan of the manifests here can be made ({'1 problem' if number == 1 else f'{number} problems'}; "
            "`syncer plan` shows them): what only they ask for may not be in the recording\n"
        )


def plan_against(
    color: str,
    file: Path,
    config: Path | None,
    environment: str | None,
    server: str,
    place: str,
    selection: Selection,
    target: Path | None,
    *,
    verbose: bool,
    resend_secrets: bool,
    detailed_exitcode: bool,
    form: str,
    remembers: bool,
) -> int:
    """The plan against the recording in FILE: no token, no network, nothing written. InvalidInput for a
    `target` to save it in: such a plan is never applied."""
    from syncer.api.recording import ReplayReader
    from syncer.api.recording_file import load_recording
    from syncer.cli.command_context import world
    from syncer.cli.console import console
    from syncer.cli.gc_pause import at_rest
    from syncer.cli.plan_output import show_plan, situation, warned
    from syncer.cli.signals import at_once
    from syncer.kinds.redaction import MARK
    from syncer.model.diagnostic import InvalidInput, Problem
    from syncer.ops.record import against, must_fit, must_hold, reads, remarks
    from syncer.plan.safety import Consent, refusals

    if target is not None:
        raise InvalidInput(
            Problem(
                "usage",
                "-o saves a plan for `apply`, and one against a recording is never applied",
                hint="read it here or with --format json; `syncer plan -o FILE`, with a token, saves one to be applied",
            )
        )
    out = console(color)
    with at_once(), at_rest():
        recording = load_recording(file, MARK)
        here = world(config, environment or _its_own(recording, config), server, place)
        must_fit(recording, here.environment.name, here.environment.org_id, here.server)
        here.server = "" if recording.server == "epilot.io" else recording.server
        here.secretless, here.remembers = True, remembers
        state, found = _state(here)
        replay = ReplayReader(recording, reads())
        try:
            with here.reading():
                planned = here.planned(replay, state, selection, resend_secrets=resend_secrets)
        except InvalidInput as error:
            if any(problem.rule == "not-recorded" and problem.at is None for problem in error.problems):
                must_hold(recording, here.wanted()[0], selection)  # which says where
            raise
        notices = remarks(planned, replay, state_found=found)
        planned = against(planned, recording, here.effects.now(), notices)
        needs = refusals(planned.plan, situation(planned, state, here, replay), Consent())
        if not found:  # an apply has the state, or is refused itself
            needs = [need for need in needs if need.rule != "first-contact"]
        warned(out, here)
        show_plan(out, planned.plan, form, verbose, here.environment.pace, needs, planned.problems)
    return 2 if detailed_exitcode and (planned.plan.changes or planned.plan.let_go) else 0


def _its_own(recording: Recording, config: Path | None) -> str | None:
    """Where nobody chose: the recording's environment, if there is one of that name."""
    from syncer.manifests.project import find_project, read_project

    known = read_project(find_project(Path.cwd(), config)).environments
    return recording.environment if recording.environment in known else None


def _state(here: CommandContext) -> tuple[State, bool]:
    """The state in the working copy, and whether there is one: one that lives elsewhere is not asked for."""
    from syncer.model.state_location import LOCAL
    from syncer.state.state_file import State

    if (here.where or here.environment.state or LOCAL) != LOCAL:
        return State(), False
    state = here.state()
    return state, state.found
