"""`syncer state move` and `syncer state unlock`: where a state lives, and the lock that a run left behind."""

from __future__ import annotations

import click

from syncer.cli.console import require_yes
from syncer.cli.options import ContextOptions, in_environment, local_options, lock_wait_option
from syncer.model.diagnostic import Problem
from syncer.model.state_location import state_location


@click.command()
@click.option("--to", required=True, metavar="URL", help="The new place: local, s3://…, gs://…, az://…, postgresql://…")
@local_options
@lock_wait_option
@in_environment
def move(given: ContextOptions, to: str) -> int:
    """Move the state of an environment to another place; the old place then says where it went.

    It is copied, read back and compared before anything changes at the old place. Run it again if it was cut off.
    """
    from syncer.state.backends.migration import move as moved  # late, as the next: 40 ms that `--help` does without
    from syncer.state.lock import myself

    out, here = given.out, given.open()
    name = state_location(to)
    source, target = here.place_at(here.place_name(), journal=False), here.place_at(name, journal=False)
    number = moved(source, target, str(name), myself(env=here.env), wait=here.lock_wait, tell=here.tell)
    out.answer(f"moved {number} {'entry' if number == 1 else 'entries'} from {source.address} to {target.address}\n")
    if here.environment.state != str(name):
        out.talk(
            f"write `state: {name}` under `{here.environment.name}` in syncer.yaml, and set SYNCER_STATE_ALLOW to it"
            " wherever syncer runs\n"
        )
    return 0


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
