"""`syncer state mv`: let what is remembered stand under another address, one or many of a kind."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

import click

from syncer.cli.options import config_option, environment_option, state_option

if TYPE_CHECKING:
    from syncer.model.address import Address

NAME = r"[a-z0-9]([a-z0-9._-]{0,126}[a-z0-9])?"
"""As the JSON Schemas have it for `metadata.name`."""


@click.command()
@click.argument("source", metavar="FROM")
@click.argument("target", metavar="TO")
@config_option
@environment_option
@state_option
@click.pass_obj
def mv(color: str, source: str, target: str, config: Path | None, environment: str | None, place: str) -> int:
    """Rename the address FROM to TO in the state, for a manifest that has another name now. Nothing live is touched.

    One star in each names many: `state mv 'FlowTemplate/*-old' 'FlowTemplate/*'`. The reviewed way is `aliases` in the
    manifest's metadata: that is shown in the plan, and counts in every environment.
    """
    from dataclasses import replace

    from syncer.cli.command_context import world
    from syncer.cli.console import console
    from syncer.state.lock import myself

    here = world(config, environment, "", place)
    out = console(color)
    with here.place.lock(myself(env=here.env), tell=lambda note: out.talk(f"note: {note}\n")):
        known = here.state()
        moves = moved(source, target, known.entries)
        here.must_be_settled({str(each) for pair in moves.items() for each in pair})
        kept = {address: entry for address, entry in known.entries.items() if address not in moves}
        kept |= {new: known.entries[old]._replace(address=new) for old, new in moves.items()}
        here.place.save(replace(known, entries=kept))
    out.answer("".join(f"{old} is {new} now\n" for old, new in moves.items()))
    out.talk(
        "`syncer plan` shows what that means; `aliases` in the metadata would be reviewed, and count in every "
        "environment\n"
    )
    return 0


def moved(source: str, target: str, known: Collection[Address]) -> dict[Address, Address]:
    """Old address → new address, in order. InvalidInput where a pattern is none, nothing fits, or a target is taken."""
    import difflib
    import re

    from syncer.model.address import Address, parse_address
    from syncer.model.diagnostic import InvalidInput, Problem

    def refused(message: str, hint: str) -> InvalidInput:
        return InvalidInput(Problem("not-moved", message, hint=hint))

    old, new = parse_address(source), parse_address(target)
    if old is None or new is None or source.count("*") > 1 or source.count("*") != target.count("*"):
        hint = "an address is KIND/NAME; for many, one star in each: 'FlowTemplate/*-old' 'FlowTemplate/*'"
        raise refused(f"`{source}` and `{target}` are not two addresses", hint)
    if old.kind != new.kind or "*" in old.kind:
        raise refused(f"a {old.kind} cannot become a {new.kind}", "only the name changes; the kind is one, written out")
    before, star, after = old.name.partition("*")
    pattern = re.compile(f"{re.escape(before)}(.+){re.escape(after)}" if star else f"({re.escape(before)})")
    found = {
        address: Address(new.kind, new.name.replace("*", match[1]) if star else new.name)
        for address in sorted(known)
        if address.kind == old.kind and (match := pattern.fullmatch(address.name))
    }
    if not found:
        near = difflib.get_close_matches(source, [str(each) for each in known], 1)
        hint = f"did you mean `{near[0]}`?" if near else "`syncer state list` shows what is remembered"
        raise InvalidInput(Problem("unknown-address", f"nothing is remembered of `{source}`", hint=hint))
    for address, name in found.items():
        if not re.fullmatch(NAME, name.name):
            raise refused(f"`{name}` is no address", "a name has small letters, digits and, inside, `.`, `_` or `-`")
        if name in known:
            what = "is the same address" if name == address else f"is taken: {name} is remembered too"
            raise refused(
                f"{address} cannot become {name}, which {what}", f"let go of one first: `syncer state rm {name}`"
            )
    return found
