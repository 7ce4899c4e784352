"""`syncer sandbox`: the platform imitated on this machine."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from syncer.cli import CommandGroup

if TYPE_CHECKING:
    from syncer.render.output import Output

DB = click.option(
    "--db",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path(".syncer/sandbox.db"),
    show_default=True,
    help="The SQLite file that holds the organisations.",
)

MOST_BYTES = 64 << 20
"""The most a seed may weigh, in bytes: a whole organisation stands in one file."""
MOST_VALUES = 5_000_000
"""How many values and keys a seed may hold: about a gigabyte of memory."""
_IN_PARTS = "load the sections from several files, one after the other: what is loaded stays"


@click.group(cls=CommandGroup)
def sandbox() -> None:
    """Imitate the platform on this machine, to try, rehearse and test without an account."""


def _need() -> None:
    """The sandbox's web framework is an extra."""
    from importlib.util import find_spec

    from syncer.model.diagnostic import InvalidInput, Problem
    from syncer.model.distribution import install_hint

    missing = [name for name in ("flask", "waitress") if find_spec(name) is None]
    if missing:
        message = f"the sandbox needs {' and '.join(missing)}"
        raise InvalidInput(Problem("sandbox", message, hint=install_hint("sandbox")))


@sandbox.command()
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    help="The address to answer on; calls to another host are refused.",
)
@click.option("--port", type=click.IntRange(0, 65535), default=8787, show_default=True, help="0 takes a free one.")
@DB
@click.option(
    "--org",
    "orgs",
    multiple=True,
    default=("911690",),
    show_default=True,
    help="An organisation; in pairs with --token. Repeatable.",
)
@click.option(
    "--token", "tokens", multiple=True, help="The token that acts for it; any text. `sandbox-token` unless given."
)
@click.option("--without-flow-export", is_flag=True, help="Like newer platforms: no export and no import of flows.")
@click.option(
    "--quota",
    type=click.IntRange(0),
    default=500,
    show_default=True,
    help="Writes a minute and organisation; 0 means no limit.",
)
@click.pass_obj
def serve(
    color: str,
    host: str,
    port: int,
    db: Path,
    orgs: tuple[str, ...],
    tokens: tuple[str, ...],
    without_flow_export: bool,
    quota: int,
) -> int:
    """Answer as the platform does, until interrupted. The first line says where, once it listens."""
    _need()
    from syncer.cli.console import console
    from syncer.cli.signals import at_once
    from syncer.model.diagnostic import InvalidInput, Problem
    from syncer.sandbox.options import Options
    from syncer.sandbox.server import Organisation, create_app
    from syncer.sandbox.server import serve as answer

    out = console(color)
    given = tokens or _tokens(len(orgs))
    if len(given) != len(orgs):
        said = f"{len(orgs)} organisations and {len(given)} tokens: they come in pairs"
        raise InvalidInput(Problem("usage", said, hint="--org 911690 --token T1 --org 739224 --token T2"))
    with _database(db):
        app = create_app(
            str(db),
            [Organisation(org, token) for org, token in zip(orgs, given, strict=True)],
            options=Options(flow_export=not without_flow_export, quota_per_minute=quota or None),
        )
    port = _free(host, port)
    shown = f"[{host}]" if ":" in host else host
    url, pairs = f"http://{shown}:{port}", () if tokens else tuple(zip(orgs, given, strict=True))
    with at_once():
        answer(app, host, port, lambda: _greet(out, url, pairs))  # which takes an interrupt for the end of its work
    return 0


def _greet(out: Output, url: str, pairs: tuple[tuple[str, str], ...]) -> None:
    """Say where the sandbox answers, and by which tokens where nobody chose them."""
    out.answer(f"sandbox: {url}\n")
    if pairs:
        out.talk("tokens: " + ", ".join(f"{org}: {token}" for org, token in pairs) + "\n")
        out.talk(f"try: EPILOT_TOKEN={pairs[0][1]} syncer plan --server {url}\n")


def _tokens(count: int) -> tuple[str, ...]:
    """What the callers present where nobody chose it."""
    return tuple("sandbox-token" if number == 0 else f"sandbox-token-{number + 1}" for number in range(count))


def _free(host: str, port: int) -> int:
    """The port, or a free one for 0; InvalidInput where nothing can be answered there."""
    import socket

    from syncer.model.diagnostic import InvalidInput, Problem

    try:
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
            found: int = probe.getsockname()[1]
            return found
    except (OSError, UnicodeError) as error:
        why = getattr(error, "strerror", None) or type(error).__name__
        raise InvalidInput(
            Problem(
                "port",
                f"port {port} of `{host}` cannot be used: {why}",
                hint="choose with --host and --port; --port 0 takes a free one",
            )
        ) from None


@contextmanager
def _database(db: Path) -> Iterator[None]:
    """The folder of the sandbox's file is made; InvalidInput for a file that is none of its own, or cannot be used."""
    import sqlite3

    from syncer.model.diagnostic import InvalidInput, Problem

    try:
        db.parent.mkdir(parents=True, exist_ok=True)
        yield
    except (sqlite3.Error, OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise InvalidInput(Problem("sandbox", f"`{db}`: {why}", hint="--db names the sandbox's file")) from None


@sandbox.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@DB
@click.option("--org", default="911690", show_default=True, help="The organisation the objects go to.")
@click.pass_obj
def seed(color: str, file: Path, db: Path, org: str) -> int:
    """Load the objects in FILE (YAML or JSON) into an organisation of the sandbox."""
    _need()
    from syncer.cli.console import console
    from syncer.documents.source_checks import FileLimits
    from syncer.documents.yaml_reader import read
    from syncer.manifests.discovery import read_bytes
    from syncer.model.diagnostic import InvalidInput, Problem
    from syncer.sandbox.seed import seed as load

    limits = FileLimits("seed", MOST_BYTES, MOST_VALUES, _IN_PARTS, _IN_PARTS)
    documents = read(read_bytes(file, str(file), limits=limits), str(file), limits=limits)
    document: Any = documents[0].value if documents else None
    if not isinstance(document, dict):
        raise InvalidInput(
            Problem("seed", f"`{file}` holds no mapping of sections", hint="closing_reasons: [{title: …}]")
        )
    with _database(db):
        try:
            counts = load(str(db), org, document)
        except ValueError as error:
            raise InvalidInput(Problem("seed", f"`{file}`: {error}")) from None
    console(color).answer(json.dumps(counts) + "\n")
    return 0


@sandbox.command()
@DB
@click.option("--org", default=None, help="Only this organisation.")
@click.option("-y", "--yes", is_flag=True, help="Don't ask; for scripts.")
@click.pass_obj
def reset(color: str, db: Path, org: str | None, yes: bool) -> int:
    """Take the sandbox back to what it had from the start."""
    _need()
    from syncer.cli.console import console
    from syncer.model.diagnostic import InvalidInput, Problem, Refused
    from syncer.sandbox.seed import reset as clear

    if not db.exists():
        raise InvalidInput(Problem("sandbox", f"there is no sandbox in `{db}`", hint="--db names its file"))
    out = console(color)
    if not yes:
        if not sys.stdin or not sys.stdin.isatty():
            raise Refused(Problem("not-asked", "nobody is there to say yes", hint="--yes resets it unasked"))
        out.talk(f"Throw away everything in `{db}`? Only `yes` does it: ")
        if sys.stdin.readline().strip() != "yes":
            raise Refused(Problem("not-confirmed", "not reset: nothing was changed"))
    with _database(db):
        clear(str(db), org)
    out.answer("reset\n")
    return 0
