"""`syncer state`: look at what is remembered of an environment, take an address out, rebuild the links."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from syncer.cli import CommandGroup
from syncer.cli.commands.state_backend import move, unlock
from syncer.cli.commands.state_mv import mv
from syncer.cli.options import config_option, environment_option, server_option, state_option

if TYPE_CHECKING:
    from syncer.model.address import Address
    from syncer.model.resource import Managed


@click.group(cls=CommandGroup)
def state() -> None:
    """Look at what is remembered of an environment, or mend it. State can be deleted: plan and apply rebuild it."""


@state.command("list")
@config_option
@environment_option
@state_option
@click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", help="For people or for machines."
)
@click.pass_obj
def list_(color: str, config: Path | None, environment: str | None, place: str, form: str) -> int:
    """Every remembered address and its live id."""
    import json

    from syncer.cli.command_context import world
    from syncer.cli.console import console

    out = console(color)
    entries = world(config, environment, "", place).state().entries
    if form == "json":
        out.answer(
            json.dumps(
                [{"address": str(address), "live_id": entry.live_id} for address, entry in sorted(entries.items())],
                indent=2,
            )
        )
        return 0
    width = max((len(str(address)) for address in entries), default=0)
    out.answer(
        "".join(
            f"{address!s:<{width}}  {out.terminal.shown(entry.live_id)}\n" for address, entry in sorted(entries.items())
        )
    )
    if not entries:
        out.talk("nothing is remembered yet\n")
    return 0


@state.command()
@click.argument("address")
@config_option
@environment_option
@state_option
@click.pass_obj
def show(color: str, address: str, config: Path | None, environment: str | None, place: str) -> int:
    """What is remembered of ADDRESS, as JSON; secrets are not in it."""
    import json

    from syncer.cli.command_context import world
    from syncer.cli.console import console
    from syncer.state.marker_json import to_json

    entry = _entry(world(config, environment, "", place).state().entries, address)
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
    console(color).answer(json.dumps(document, indent=2, ensure_ascii=True) + "\n")
    return 0


@state.command()
@click.argument("addresses", nargs=-1, required=True)
@config_option
@environment_option
@state_option
@click.pass_obj
def rm(color: str, addresses: tuple[str, ...], config: Path | None, environment: str | None, place: str) -> int:
    """Forget ADDRESSES. The live objects stay, and are no longer removed when their manifest goes."""
    from syncer.cli.command_context import world
    from syncer.cli.console import console
    from syncer.state.lock import myself

    here = world(config, environment, "", place)
    out = console(color)
    with here.place.lock(myself(env=here.env), tell=lambda note: out.talk(f"note: {note}\n")):
        here.must_be_settled(addresses)
        known = here.state()
        gone = [_entry(known.entries, address).address for address in addresses]
        kept = {address: entry for address, entry in known.entries.items() if address not in gone}
        here.place.save(replace(known, entries=kept))
    out.answer("".join(f"forgot {address}\n" for address in gone))
    return 0


@state.command()
@config_option
@environment_option
@state_option
@server_option
@click.pass_obj
def rebuild(color: str, config: Path | None, environment: str | None, place: str, server: str) -> int:
    """Find every manifest's live object again, by enforced key or title, and remember the links. Writes nothing live.

    A damaged state is set aside as `NAME.json.damaged`. What is lost: which removals are due, and whether secrets
    are up to date.
    """
    from syncer.cli.command_context import world
    from syncer.cli.console import console
    from syncer.model.diagnostic import InvalidInput
    from syncer.model.resource import Managed
    from syncer.ops.apply.state_store import StateStore, linking
    from syncer.ops.selection import Selection
    from syncer.state.lock import myself
    from syncer.state.state_file import State

    out = console(color)
    here = world(config, environment, server, place)
    with here.place.lock(myself(env=here.env), tell=lambda note: out.talk(f"note: {note}\n")):
        known, damage = State(), None
        try:
            known = here.state()
        except InvalidInput as error:
            if any(each.rule == "journal" for each in error.problems):
                raise  # the state may be sound
            damage = error
            out.problems(error.problems, summary=False)
        with here.api(read_only=True) as api:
            planned = here.planned(api, known, Selection(), resend_secrets=False)
        if damage is not None:  # not before there is something to put in its place
            out.talk(f"set aside as {here.place.set_aside()}\n")
        store = StateStore(here.place, linking(known, here.environment.org_id))
        links = {link.address: link.live_id for link in planned.plan.links}
        protected = {each.address for each in planned.desired if each.protect}
        store.put(
            {
                **{
                    address: Managed(address, live_id, protect=address in protected, adopted=True)
                    for address, live_id in links.items()
                    if address not in known.entries
                },
                **planned.settled,
            }
        )
    new = [link for link in planned.plan.links if link.new]
    out.answer("".join(f"{link.address}  {out.terminal.shown(link.live_id)}  by {link.how}\n" for link in new))
    out.talk(f"{len(links)} link{'s' * (len(links) != 1)}, {len(new)} of them new\n")
    return 0


state.add_command(mv)
state.add_command(move)
state.add_command(unlock)


def _entry(entries: Mapping[Address, Managed], text: str) -> Managed:
    """What is remembered of an address; InvalidInput with the nearest one otherwise."""
    import difflib

    from syncer.model.address import parse_address
    from syncer.model.diagnostic import InvalidInput, Problem

    address = parse_address(text)
    if address is not None and address in entries:
        return entries[address]
    near = difflib.get_close_matches(text, [str(each) for each in entries], 1)
    hint = f"did you mean `{near[0]}`?" if near else "`syncer state list` shows what is remembered"
    raise InvalidInput(Problem("unknown-address", f"nothing is remembered of `{text}`", hint=hint))
