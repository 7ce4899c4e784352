"""`syncer fmt`: manifest files in the usual style."""

from __future__ import annotations

from pathlib import Path

import click

from syncer.cli.console import console
from syncer.cli.options import config_option
from syncer.documents.formatter import format_text
from syncer.fs.disk import replace_file
from syncer.manifests.discovery import find, read_bytes, shown
from syncer.manifests.project import find_project, read_project
from syncer.model.diagnostic import InvalidInput, Problem


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@config_option
@click.option("--check", is_flag=True, help="Change nothing; exit 2 and name the files that would change.")
@click.option("--extra", is_flag=True, help="List in `metadata.extra` what manifests say and syncer does not know.")
@click.pass_obj
def fmt(color: str, paths: tuple[Path, ...], config: Path | None, check: bool, extra: bool) -> int:
    """Bring manifest files into the usual style: order of the envelope, indentation. Comments and values stay.

    With --extra also: each field and word that syncer does not know is listed in its manifest's `metadata.extra`, as
    it is, and named. What stands there is sent: see first that none of it is a typo.
    """
    out = console(color)
    here = Path.cwd()
    project = read_project(find_project(here, config))
    found = find([(here / path).absolute() for path in paths] or project.manifests, project.root)
    problems = list(found.problems)
    changed: list[str] = []
    for path in found.files:
        name = shown(path, project.root.resolve())
        try:
            text = read_bytes(path, name)
            wanted = text
            if extra:
                from syncer.ops.fmt import with_extra  # late: `fmt` alone needs no schema

                wanted, notes = with_extra(text, name)
                problems += notes
            formatted = format_text(wanted, name)
            if formatted != text:
                if not check:
                    replace_file(path, formatted)
                changed.append(name)
        except InvalidInput as error:
            problems += error.problems
        except OSError as error:
            problems.append(
                Problem("unwritable", f"`{name}` cannot be written: {error.strerror or type(error).__name__}")
            )
    for name in changed:
        out.answer(f"{name}\n")
    errors = [each for each in problems if each.severity == "error"]
    out.problems(problems)
    number = f"{len(changed)} of {len(found.files)} file{'s' * (len(found.files) != 1)}"
    out.talk(f"{number} would change\n" if check else f"{number} changed\n")
    return 3 if errors else 2 if check and changed else 0
