"""`syncer state`: look at what is remembered of an environment, take an address out, rebuild the links."""

from __future__ import annotations

import json

import click

from syncer.cli import CommandGroup
from syncer.cli.commands.state_backend import move, unlock
from syncer.cli.commands.state_mv import mv
from syncer.cli.options import FORMAT, ContextOptions, in_environment, local_options, server_option

# What syncer.ops.state asks for costs 60 ms, that `--help` and `list` do without: it is imported where it is called.


@click.group(cls=CommandGroup)
def state() -> None:
    """Look at what is remembered of an environment, or mend it. State can be deleted: plan and apply rebuild it."""


@state.command("list")
@local_options
@click.option("--format", "form", type=FORMAT, default="text", help="For people or for machines.")
@in_environment
def list_(given: ContextOptions, form: str) -> int:
    """Every remembered address and its live id."""
    out = given.out
    entries = sorted(given.open().state().entries.items())
    if form == "json":
        found = [{"address": str(address), "live_id": entry.live_id} for address, entry in entries]
        out.answer(json.dumps(found, indent=2))
        return 0
    width = max((len(str(address)) for address, _ in entries), default=0)
    out.answer("".join(f"{address!s:<{width}}  {out.terminal.shown(entry.live_id)}\n" for address, entry in entries))
    if not entries:
        out.talk("nothing is remembered yet\n")
    return 0


@state.command()
@click.argument("address")
@local_options
@in_environment
def show(given: ContextOptions, address: str) -> int:
    """What is remembered of ADDRESS, as JSON; secrets are not in it."""
    from syncer.ops.state import entry_of
    from syncer.state.marker_json import to_json

    entry = entry_of(given.open().state().entries, address)
    document = {
        "address": str(entry.address),
        "live_id": entry.live_id,
        "protect": entry.protect,
        "aliases": list(entry.aliases),
        "policy": dict(entry.policy),
        "parts": entry.parts,
        "declared": to_json(entry.declared),
        "secrets": sorted(entry.secrets),
    }
    given.out.answer(json.dumps(document, indent=2, ensure_ascii=True) + "\n")
    return 0


@state.command()
@click.argument("addresses", nargs=-1, required=True)
@local_options
@in_environment
def rm(given: ContextOptions, addresses: tuple[str, ...]) -> int:
    """Forget ADDRESSES. The live objects stay, and are no longer removed when their manifest goes."""
    from syncer.ops.state import forget

    given.out.answer("".join(f"forgot {address}\n" for address in forget(given.open(), addresses)))
    return 0


@state.command()
@local_options
@server_option
@in_environment
def rebuild(given: ContextOptions) -> int:
    """Find every manifest's live object again, by enforced key or title, and remember the links. Writes nothing live.

    A damaged state is set aside as `NAME.json.damaged`. What is lost: which removals are due, and whether secrets
    are up to date.
    """
    from syncer.ops.state import rebuild as run_rebuild

    out = given.out
    links = run_rebuild(
        given.open(),
        damaged=lambda problems: out.problems(problems, summary=False),
        set_aside=lambda name: out.talk(f"set aside as {name}\n"),
    )
    new = [link for link in links if link.new]
    out.answer("".join(f"{link.address}  {out.terminal.shown(link.live_id)}  by {link.how}\n" for link in new))
    out.talk(f"{len(links)} link{'s' * (len(links) != 1)}, {len(new)} of them new\n")
    return 0


state.add_command(mv)
state.add_command(move)
state.add_command(unlock)
