"""`syncer init`: a repository begun, or an environment added to one."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("folder", type=click.Path(path_type=Path), default=Path())
@click.option("--env", "name", default="", metavar="NAME", help="The environment; added where syncer.yaml is there.")
@click.option("--org", default="", metavar="ID", help="Its organisation's id.")
@click.pass_obj
def init(color: str, folder: Path, name: str, org: str) -> int:
    """Begin a repository in FOLDER: syncer.yaml, a first manifest, .gitignore. Existing files stay as they are.

    With --env NAME --org ID in a repository that has a syncer.yaml: add that environment to it; comments, order and
    quotes stay.
    """
    from syncer.cli.console import console  # late, as the next: `--help` does without
    from syncer.manifests.discovery import PROJECT_FILE
    from syncer.manifests.environment_entry import token_variable
    from syncer.ops.init import USUAL, begin

    out = console(color)
    begun = begin(folder, name, org)
    name = name or USUAL[0]
    out.answer("".join(f"wrote {each}\n" for each in begun.made))
    if begun.added:
        out.answer(f"added environment `{name}` to {begun.added}\n")
    for each, why in begun.kept.items():
        out.talk(f"kept {each}: {why}\n")
    if PROJECT_FILE in begun.made or begun.added:
        out.talk(f"\nnext: set {token_variable(name)} to a token of that organisation, then\n")
        out.talk(f"  syncer validate\n  syncer plan{f' --env {name}' if begun.added else ''}\n")
    if PROJECT_FILE in begun.made:
        out.talk("what the organisation holds already becomes manifests with: syncer pull\n")
        out.talk("or try it without an account: syncer sandbox serve --help\n")
    return 0
