"""Writes further `ids` or `vars` of an environment into syncer.yaml: something is put in, nothing is changed.

As environment_entry does: what comes out has been read again, and is the same but for the ids, or nothing is returned.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from syncer.documents.comments import comments
from syncer.manifests.project import project_of
from syncer.model.diagnostic import InvalidInput, Problem
from syncer.model.json_values import Json

if TYPE_CHECKING:
    from yaml.nodes import MappingNode, Node


def with_ids(text: bytes, path: Path, environment: str, ids: Mapping[str, str]) -> bytes:
    """The text of the syncer.yaml at `path` with these names and ids in the environment, behind those that are there.

    InvalidInput, with the lines to write by hand, where the file is not sound or is written in a way that this cannot
    be put into."""
    return with_values(text, path, environment, "ids", ids)


def with_values(
    text: bytes, path: Path, environment: str, section: Literal["ids", "vars"], values: Mapping[str, Json]
) -> bytes:
    """The same for plain values of either section; InvalidInput where they cannot be put in by lines alone."""
    before = project_of(text, path).document.value
    plain = text.decode()
    written = _put_in(plain, environment, section, values)
    if written is None:
        raise _refusal(path, environment, section, values)
    try:
        after = project_of(written.encode(), path).document.value
    except InvalidInput:
        raise _refusal(path, environment, section, values) from None
    mine = before["environments"][environment]
    wanted: Json = {**mine, section: {**(mine.get(section) or {}), **values}}
    everything = {**before, "environments": {**before["environments"], environment: wanted}}
    if json.dumps(after) != json.dumps(everything) or _words(written) != _words(plain):
        raise _refusal(path, environment, section, values)
    return written.encode()


def _put_in(text: str, environment: str, section: str, values: Mapping[str, Json]) -> str | None:
    import yaml

    line_end = "\r\n" if "\r\n" in text else "\n"
    root = yaml.compose(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    mine = _mapping(_mapping(root, "environments"), environment)
    if mine is None or not mine.value:
        return None
    held = _mapping(mine, section)
    if held is None and any(name.value == section for name, _ in mine.value):
        return None
    inside = [f"{json.dumps(name)}: {json.dumps(value, ensure_ascii=False)}" for name, value in values.items()]
    if held is not None and held.flow_style:
        return _before_brace(text, held, ", ".join(inside))
    if held is None and mine.flow_style:
        return _before_brace(text, mine, f"{section}: {{{', '.join(inside)}}}")
    last_key, last = (held or mine).value[-1]
    column = last_key.start_mark.column
    if held is None:
        lines = [f"{' ' * column}{section}:", *(f"{' ' * (column + 2)}{_pair(*each)}" for each in values.items())]
    else:
        lines = [f"{' ' * column}{_pair(*each)}" for each in values.items()]
    end = _leaf(last).end_mark
    number = end.line + (end.column > 0)
    rows = text.splitlines(keepends=True)
    block = "".join(line + line_end for line in lines)
    if number == len(rows) and not rows[-1].endswith("\n"):
        block = line_end + block
    return "".join([*rows[:number], block, *rows[number:]])


def _pair(name: str, value: Json) -> str:
    plain = name[:1].isalpha() and name.replace(".", "").replace("_", "").replace("-", "").isalnum()
    return f"{name if plain else json.dumps(name)}: {json.dumps(value, ensure_ascii=False)}"


def _before_brace(text: str, node: MappingNode, words: str) -> str:
    end = node.end_mark.index - 1
    return text[:end] + (", " if node.value else "") + words + text[end:]


def _mapping(root: Node | None, key: str) -> MappingNode | None:
    import yaml

    for name, value in root.value if isinstance(root, yaml.MappingNode) else ():
        if name.value == key and isinstance(value, yaml.MappingNode):
            return value
    return None


def _leaf(node: Node) -> Node:
    """The last thing written in a node: blocks end where the next thing begins, behind comments that aren't theirs."""
    import yaml

    while isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        node = last[1] if isinstance(last, tuple) else last
    return node


def _words(text: str) -> list[str]:
    return [words for _, words in comments(text)]


def _refusal(path: Path, environment: str, section: str, values: Mapping[str, Json]) -> InvalidInput:
    lines = "; ".join(_pair(*each) for each in values.items())
    message = f"`{path.name}` was left as it is: the `{section}` of environment `{environment}` cannot be put in"
    hint = f"write these below its `{section}:` and run it again: {lines}"
    return InvalidInput(Problem("not-written", message, hint=hint))
