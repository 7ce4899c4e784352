"""How a run ends that did not go well: text, or the form that was asked for, and an exit code."""

from __future__ import annotations

import contextlib
import os
import sys
import traceback
from itertools import pairwise
from pathlib import Path

import click

from syncer.cli.console import console, lost
from syncer.cli.signals import Terminated
from syncer.model.diagnostic import Problem, SyncerError


class NeedsCommand(click.UsageError):
    """A group was called without a command; its help says which there are."""


def usage(error: click.ClickException, args: list[str]) -> int:
    """A command line that makes no sense: exit 3."""
    if isinstance(error, NeedsCommand):
        console("auto").talk(error.message)
        return 3
    context = getattr(error, "ctx", None)
    hint = f"`{context.command_path} --help` shows how it is used" if context is not None else ""
    message = error.format_message().rstrip(".")
    message = message[:1].lower() + message[1:]
    option = getattr(error, "option_name", "")
    if option and hasattr(error, "possibilities"):  # NoSuchOption; the versions of click word it differently
        message = f"`{option}` is no option of `{context.command_path if context else 'syncer'}`"
        near = list(error.possibilities or ())
        hint = f"did you mean {' or '.join(f'`{each}`' for each in near)}?" if near else hint
    return _say((Problem("usage", message, hint=hint),), args, 3)


def told(code: int) -> int:
    """The exit code of a run that went well, unless its answer did not reach its reader."""
    failure = lost()
    if failure is None or code not in (0, 2):
        return code
    return _unwritten(failure)


def _unwritten(failure: OSError) -> int:
    why = failure.strerror or type(failure).__name__
    console("auto").problems([Problem("output", f"the output could not be written: {why}")], summary=False)
    return 1


def _stdout_is_lost() -> bool:
    """Whether help or version could not be written; then what is left of them goes nowhere, or the interpreter would
    complain at its end, with an exit code of its own."""
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except (OSError, ValueError):
        with contextlib.suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return True
    return False


def interrupted(stop: BaseException, args: list[str]) -> int:
    """Ctrl-C or SIGTERM where nothing had begun; click hands the first on as its own, with the cause."""
    terminated = isinstance(stop, Terminated) or isinstance(stop.__cause__, Terminated)
    again = "files that were written are whole; pull again, and it goes on where it stopped"
    hint = again if args[:1] == ["pull"] else ""
    problem = Problem("interrupted", "interrupted: nothing was changed in an organisation", hint=hint)
    return _say((problem,), args, 143 if terminated else 130)


def _named(file: str) -> str:
    """The file as messages name it: where this machine keeps the repository is nobody's business."""
    from syncer.fs.permissions import own_name  # late: it is seldom asked for

    name, here = own_name(Path(file)), f"{os.getcwd()}{os.sep}"
    return name.removeprefix(here)


def failed(error: Exception, args: list[str]) -> int:
    """A SyncerError ends with its problems and code; anything else is a bug, told without a value in it."""
    if isinstance(error, SyncerError):
        return _say(error.problems, args, error.exit_code)
    if isinstance(error, OSError) and _stdout_is_lost():
        return _unwritten(error)
    if isinstance(error, OSError) and error.strerror:
        where = f"`{_named(error.filename)}`: " if isinstance(error.filename, str) else ""
        hint = "the operating system says so; nothing was lost"
        return _say((Problem("system", f"{where}{error.strerror}", hint=hint),), args, 1)
    frames = traceback.extract_tb(error.__traceback__)
    lines = [f"  {frame.filename}:{frame.lineno} in {frame.name}" for frame in frames]
    where = f"{frames[-1].name} at {os.path.basename(frames[-1].filename)}:{frames[-1].lineno}" if frames else "?"
    message = f"syncer has a bug: {type(error).__name__} in {where}"
    hint = "please report it with the lines below; they hold no value of yours"
    code = _say((Problem("bug", message, hint=hint),), args, 1)
    console("auto").talk("\n".join(lines) + "\n")
    return code


def _say(problems: tuple[Problem, ...], args: list[str], code: int) -> int:
    """The problems as text on stderr, or on stdout in the form that stdout was to have."""
    out = console("auto")
    form = _form(args)
    if form == "json":
        from syncer.model.json_values import json_text
        from syncer.render.problems import problems_document

        document = {"format_version": 1, "exit_code": code, **problems_document(problems)}
        out.answer(json_text(document, ascii_only=not out.terminal.unicode) + "\n")
    elif form in ("github", "sarif"):
        from syncer import __version__
        from syncer.render.problems import render_problems

        rules = _rules() if form == "sarif" else {}
        out.answer(render_problems(problems, form, out.terminal, rules=rules, version=__version__))  # type: ignore[arg-type]
    else:
        out.problems(problems, summary=False)
    return code


def _rules() -> dict[str, str]:
    from syncer.manifests.rules import all_rules

    return all_rules()


def _form(args: list[str]) -> str:
    """What `--format` asks for, read from the words themselves: what fails may be the reading of the options."""
    given = args[: args.index("--")] if "--" in args else args
    said = [one.partition("=")[2] for one in given if one.startswith("--format=")]
    said += [two for one, two in pairwise(given) if one == "--format"]
    return said[-1] if said else "text"
