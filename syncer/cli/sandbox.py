"""`syncer sandbox`: the platform imitated on this machine."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import click

DB = click.option(
    "--db",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path(".syncer/sandbox.db"),
    show_default=True,
    help="The SQLite file that holds the organisations.",
)


@click.group()
def sandbox() -> None:
    """Imitate the platform on this machine, to try, rehearse and test without an account."""


def _need() -> None:
    """The sandbox's web framework is an extra."""
    from importlib.util import find_spec

    from syncer.core.problem import InvalidInput, Problem

    missing = [name for name in ("flask", "waitress") if find_spec(name) is None]
    if missing:
        raise InvalidInput(
            Problem("sandbox", f"the sandbox needs {' and '.join(missing)}", hint="pip install 'syncer[sandbox]'")
        )


@sandbox.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to answer on.")
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
    """Answer as the platform does, until interrupted. The first line says where."""
    _need()
    import socket

    from syncer.cli.console import console
    from syncer.core.problem import InvalidInput, Problem
    from syncer.sandbox.server import Options, Organisation, create_app
    from syncer.sandbox.server import serve as answer

    out = console(color)
    given = tokens or tuple(
        "sandbox-token" if number == 0 else f"sandbox-token-{number + 1}" for number in range(len(orgs))
    )
    if len(given) != len(orgs):
        raise InvalidInput(
            Problem(
                "usage",
                f"{len(orgs)} organisations and {len(given)} tokens: they come in pairs",
                hint="--org 911690 --token T1 --org 739224 --token T2",
            )
        )
    db.parent.mkdir(parents=True, exist_ok=True)
    app = create_app(
        str(db),
        [Organisation(org, token) for org, token in zip(orgs, given, strict=True)],
        options=Options(flow_export=not without_flow_export, quota_per_minute=quota or None),
    )
    if port == 0:
        with socket.socket() as probe:
            probe.bind((host, 0))
            port = probe.getsockname()[1]
    shown = f"[{host}]" if ":" in host else host
    out.answer(f"sandbox: http://{shown}:{port}\n")
    if not tokens:
        pairs = ", ".join(f"{org}: {token}" for org, token in zip(orgs, given, strict=True))
        out.talk(f"tokens: {pairs}\n")
        out.talk(f"try: EPILOT_TOKEN={given[0]} syncer plan --server http://{shown}:{port}\n")
    try:
        answer(app, host, port)
    except OSError as error:
        raise InvalidInput(
            Problem(
                "port",
                f"port {port} cannot be used: {os.strerror(error.errno or 0)}",
                hint="choose another with --port, or --port 0",
            )
        ) from None
    except KeyboardInterrupt:
        return 130
    return 0


@sandbox.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@DB
@click.option("--org", default="911690", show_default=True, help="The organisation the objects go to.")
@click.pass_obj
def seed(color: str, file: Path, db: Path, org: str) -> int:
    """Load the objects in FILE (YAML or JSON) into an organisation of the sandbox."""
    _need()
    from syncer.adapters.files import read_bytes
    from syncer.adapters.yaml_reader import read
    from syncer.cli.console import console
    from syncer.core.problem import InvalidInput, Problem
    from syncer.sandbox.seed import seed as load

    documents = read(read_bytes(file, str(file)), str(file))
    document: Any = documents[0].value if documents else None
    if not isinstance(document, dict):
        raise InvalidInput(
            Problem("seed", f"`{file}` holds no mapping of sections", hint="closing_reasons: [{title: …}]")
        )
    db.parent.mkdir(parents=True, exist_ok=True)
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
    from syncer.core.problem import InvalidInput, Problem
    from syncer.sandbox.seed import reset as clear

    if not db.exists():
        raise InvalidInput(Problem("sandbox", f"there is no sandbox in `{db}`", hint="--db names its file"))
    if not yes:
        click.confirm(f"Throw away everything in {db}?", abort=True)
    clear(str(db), org)
    console(color).answer("reset\n")
    return 0
