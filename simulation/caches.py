"""Trees of manifests, changed in every way, validated with what earlier runs remember and without: the same answer.

A life is a seed: a small repository, and changes one after the other, each of which is followed by a command that is
carried out twice. Sometimes the cache itself is spoilt before.
"""

from __future__ import annotations

import contextlib
import io
import os
import random
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from simulation.trees import Tree
from simulation.world import scratch
from syncer.cli import run

CHANGES = 10
"""Trees of a life."""


class Life(NamedTuple):
    """What came of a seed: how many trees were validated, how many of those with exit code 0, and what differed."""

    seed: int
    trees: int
    sound: int
    problems: list[str]


class Said(NamedTuple):
    """What a command answered."""

    code: int
    out: str
    err: str


def live(seed: int) -> Life:
    """The life of a seed."""
    with scratch() as name:
        folder = Path(name)
        tree = Tree(folder / "repo", random.Random(seed))
        store = folder / "cache"
        sound, problems = 0, list[str]()
        for number in range(CHANGES):
            if tree.rng.random() < 0.5:  # somebody validates all that there is before
                with _home(store):
                    said(tree.root, "validate", *tree.rng.choice(([], ["--strict"])))
            for _ in range(tree.rng.choice((1, 1, 1, 2, 3))):
                tree.change()
            spoilt = _spoil(store, tree.rng) if tree.rng.random() < 0.15 else "whole"
            arguments = tree.command()
            with _home(store):
                warm = said(tree.root, *arguments)
                again = said(tree.root, *arguments)
                cold = said(tree.root, *arguments, "--no-cache")
            sound += cold.code == 0
            for name, each in (("first", warm), ("second", again)):
                if each != cold:
                    what = f"seed {seed}, change {number}, cache {spoilt}, {name} run of {' '.join(arguments)}"
                    problems.append(f"{what}:\n{each}\nbut\n{cold}")
    return Life(seed, CHANGES, sound, problems)


def said(folder: Path, *arguments: str) -> Said:
    """What `syncer` answers, in this process."""
    before, out, err = Path.cwd(), io.StringIO(), io.StringIO()
    os.chdir(folder)
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = run(list(arguments))
    finally:
        os.chdir(before)
    return Said(code, out.getvalue(), err.getvalue())


@contextlib.contextmanager
def _home(store: Path) -> Iterator[None]:
    before = {name: os.environ.pop(name, None) for name in ("XDG_CACHE_HOME", "SYNCER_NO_CACHE")}
    os.environ["XDG_CACHE_HOME"] = str(store)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value


def _spoil(store: Path, rng: random.Random) -> str:
    """Do something to the cache that nobody should; what it was."""
    files = sorted(store.rglob("*.cache"))
    if not files:
        return "none"
    path = files[0]
    if path.is_dir():
        path.rmdir()
        return "gone"
    content = bytearray(path.read_bytes())
    what = rng.choice(("cut", "flipped", "longer", "empty", "other version", "garbage", "readable", "folder", "gone"))
    if what == "cut":
        content = content[: rng.randrange(len(content))]
    elif what == "flipped":
        content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)
    elif what == "longer":
        content += b"[]"
    elif what == "empty":
        content.clear()
    elif what == "other version":
        content = content.replace(b"cache ", b"cache 0", 1)
    elif what == "garbage":
        content = bytearray(rng.randbytes(200))
    elif what == "folder":
        path.unlink()
        path.mkdir()
        return what
    elif what == "gone":
        shutil.rmtree(store)
        return what
    path.write_bytes(content)
    path.chmod(0o644 if what == "readable" else 0o600)
    return what
