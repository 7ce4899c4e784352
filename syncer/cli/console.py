"""The process's own streams as the one funnel of output; nothing else prints."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import TextIO

from syncer.model.diagnostic import Problem, Refused
from syncer.render.output import Output
from syncer.render.terminal import Terminal, terminal_for

_OPENED: list[Output] = []


def lost() -> OSError | None:
    """Why something that was to be said was not (a full disk), other than that nobody listened."""
    return next((out.failure for out in _OPENED if out.failure is not None), None)


def console(color: str = "auto") -> Output:
    """Standard output and error, with the colours and the width they can show."""
    env = dict(os.environ)
    answering, talking = _terminal(sys.stdout, env, color), _terminal(sys.stderr, env, color)
    live = _is_tty(sys.stderr) and env.get("TERM") != "dumb" and "CI" not in env
    out = Output(sys.stdout, sys.stderr, answering, talking, live=live)
    _OPENED.append(out)
    return out


def require_yes(out: Output, question: str, unasked: Problem, refused: str) -> None:
    """A plain yes, at a terminal; elsewhere --yes says it. Refused where nobody is there (`unasked`), and for anything
    else than yes (`refused`)."""
    if not _is_tty(sys.stdin):
        raise Refused(unasked)
    out.talk(f"{question} Only `yes` does it: ")
    if sys.stdin.readline().strip() != "yes":
        raise Refused(Problem("not-confirmed", refused))


def _terminal(stream: TextIO | None, env: Mapping[str, str], color: str) -> Terminal:
    encoding = getattr(stream, "encoding", None)
    columns = _columns(stream, env)
    terminal = terminal_for(env, isatty=_is_tty(stream), encoding=encoding, columns=columns)
    return terminal if color == "auto" else terminal._replace(colour=color == "always")


def _columns(stream: TextIO | None, env: Mapping[str, str]) -> int:
    """COLUMNS, else what the terminal says, else 100."""
    if env.get("COLUMNS", "").isdigit() and int(env["COLUMNS"]):
        return int(env["COLUMNS"])
    try:
        return os.get_terminal_size(stream.fileno()).columns if stream is not None else 100
    except (OSError, ValueError):
        return 100


def _is_tty(stream: TextIO | None) -> bool:
    try:
        return stream is not None and stream.isatty()
    except ValueError:
        return False
