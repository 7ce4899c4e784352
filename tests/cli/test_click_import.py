"""Click imported lightly is click: what the commands say, and what their options take and refuse, is the same."""

from __future__ import annotations

import struct
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

PUT_OFF = {"dataclasses", "datetime", "gettext", "inspect", "locale", "platform", "threading", "urllib.parse", "uuid"}
SAME = """
import sys
sys.base_prefix = sys.argv[2] or sys.base_prefix
if sys.argv[1] == "lightly":
    import syncer.cli
    print(*sorted({*%r} & sys.modules.keys()), file=sys.stderr)
import click, datetime, pathlib, threading, uuid

@click.command()
@click.argument("when", type=click.DateTime())
@click.argument("which", type=click.UUID)
@click.option("--at", type=click.Path(exists=True, path_type=pathlib.Path), help="A place.")
@click.option("--many", type=click.Choice(["a", "b"]), multiple=True, help='''
    Some
      of these.''')
@click.option("--gone", deprecated=True, default=lambda: 1, show_default=True, help="\\ttabs\\t")
@click.version_option("1.2")
def told(**named):
    '''What it is for.

        Indented.
    '''
    for name, value in sorted(named.items()):
        print(name, type(value), value, isinstance(value, (datetime.datetime, uuid.UUID)))

ID = "{12345678-1234-5678-1234-567812345678}"
for arguments in (
    ["--help"], ["--version"], [], ["x"], ["2026-10-27", "x"], ["2026-10-27", ID], ["2026-10-27", ID, "--many", "c"],
    ["2026-10-27 10:17:51", ID, "--at", "/", "--many", "a"], ["2026-10-27", ID, "--at", "/nowhere"], ["--nothing"],
):
    try:
        told.main(arguments, prog_name="told", standalone_mode=False)
    except click.ClickException as error:
        print(type(error).__name__, error.format_message(), getattr(error, "param_hint", ""))
print(pathlib.PurePosixPath("/a b/\\u00e4").as_uri(), type(click.globals._local) is threading.local)
print(click.types.UUIDParameterType().to_info_dict(), click.types.UUIDParameterType.__mro__)
"""


def told(how: str, language: str, place: str = "") -> subprocess.CompletedProcess[str]:
    env = {"PYTHONPATH": str(ROOT), "PYTHONUTF8": "1", "LANG": language}
    command = [sys.executable, "-c", SAME % (PUT_OFF,), how, place]
    return subprocess.run(command, capture_output=True, text=True, check=True, env=env)


@pytest.mark.parametrize("language", ["C", "de_DE.UTF-8", ""])
def test_it_is_the_same_library(language: str) -> None:
    usual, lightly = (told(how, language) for how in ("as usual", "lightly"))
    assert "2026-10-27 10:17:51 True" in usual.stdout
    assert lightly.stdout == usual.stdout
    assert (usual.stderr, lightly.stderr) == ("", "\n")


def catalogue(texts: dict[str, str]) -> bytes:
    """Translations as `gettext` reads them."""
    pairs = [("", "Content-Type: text/plain; charset=UTF-8\n"), *texts.items()]
    kept = [side.encode() + b"\0" for sides in zip(*pairs, strict=True) for side in sides]
    begin = 28 + 8 * len(kept)
    table = b"".join(
        struct.pack("<II", len(text) - 1, begin + sum(map(len, kept[:index]))) for index, text in enumerate(kept)
    )
    return struct.pack("<7I", 0x950412DE, 0, len(pairs), 28, 28 + 8 * len(pairs), 0, 0) + table + b"".join(kept)


def test_whoever_has_translations_of_it_reads_them(tmp_path: Path) -> None:
    folder = tmp_path / "share" / "locale" / "de" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    texts = {"Show the version and exit.": "Zeigt die Version.", "Missing argument": "Es fehlt"}
    (folder / "messages.mo").write_bytes(catalogue(texts))
    usual, lightly = (told(how, "de_DE.UTF-8", str(tmp_path)) for how in ("as usual", "lightly"))
    assert "Zeigt die Version." in usual.stdout
    assert lightly.stdout == usual.stdout
