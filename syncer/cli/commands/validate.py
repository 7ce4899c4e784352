"""`syncer validate`: the manifests proved offline; needs no token and no network."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from syncer.cli.options import config_option
from syncer.manifests.discovery import PROJECT_FILE

if TYPE_CHECKING:
    from syncer.manifests.project import Project


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@config_option
@click.option("--strict", is_flag=True, help="Every warning is an error: unknown fields, raw ids, unreachable tasks.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "github", "sarif"]),
    default="text",
    help="For people, machines, GitHub annotations or code scanning.",
)
@click.pass_obj
def validate(color: str, paths: tuple[Path, ...], config: Path | None, strict: bool, form: str) -> int:
    """Prove the manifests offline: form, references, graphs, values; every problem of every file in one run.

    Given PATHS, reports on those only, and still knows the references of the whole repository.
    """
    from syncer.cli.console import console
    from syncer.manifests.discovery import find, shown
    from syncer.manifests.project import find_project, read_project
    from syncer.manifests.resolution import read_manifests
    from syncer.manifests.validation import validate as judge
    from syncer.model.diagnostic import ordered

    out = console(color)
    here = Path.cwd()
    project = read_project(find_project(here, config))
    named = [(here / path).absolute() for path in paths]
    mine, others = _manifests_among(named, project)
    for path in others:
        out.talk(f"note: `{shown(path, project.root)}` belongs to another project; run syncer there\n")
    only: frozenset[str] | None = None
    if named:
        found = find(mine, project.root)
        only = frozenset(shown(path, project.root) for path in (*found.files, *named)) | {project.file.name}
        only |= {problem.at.file for problem in found.problems if problem.at}
    manifests = read_manifests(project, mine, only)
    problems = ordered(judge(manifests, strict=strict, only=only))
    documents = (*manifests.all, *manifests.removed)
    if not documents and not problems:
        out.talk("there is no manifest: check `manifests` in syncer.yaml\n")
    bad = [each for each in problems if each.severity == "error"]
    terminal = out.terminal
    if form != "text" or problems:
        from syncer import __version__
        from syncer.manifests.rules import all_rules
        from syncer.render.problems import render_problems

        rules = all_rules() if form == "sarif" else {}
        out.answer(render_problems(problems, form, terminal, rules=rules, version=__version__))  # type: ignore[arg-type]
    if form == "text" and not bad:
        judged = [each for each in documents if only is None or each.file in only]
        number, count = len(judged), len({each.file for each in judged})
        out.talk(f"{number} manifest{'s' * (number != 1)} in {count} file{'s' * (count != 1)}: valid\n")
    return 3 if bad else 0


def _manifests_among(named: list[Path], project: Project) -> tuple[list[Path], list[Path]]:
    """The paths to search for manifests, and those of other projects' syncer.yaml; this project's is read anyway."""
    settings = [path for path in named if path.is_file() and (path.name == PROJECT_FILE or path == project.file)]
    others = [path for path in settings if not path.samefile(project.file)]
    return [path for path in named if path not in settings], others
