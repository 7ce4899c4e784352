"""Writes a further environment into the text of syncer.yaml: lines are put in, none is changed.

Not a round trip through a YAML writer, which would spell what people wrote anew (see indent). What comes out has
been read again: the same comments and values and the new environment, or nothing is returned at all.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

from syncer.documents.comments import comments
from syncer.manifests.project import project_of
from syncer.model.diagnostic import InvalidInput, Problem
from syncer.model.json_values import Json

if TYPE_CHECKING:
    from yaml.nodes import MappingNode, Node

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9._-]*\Z")
_WORDS = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})  # what other readers take for no text


def token_variable(name: str) -> str:
    """The variable that holds the token of an environment of this name: `EPILOT_TOKEN_PRODUCTION`."""
    return "EPILOT_TOKEN_" + re.sub(r"[^A-Z0-9]", "_", name.upper())


def environment_lines(name: str, org_id: str, *, column: int = 2, step: int = 2) -> str:
    """An environment as it stands in syncer.yaml, `column` spaces deep, its fields `step` deeper."""
    key = name if _PLAIN.match(name) and name.lower() not in _WORDS else json.dumps(name)
    outer, inner = " " * column, " " * (column + step)
    return f"{outer}{key}:\n{inner}org_id: {json.dumps(org_id)}\n{inner}token: {{env: {token_variable(name)}}}\n"


def with_environment(text: bytes, path: Path, name: str, org_id: str) -> bytes:
    """The text of the syncer.yaml at `path` with an environment behind the others. InvalidInput where the file or the
    name is not sound, or where more than new lines would be needed."""
    before = project_of(text, path).document.value
    plain = text.decode()
    line_end = "\r\n" if "\r\n" in plain else "\n"
    place = _place(plain)
    if place is None:
        raise _refusal(path, name, org_id, "`environments` is not written as lines of its own")
    number, column, step = place
    lines = plain.splitlines(keepends=True)
    block = environment_lines(name, org_id, column=column, step=step).replace("\n", line_end)
    if number == len(lines) and not lines[-1].endswith("\n"):
        block = line_end + block
    written = "".join([*lines[:number], block, *lines[number:]])
    after = project_of(written.encode(), path).document.value  # says what is wrong with the name, if anything
    wanted: Json = {**before, "environments": {**before["environments"], name: after["environments"].get(name)}}
    if json.dumps(after) != json.dumps(wanted) or _words(written) != _words(plain):
        raise _refusal(path, name, org_id, "something else in the file would change")
    return written.encode()


def _words(text: str) -> list[str]:
    return [words for _, words in comments(text)]


def _refusal(path: Path, name: str, org_id: str, why: str) -> InvalidInput:
    line = f"{json.dumps(name)}: {{org_id: {json.dumps(org_id)}, token: {{env: {token_variable(name)}}}}}"
    message = f"`{path.name}` was left as it is: {why}"
    return InvalidInput(Problem("not-written", message, hint=f"write this among the `environments`: {line}"))


def _place(text: str) -> tuple[int, int, int] | None:
    """Behind which line (their number) an environment goes, its column, and how much deeper its fields; None where the
    environments do not stand one below the other."""
    import yaml

    root = yaml.compose(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    environments = _entry(root, "environments") if root is not None else None
    if environments is None or environments.flow_style or not environments.value:
        return None
    last_key, last = environments.value[-1]
    column = last_key.start_mark.column
    deep = isinstance(last, yaml.MappingNode) and not last.flow_style and last.value
    step = last.value[0][0].start_mark.column - column if deep else 2
    end = _leaf(last).end_mark
    number = end.line + (end.column > 0)
    lines = text.splitlines()
    while number < len(lines) and lines[number].lstrip().startswith("#") and _depth(lines[number]) > column:
        number += 1  # a comment as deep as the last environment's fields is about them
    return number, column, step


def _depth(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _entry(root: Node, key: str) -> MappingNode | None:
    import yaml

    for name, value in root.value:
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
