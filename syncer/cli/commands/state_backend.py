"""`syncer state move` and `syncer state unlock`: where a state lives, and the lock that a run left behind."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from syncer.cli.console import require_yes
from syncer.cli.options import ContextOptions, in_environment, local_options, lock_wait_option
from syncer.manifests.project import is_environment_name
from syncer.model.diagnostic import InvalidInput, Problem, Refused
from syncer.model.state_location import state_location

if TYPE_CHECKING:
    from syncer.cli.command_context import CommandContext


@click.command()
@click.option("--to", metavar="URL", help="The new place: local, s3://…, gs://…, az://…, postgresql://…")
@click.option(
    "--from", "former", metavar="NAME", help="The name that the environment had: take over the state left under it."
)
@local_options
@lock_wait_option
@in_environment
def move(given: ContextOptions, to: str | None, former: str | None) -> int:
    """Move the state of an environment to another place, or take over the one under its former name.

    It is copied, read back and compared before anything changes at the old place, which then says where it went. Run it
    again if it was cut off.
    """
    from syncer.state.backends.migration import move as moved  # late, as the next: 40 ms that `--help` does without
    from syncer.state.lock import myself

    if to is None and former is None:
        hint = "--to URL names the new place; --from NAME takes over the state of the environment's former name"
        raise InvalidInput(Problem("usage", "neither --to nor --from says what to move", hint=hint))
    out, here = given.out, given.open()
    if former is not None:
        _must_be_former(here, former)
    there = here.place_name()
    name = state_location(to) if to is not None else there
    source = here.place_at(there, journal=former is not None, former=former or "")
    target = here.place_at(name, journal=former is not None)
    number = moved(source, target, str(name), myself(env=here.env), wait=here.lock_wait, tell=here.tell)
    was, now = (source.address, target.address) if former is None else (former, here.environment.name)
    out.answer(f"moved {number} {'entry' if number == 1 else 'entries'} from {was} to {now}\n")
    if to is not None and here.environment.state != str(name):
        out.talk(
            f"write `state: {name}` under `{here.environment.name}` in syncer.yaml, and set SYNCER_STATE_ALLOW to it"
            " wherever syncer runs\n"
        )
    return 0


def _must_be_former(here: CommandContext, former: str) -> None:
    """InvalidInput for a name that no environment can have had; Refused for one that an environment has."""
    if not is_environment_name(former):
        message, hint = f"`{former}` cannot be an environment's name", "name it as syncer.yaml had it"
        raise InvalidInput(Problem("environment-name", message, hint=hint))
    if former in here.project.environments:
        hint = "its state is its own; --to moves one to another place"
        raise Refused(Problem("state-there", f"environment `{former}` is in syncer.yaml", hint=hint))


@click.command()
@local_options
@click.option("-y", "--yes", is_flag=True, help="Don't ask; for scripts.")
@in_environment
def unlock(given: ContextOptions, yes: bool) -> int:
    """Lift the lock that a run left behind, after showing whose it is and how old. Only if that run is surely over."""
    from syncer.state.lock import age, myself, who  # late: 25 ms that `--help` does without

    out, here = given.out, given.open()
    holder = here.place.gate.holder()
    if holder is None:
        out.talk(f"nobody holds the lock of {here.place.address}\n")
        return 0
    out.talk(f"{here.place.address} is locked by {who(holder)} for {age(holder, myself())}\n")
    out.talk(
        "If that run still goes on, two will write at once. If it was cut off, the journal in its working copy knows"
        " what it was doing: apply from there if you can.\n"
    )
    if not yes:
        unasked = Problem("not-asked", "nobody is there to say that this run is over", hint="--yes lifts it unasked")
        require_yes(out, "Lift it?", unasked, "the lock was not lifted")
    here.place.gate.lift(holder)
    out.answer(f"lifted the lock of {who(holder)}\n")
    return 0
