"""Further environments, `ids` and `vars` in syncer.yaml: something is put in, nothing is changed.

By the editor of texts, so what people wrote stays; what comes out has been read again, as syncer.yaml too, or there is
a refusal that says what to write by hand.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Literal

from syncer.documents.edit.editor import edit
from syncer.documents.edit.operations import Edit, Insertion, Replacement
from syncer.documents.edit.style import Manner, Style, block_lines, key_words
from syncer.documents.yaml_reader import Document
from syncer.manifests.project import project_of
from syncer.model.diagnostic import InvalidInput, Problem
from syncer.model.json_values import Json


def token_variable(name: str) -> str:
    """The variable that holds the token of an environment of this name: `EPILOT_TOKEN_PRODUCTION`."""
    return "EPILOT_TOKEN_" + re.sub(r"[^A-Z0-9]", "_", name.upper())


def _environment(name: str, org_id: str) -> Json:
    return {"org_id": org_id, "token": {"env": token_variable(name)}}


def _as_environment(style: Style) -> Style:
    """Line by line whatever stands beside it, for an environment grows; but for its token."""
    return replace(style, quote='"', braces=True, beside=False)


def _as_values(style: Style) -> Style:
    """Line by line too; an id is a text whatever it looks like."""
    return replace(style, quoted=True, beside=False)


def environment_lines(name: str, org_id: str) -> str:
    """An environment as it stands in a new syncer.yaml."""
    style = _as_environment(Style())
    lines = block_lines(f"{key_words(name, style, flow=False)}:", _environment(name, org_id), 2, style)
    return "".join(f"{line}\n" for line in lines)


def with_environment(text: bytes, path: Path, name: str, org_id: str) -> bytes:
    """The text of the syncer.yaml at `path` with an environment behind the others. InvalidInput where the file or the
    name is not sound, or where more than new lines would be needed."""
    document = project_of(text, path).document
    step = Insertion(("environments", name), _environment(name, org_id))
    written = _edited(text, document, step, _as_environment) if document.value.get("environments") else text
    if written is None:
        raise _no_environment(path, name, org_id, "something else in the file would change")
    project_of(written, path)  # says what is wrong with the name, if anything
    if not _only_adds_lines(text, written):
        raise _no_environment(path, name, org_id, "`environments` is not written as lines of its own")
    return written


def with_ids(text: bytes, path: Path, environment: str, ids: Mapping[str, str]) -> bytes:
    """The text of the syncer.yaml at `path` with these names and ids in the environment, behind those that are there.

    InvalidInput, with the lines to write by hand, where the file is not sound or is written in a way that this cannot
    be put into."""
    return with_values(text, path, environment, "ids", ids)


def with_values(
    text: bytes, path: Path, environment: str, section: Literal["ids", "vars"], values: Mapping[str, Json]
) -> bytes:
    """The same for plain values of either section; InvalidInput where one is there already, too."""
    document = project_of(text, path).document
    here, mine = ("environments", environment, section), document.value["environments"][environment]
    held = mine.get(section, {})
    written = None
    if held.keys().isdisjoint(values):
        whole = {**held, **values}
        step = Replacement(here, whole) if section in mine else Insertion(here, whole)
        written = _edited(text, document, step, _as_values)
    try:
        project_of(written or b"", path)
    except InvalidInput:
        written = None
    if written is None:
        raise _no_values(path, environment, section, values)
    return written


def _edited(text: bytes, document: Document, step: Edit, manner: Manner) -> bytes | None:
    """The text with the edit made, and with the end of its last line; None where it cannot be edited so."""
    line_end = b"\r\n" if b"\r\n" in text else b"\n"
    whole = text if text.endswith((b"\n", b"\r")) else text + line_end
    try:
        return edit(whole, document.index, [step], document.file, manner)
    except InvalidInput:
        return None


def _only_adds_lines(before: bytes, after: bytes) -> bool:
    """Whether it is more than before, and every line of it stands as it was: the new ones stand together."""
    old, new = before.splitlines(), after.splitlines()
    kept = next((at for at, (one, other) in enumerate(zip(old, new, strict=False)) if one != other), len(old))
    return len(new) > len(old) and new[kept + len(new) - len(old) :] == old[kept:]


def _no_environment(path: Path, name: str, org_id: str, why: str) -> InvalidInput:
    line = f"{json.dumps(name)}: {{org_id: {json.dumps(org_id)}, token: {{env: {token_variable(name)}}}}}"
    message = f"`{path.name}` was left as it is: {why}"
    return InvalidInput(Problem("not-written", message, hint=f"write this among the `environments`: {line}"))


def _no_values(path: Path, environment: str, section: str, values: Mapping[str, Json]) -> InvalidInput:
    keys = {name: key_words(name, Style(), flow=False) for name in values}
    lines = "; ".join(f"{keys[name]}: {json.dumps(value, ensure_ascii=False)}" for name, value in values.items())
    message = f"`{path.name}` was left as it is: the `{section}` of environment `{environment}` cannot be put in"
    hint = f"write these below its `{section}:` and run it again: {lines}"
    return InvalidInput(Problem("not-written", message, hint=hint))
