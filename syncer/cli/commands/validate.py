"""`syncer validate`: the manifests proved offline; needs no token and no network."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from syncer.cli.options import config_option, no_cache_option
from syncer.manifests.discovery import PROJECT_FILE

if TYPE_CHECKING:
    from syncer.manifests.file_texts import FileTexts
    from syncer.manifests.project import Project
    from syncer.manifests.read_cache import ReadCache
    from syncer.model.diagnostic import Problem
    from syncer.render.output import Output


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@config_option
@no_cache_option
@click.option(
    "--create", is_flag=True, help="Every manifest has what a create needs: it can be applied to an empty organisation."
)
@click.option("--strict", is_flag=True, help="Every warning is an error: unknown fields, raw ids, unreachable tasks.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "github", "sarif"]),
    default="text",
    help="For people, machines, GitHub annotations or code scanning.",
)
@click.pass_obj
def validate(
    color: str, paths: tuple[Path, ...], config: Path | None, no_cache: bool, create: bool, strict: bool, form: str
) -> int:
    """Prove the manifests offline: form, references, graphs, values; every problem of every file in one run.

    Given PATHS, reports on those only, and still knows the references of the whole repository. Warns of what a local
    state does not know and what lacks something that a create needs; a state that lives elsewhere is not asked.
    """
    from syncer.cli.console import console
    from syncer.cli.known_objects import state_digest
    from syncer.cli.read_cache import open_cache
    from syncer.manifests.discovery import read_bytes, shown
    from syncer.manifests.project import find_project, project_of
    from syncer.manifests.run_verdict import known_run

    out = console(color)
    here = Path.cwd()
    file = find_project(here, config).absolute()
    settings, root = read_bytes(file, file.name), file.parent.resolve()
    cache = open_cache(root, os.environ, off=no_cache)
    inputs = settings + state_digest(root) + b"create" * create
    named = [(here / path).absolute() for path in paths]
    mine, others = _manifests_among(named, file)
    known = known_run(cache, file, inputs, mine) if cache is not None else None
    counts, files = (known.counts, known.files) if known is not None else (None, None)
    project = project_of(settings, file) if counts is None else None
    for path in others:
        out.talk(f"note: `{shown(path, root)}` belongs to another project; run syncer there\n")
    only = _reported(mine, named, root) | {file.name} if named else None
    problems: list[Problem] = []
    if project is not None:
        problems, counts = _judged(project, inputs, files, mine, only, cache, out, strict=strict, create=create)
    if not counts and not problems:
        out.talk("there is no manifest: check `manifests` in syncer.yaml\n")
    if form != "text" or problems:
        _report(out, problems, form)
    bad = any(each.severity == "error" for each in problems)
    if form == "text" and not bad:
        _say_valid(out, [count for name, count in (counts or {}).items() if only is None or name in only])
    return 3 if bad else 0


def _say_valid(out: Output, held: list[int]) -> None:
    """That nothing is wrong with so many manifests in each file."""
    number, count = sum(held), len(held)
    out.talk(f"{number} manifest{'s' * (number != 1)} in {count} file{'s' * (count != 1)}: valid\n")


def _reported(mine: list[Path], named: list[Path], root: Path) -> frozenset[str]:
    """The names of the files that the paths lead to."""
    from syncer.manifests.discovery import find, shown

    found = find(mine, root)
    beside = {problem.at.file for problem in found.problems if problem.at}
    return frozenset(beside) | frozenset(shown(path, root) for path in (*found.files, *named))


def _report(out: Output, problems: list[Problem], form: str) -> None:
    """The problems in the form that was asked for."""
    from syncer import __version__
    from syncer.manifests.rules import all_rules
    from syncer.render.problems import render_problems

    rules = all_rules() if form == "sarif" else {}
    out.answer(render_problems(problems, form, out.terminal, rules=rules, version=__version__))  # type: ignore[arg-type]


def _judged(
    project: Project,
    inputs: bytes,
    files: FileTexts | None,
    mine: list[Path],
    only: frozenset[str] | None,
    cache: ReadCache | None,
    out: Output,
    *,
    strict: bool,
    create: bool,
) -> tuple[list[Problem], Mapping[str, int]]:
    """The problems of the manifests, and how many of them each file holds; the cache learns what was found. `files`:
    what is there, where it was read already; `inputs`: what decides beside them."""
    from collections import Counter

    from syncer.cli.known_objects import known_objects
    from syncer.manifests.discovery import find
    from syncer.manifests.file_texts import read_texts
    from syncer.manifests.resolution import read_manifests
    from syncer.manifests.run_verdict import remember_run
    from syncer.manifests.validation import validate as judge
    from syncer.model.address import NOBODY_ASKED
    from syncer.model.diagnostic import ordered

    if files is None:
        files = read_texts(find([*project.manifests, *mine], project.root), project.root, digests=cache is not None)
    manifests = read_manifests(project, mine, only, cache=cache, files=files)
    known = NOBODY_ASKED if create else known_objects(project, out)
    problems = ordered(judge(manifests, strict=strict, only=only, known=known, create=create))
    if cache is not None:
        if only is None and not problems:
            remember_run(cache, manifests, files, inputs)
        cache.save(project.environments, whole=only is None)
    return problems, Counter(each.file for each in (*manifests.all, *manifests.removed))


def _manifests_among(named: list[Path], project_file: Path) -> tuple[list[Path], list[Path]]:
    """The paths to search for manifests, and those of other projects' syncer.yaml; this project's is read anyway."""
    settings = [path for path in named if path.is_file() and (path.name == PROJECT_FILE or path == project_file)]
    others = [path for path in settings if not path.samefile(project_file)]
    return [path for path in named if path not in settings], others
