"""`syncer show`: a saved plan, also one that is no longer true."""

from __future__ import annotations

from pathlib import Path

import click

from syncer.cli.console import console
from syncer.cli.options import FORMAT
from syncer.cli.plan_output import saved_plan, show_plan


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("-v", "--verbose", is_flag=True, help="Every field, every link.")
@click.option("--format", "form", type=FORMAT, default="text", help="For people or for machines.")
@click.pass_obj
def show(color: str, file: Path, verbose: bool, form: str) -> int:
    """Show the plan saved in FILE. It works for every plan, also one that is no longer true."""
    show_plan(console(color), saved_plan(file), form, verbose, None, (), ())
    return 0
