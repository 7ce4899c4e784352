"""`syncer state mv`: let what is remembered stand under another address, one or many of a kind."""

from __future__ import annotations

import click

from syncer.cli.options import ContextOptions, in_environment, local_options


@click.command()
@click.argument("source", metavar="FROM")
@click.argument("target", metavar="TO")
@local_options
@in_environment
def mv(given: ContextOptions, source: str, target: str) -> int:
    """Rename the address FROM to TO in the state, for a manifest that has another name now. Nothing live is touched.

    One star in each names many: `state mv 'FlowTemplate/*-old' 'FlowTemplate/*'`. The reviewed way is `aliases` in the
    manifest's metadata: that is shown in the plan, and counts in every environment.
    """
    from syncer.ops.state import rename  # late: 60 ms that `--help` does without

    out = given.out
    moves = rename(given.open(), source, target)
    out.answer("".join(f"{old} is {new} now\n" for old, new in moves.items()))
    said = "`syncer plan` shows what that means; `aliases` in the metadata would be reviewed, and count in every "
    out.talk(out.in_full(f"{said}environment\n"))
    return 0
