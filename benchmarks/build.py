"""A build of `syncer` to be measured: the tree that stands here, or an earlier revision in its own environment."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from benchmarks.measure import Unmeasured
from benchmarks.peers import HOME

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Build:
    """`python` runs what stands in `source`: that folder's package, with the locked dependencies around it.

    Both builds are found through `PYTHONPATH`, so that neither is found faster. `version` is for people: the short
    commit id, with `-dirty` where the tree holds more than the commit.
    """

    python: Path
    source: Path
    version: str


@cache
def current() -> Build:
    """The tree that these benchmarks stand in, whatever `syncer` the environment around it has installed."""
    return Build(Path(sys.executable), ROOT, _git("describe", "--always", "--dirty", "--exclude=*"))


def commit_of(revision: str) -> str:
    """The whole commit id of a revision; `Unmeasured` where the repository has none."""
    try:
        return _git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    except (OSError, subprocess.CalledProcessError):
        raise Unmeasured(f"`{revision}` is no revision of this repository") from None


def installed(revision: str, home: Path = HOME) -> Build:
    """That revision, installed on first use below `home` under its commit id; `Unmeasured` where it can't be.

    Its packages are those of its own `requirements/dev.lock`, held to their hashes.
    """
    commit = commit_of(revision)
    folder = home / "builds" / commit
    source, python = folder / "source", folder / "venv" / "bin" / "python"
    if not (folder / "ready").exists():
        print(f"installing {commit[:12]} into {folder} ...", file=sys.stderr, flush=True)
        try:
            shutil.rmtree(folder, ignore_errors=True)
            source.mkdir(parents=True)
            _unpack(commit, source)
            _call(sys.executable, "-m", "venv", str(folder / "venv"))
            pip = (str(python), "-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check")
            lock = str(source / "requirements" / "dev.lock")
            _call(*pip, "--require-hashes", "--only-binary", ":all:", "-r", lock)
            _call(*pip, "--no-deps", "--no-build-isolation", "--editable", str(source))
        except (OSError, subprocess.CalledProcessError, shutil.ReadError) as problem:
            told = (getattr(problem, "stderr", "") or str(problem)).strip()
            raise Unmeasured(f"{commit[:12]} can't be installed: {told[-1000:]}") from None
        (folder / "ready").touch()
    return Build(python, source, commit[:7])


def _unpack(commit: str, folder: Path) -> None:
    archive = folder.with_suffix(".zip")
    _git("archive", "--format=zip", f"--output={archive}", commit)
    shutil.unpack_archive(archive, folder)
    archive.unlink()


def _git(*arguments: str) -> str:
    return _call("git", "-C", str(ROOT), *arguments).strip()


def _call(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True, stdin=subprocess.DEVNULL).stdout
