"""`syncer schema`: the JSON Schema of a kind, or where editors find it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from syncer.render.output import Output


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

    from syncer.cli.console import console
    from syncer.kinds import KINDS
    from syncer.model.diagnostic import InvalidInput, Problem
    from syncer.schema_check import registry

    out = console(color)
    names = {each.name: each.slug for each in KINDS.values()}
    names |= {"Removed": "removed", "syncer.yaml": "syncer", "plan": "plan"}
    if kind is None and into is not None:
        return _written_into(out, into, list(names.values()))
    if kind is None:
        folder = registry.place()
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
    out.answer(json.dumps(registry.published(slug), indent=2, ensure_ascii=not out.terminal.unicode) + "\n")
    return 0


def _written_into(out: Output, folder: Path, slugs: list[str]) -> int:
    """Copies of these schemas; what is the same already is left alone."""
    from syncer.fs.disk import replace_file
    from syncer.model.diagnostic import InvalidInput, Problem
    from syncer.schema_check import registry

    for slug in slugs:
        content, path = (registry.place() / f"{slug}.schema.json").read_bytes(), folder / f"{slug}.schema.json"
        try:
            if not path.is_file() or path.read_bytes() != content:
                replace_file(path, content)
                out.answer(f"wrote {path}\n")
        except OSError as error:
            said = f"`{path}` cannot be written: {error.strerror or type(error).__name__}"
            raise InvalidInput(Problem("unwritable", said, hint="check the folder and its permissions")) from None
    return 0
