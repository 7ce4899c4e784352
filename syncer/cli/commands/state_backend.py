"""`syncer state move` and `syncer state unlock`: where a state lives, and the lock that a run left behind."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from syncer.cli.options import config_option, environment_option, lock_wait_option, state_option

if TYPE_CHECKING:
    from syncer.render.output import Output


@click.command()
@click.option("--to", required=True, metavar="URL", help="The new place: local, s3://…, gs://…, az://…, postgresql://…")
@config_option
@environment_option
@state_option
@lock_wait_option
@click.pass_obj
def move(color: str, to: str, config: Path | None, environment: str | None, place: str, lock_wait: float) -> int:
    """Move the state of an environment to another place; the old place then says where it went.

    It is copied, read back and compared before anything changes at the old place. Run it again if it was cut off.
    """
    from syncer.cli.command_context import world
    from syncer.cli.console import console
    from syncer.model.state_location import state_location
    from syncer.state.backends.migration import move as moved
    from syncer.state.lock import myself

    out = console(color)
    here = world(config, environment, "", place)
    name = state_location(to)
    source, target = here.place_at(here.place_name(), journal=False), here.place_at(name, journal=False)
    number = moved(
        source,
        target,
        str(name),
        myself(env=here.env),
        wait=lock_wait,
        tell=lambda note: out.talk(f"note: {note}\n"),
    )
    out.answer(f"moved {number} {'entry' if number == 1 else 'entries'} from {source.address} to {target.address}\n")
    if here.environment.state != str(name):
        out.talk(
            f"write `state: {name}` under `{here.environment.name}` in syncer.yaml, and set SYNCER_STATE_ALLOW to it"
            " wherever syncer runs\n"
        )
    return 0


@click.command()
@config_option
@environment_option
@state_option
@click.option("-y", "--yes", is_flag=True, help="Don't ask; for scripts.")
@click.pass_obj
def unlock(color: str, config: Path | None, environment: str | None, place: str, yes: bool) -> int:
    """Lift the lock that a run left behind, after showing whose it is and how old. Only if that run is surely over."""
    from syncer.cli.command_context import world
    from syncer.cli.console import console
    from syncer.state.lock import age, myself, who

    out = console(color)
    here = world(config, environment, "", place)
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
        _ask(out)
    here.place.gate.lift(holder)
    out.answer(f"lifted the lock of {who(holder)}\n")
    return 0


def _ask(out: Output) -> None:
    """A plain yes, at a terminal; elsewhere --yes says it."""
    from syncer.model.diagnostic import Problem, Refused

    if not sys.stdin or not sys.stdin.isatty():
        hint = "--yes lifts it unasked"
        raise Refused(Problem("not-asked", "nobody is there to say that this run is over", hint=hint))
    out.talk("Lift it? Only `yes` does it: ")
    if sys.stdin.readline().strip() != "yes":
        raise Refused(Problem("not-confirmed", "the lock was not lifted"))
