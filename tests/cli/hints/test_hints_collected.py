"""Every text of the source that gives a command or a line to write is carried out by a situation, or stands here with
the reason why it is not.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.cli.hints.broken import BROKEN
from tests.cli.hints.situations import COMMANDS, MANIFESTS
from tests.cli.hints.unexecuted import UNEXECUTED

PACKAGE = Path(__file__).parents[3] / "syncer"
GIVES = re.compile(r"`syncer [a-z]|(?<![\w-])--[a-z]|\b(?:write|add|set|rename|say) `|did you mean")
NO_HINTS = {"manifests/rules.py", "cli/options.py", "cli/repeated_options.py", "render/terminal.py"}
"""Tables of rules, of options and of commands: what they say is printed as docs or help."""


def texts(tree: ast.Module) -> Iterator[str]:
    """Every text that is no docstring and no help, `{}` for what is put into it."""
    skipped = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            skipped |= {id(part) for part in ast.walk(node) if part is not node and isinstance(part, ast.Constant)}
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("click.option", "click.argument"):
            skipped |= {id(part) for part in ast.walk(node)}
    for node in ast.walk(tree):
        if id(node) in skipped:
            continue
        if isinstance(node, ast.JoinedStr):
            yield "".join(part.value if isinstance(part, ast.Constant) else "{}" for part in node.values)  # type: ignore[misc]
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def collected() -> dict[str, set[str]]:
    """Each text that gives something to be typed or written, and the modules that say it."""
    found: dict[str, set[str]] = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        name = path.relative_to(PACKAGE).as_posix()
        for text in texts(ast.parse(path.read_text("utf-8"))) if name not in NO_HINTS else ():
            if GIVES.search(text):
                found.setdefault(" ".join(text.split()), set()).add(name)
    return found


def carried_out(text: str) -> bool:
    """Whether the hint of some situation holds this text, whatever is put into it and whichever options are added."""
    plain = re.escape(text).replace(r"\{\}", ".+")
    said = [re.sub(r"(`syncer (?:state )?[a-z]+) --env test", r"\1", each.says) for each in SITUATIONS]
    return any(re.search(plain, each) for each in said)


SITUATIONS = [*MANIFESTS.values(), *COMMANDS.values(), *BROKEN.values()]


def test_every_hint_is_carried_out_or_says_why_not() -> None:
    open_texts = {text for text in collected() if not carried_out(text)}
    assert sorted(open_texts - {*UNEXECUTED}) == []
    assert sorted({*UNEXECUTED} - open_texts) == []


def test_the_number_of_them() -> None:
    found = collected()
    done = sum(map(carried_out, found))
    print(f"{len(SITUATIONS)} hints carried out: {done} of {len(found)} texts; {len(UNEXECUTED)} are not, for a reason")
    assert done + len(UNEXECUTED) == len(found)
