"""Commands that need no token and no network: init, validate, fmt, schema."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from syncer.adapters.files import PROJECT_FILE
from syncer.cli.options import config_option

if TYPE_CHECKING:
    from syncer.adapters.project import Project
    from syncer.render.out import Out


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
    from syncer.adapters.files import find, shown
    from syncer.adapters.project import find_project, read_project
    from syncer.cli.console import console
    from syncer.loading import ordered, read_manifests
    from syncer.loading import validate as judge

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
        from syncer.render.problems import render_problems
        from syncer.rules import all_rules

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


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@config_option
@click.option("--check", is_flag=True, help="Change nothing; exit 2 and name the files that would change.")
@click.pass_obj
def fmt(color: str, paths: tuple[Path, ...], config: Path | None, check: bool) -> int:
    """Bring manifest files into the usual style: order of the envelope, indentation. Comments and values stay."""
    from syncer.adapters.disk import replace_file
    from syncer.adapters.files import find, read_bytes, shown
    from syncer.adapters.formatting import format_text
    from syncer.adapters.project import find_project, read_project
    from syncer.cli.console import console
    from syncer.core.problem import InvalidInput, Problem

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
            formatted = format_text(text, name)
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


@click.command()
@click.argument("kind", required=False)
@click.option("--into", type=click.Path(path_type=Path), metavar="FOLDER", help="Write them there, for editors.")
@click.pass_obj
def schema(color: str, kind: str | None, into: Path | None) -> int:
    """Print the JSON Schema of KIND (or of syncer.yaml: `syncer`); without KIND list them, and where they lie.

    With --into FOLDER: write it there, or all of them. What `pull` writes names the schemas in the folder `schemas`
    beside syncer.yaml, so that editors complete and check.
    """
    import difflib
    import json

    from syncer.adapters import schemas
    from syncer.cli.console import console
    from syncer.core.problem import InvalidInput, Problem
    from syncer.kinds import KINDS

    out = console(color)
    names = {each.name: each.slug for each in KINDS.values()}
    names |= {"Removed": "removed", "syncer.yaml": "syncer", "plan": "plan"}
    if kind is None and into is not None:
        return _written_into(out, into, list(names.values()))
    if kind is None:
        folder = schemas.place()
        out.answer("".join(f"{name:<18}{folder}/{slug}.schema.json\n" for name, slug in names.items()))
        return 0
    spelled = {name.lower(): slug for name, slug in names.items()} | {slug: slug for slug in names.values()}
    slug = spelled.get(kind.lower())
    if slug is None:
        near = difflib.get_close_matches(kind.lower(), list(spelled), 1)
        said = {name.lower(): name for name in names}
        hint = (
            f"did you mean `{said.get(near[0], near[0])}`?"
            if near
            else "known: " + ", ".join(f"`{name}`" for name in names)
        )
        raise InvalidInput(Problem("unknown-kind", f"kind `{kind}` is not known", hint=hint))
    if into is not None:
        return _written_into(out, into, [slug])
    out.answer(json.dumps(schemas.load(slug), indent=2, ensure_ascii=not out.terminal.unicode) + "\n")
    return 0


def _written_into(out: Out, folder: Path, slugs: list[str]) -> int:
    """Copies of these schemas; what is the same already is left alone."""
    from syncer.adapters import schemas
    from syncer.adapters.disk import replace_file
    from syncer.core.problem import InvalidInput, Problem

    for slug in slugs:
        content, path = (schemas.place() / f"{slug}.schema.json").read_bytes(), folder / f"{slug}.schema.json"
        try:
            if not path.is_file() or path.read_bytes() != content:
                replace_file(path, content)
                out.answer(f"wrote {path}\n")
        except OSError as error:
            said = f"`{path}` cannot be written: {error.strerror or type(error).__name__}"
            raise InvalidInput(Problem("unwritable", said, hint="check the folder and its permissions")) from None
    return 0


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
    from syncer.adapters.new_environment import token_variable
    from syncer.cli.console import console
    from syncer.starting import USUAL, begin

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
