"""How a run ends that did not go well: text or JSON, and an exit code."""

from __future__ import annotations

import os
import traceback
from typing import TYPE_CHECKING

from syncer.core.problem import Problem, SyncerError

if TYPE_CHECKING:
    import click


def usage(error: click.ClickException, args: list[str]) -> int:
    """A command line that makes no sense: exit 3."""
    command = ""
    context = getattr(error, "ctx", None)
    if context is not None:
        command = context.command_path
    hint = f"`{command} --help` shows how it is used" if command else ""
    return _say((Problem("usage", error.format_message().rstrip("."), hint=hint),), args, 3)


def told(code: int) -> int:
    """The exit code of a run that went well, unless its answer did not reach its reader."""
    from syncer.cli.console import console, lost

    failure = lost()
    if failure is None or code not in (0, 2):
        return code
    why = failure.strerror or type(failure).__name__
    console("auto").problems([Problem("output", f"the output could not be written: {why}")], summary=False)
    return 1


def interrupted() -> int:
    """Ctrl-C where nothing had begun."""
    from syncer.cli.console import console

    console("auto").talk("\ninterrupted; nothing was changed\n")
    return 130


def failed(error: Exception, args: list[str]) -> int:
    """A SyncerError ends with its problems and code; anything else is a bug, told without a value in it."""
    if isinstance(error, SyncerError):
        return _say(error.problems, args, error.exit_code)
    if isinstance(error, OSError) and error.strerror:
        where = f"`{error.filename}`: " if isinstance(error.filename, str) else ""
        return _say(
            (Problem("system", f"{where}{error.strerror}", hint="the operating system says so; nothing was lost"),),
            args,
            1,
        )
    frames = traceback.extract_tb(error.__traceback__)
    lines = [f"  {frame.filename}:{frame.lineno} in {frame.name}" for frame in frames]
    where = f"{frames[-1].name} at {os.path.basename(frames[-1].filename)}:{frames[-1].lineno}" if frames else "?"
    from syncer.cli.console import console

    code = _say(
        (
            Problem(
                "bug",
                f"syncer has a bug: {type(error).__name__} in {where}",
                hint="please report it with the lines below; they hold no value of yours",
            ),
        ),
        args,
        1,
    )
    console("auto").talk("\n".join(lines) + "\n")
    return code


def _say(problems: tuple[Problem, ...], args: list[str], code: int) -> int:
    from syncer.cli.console import console
    from syncer.render.problems import problems_document

    out = console("auto")
    if _wants_json(args):
        from syncer.core.json_text import json_text

        document = {"format_version": 1, "exit_code": code, **problems_document(problems)}
        out.answer(json_text(document, ascii_only=not out.terminal.unicode) + "\n")
    else:
        out.problems(problems, summary=False)
    return code


def _wants_json(args: list[str]) -> bool:
    return "--format=json" in args or any(
        one in ("--format", "-f") and two == "json" for one, two in zip(args, args[1:], strict=False)
    )
