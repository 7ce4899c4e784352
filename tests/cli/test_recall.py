"""`syncer plan` and `syncer drift` with what they recall: to the byte what they say without, and where it lies."""

from __future__ import annotations

import json
import shutil
import stat
from pathlib import Path

import pytest

from tests.canaries import leaked
from tests.cli.conftest import ROOT, Repo, Sandbox, flow, reason
from tests.support.patience import PATIENCE

COMMANDS = (
    ("plan",),
    ("plan", "--format", "json"),
    ("plan", "-v", "--detailed-exitcode"),
    ("drift",),
    ("drift", "--format", "json"),
    ("drift", "-v", "--unmanaged"),
    ("drift", "--format", "markdown"),
)


@pytest.fixture
def cached(live: Repo, sandbox: Sandbox, tmp_path: Path) -> Repo:
    """Two reasons and a flow, applied, and an object of others; what is remembered is beside the repository."""
    live.env["XDG_CACHE_HOME"] = str(tmp_path / "cache")
    live.write("config/lost.yaml", reason("lost", "Verloren"))
    live.write("config/flow.yaml", flow("visit", "won", "lost"))
    assert live.run("apply", "--yes").code == 0
    sandbox.ask("POST /v1/workflows/closing-reasons", {"title": "Von Hand"})
    return live


def remembered(repo: Repo) -> list[Path]:
    """The folder and the file of what agreed; what was read of files lies beside it."""
    found = sorted(Path(repo.env["XDG_CACHE_HOME"]).rglob("*.agreements.cache"))
    return [*{each.parent for each in found}, *found]


def both(repo: Repo, *command: str) -> None:
    """With what is recalled and without, and with it once more."""
    without = repo.run(*command, "--no-cache")
    for _ in range(2):
        assert repo.run(*command) == without, command


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_it_says_the_same_with_and_without(cached: Repo, sandbox: Sandbox, command: tuple[str, ...]) -> None:
    """Where nothing has moved, where others did, we did, both did; and when it is as it was again."""
    both(cached, *command)
    id = sandbox.ask("POST /v1/workflows/closing-reasons", {"title": "Noch einer"})["id"]
    both(cached, *command)
    cached.write("config/won.yaml", reason("won", "Gewonnen!"))
    both(cached, *command)
    sandbox.ask(f"DELETE /v2/workflows/closing-reasons/{id}")
    both(cached, *command)
    cached.write("config/won.yaml", reason("won", "Gewonnen"))
    both(cached, *command)
    cached.write("config/won.yaml", reason("won", "Gewonnen").replace("title", "titel"))
    both(cached, *command)


def test_a_saved_plan_is_the_same(cached: Repo) -> None:
    cached.run("plan")
    for name, more in (("warm", ()), ("cold", ("--no-cache",))):
        assert cached.run("plan", "-o", f"{name}.json", *more).code == 0
    warm, cold = (json.loads((cached.folder / f"{name}.json").read_text("utf-8")) for name in ("warm", "cold"))
    assert warm == cold


def test_warnings_about_manifests_are_still_counted(cached: Repo) -> None:
    text = reason("won", "Gewonnen").replace("metadata: {name: won}", "metadata: {name: won, labels: {}}")
    cached.write("config/won.yaml", text.replace("spec:", "spec: # x"))
    both(cached, "plan")


def test_it_lies_in_the_users_cache_folder_for_the_user_only(cached: Repo) -> None:
    cached.run("plan")
    (folder, file) = remembered(cached)
    assert [stat.S_IMODE(each.stat().st_mode) for each in (folder, file)] == [0o700, 0o600]
    raw = file.read_bytes()
    texts = [b"Gewonnen", b"Verloren", b"Von Hand", b"canary"]
    assert ([each for each in texts if each in raw], leaked(raw)) == ([], [])


@pytest.mark.parametrize(
    "command", [("plan", "--no-cache"), ("drift", "--no-cache"), ("apply", "--yes"), ("plan", "--only", "*/won"),
                ("plan", "--resend-secrets"), ("plan", "--as-sent"),
                ("drift", "--except", "*/won"), ("pull", "--check")], ids=" ".join
)  # fmt: skip
def test_who_recalls_nothing_leaves_nothing(cached: Repo, command: tuple[str, ...]) -> None:
    cached.run(*command)
    assert remembered(cached) == []


def test_the_variable_switches_it_off(cached: Repo) -> None:
    cached.run("plan", env={"SYNCER_NO_CACHE": "1"})
    assert remembered(cached) == []


@pytest.mark.parametrize("home", [None, "", "relative"])
def test_without_a_home_nothing_is_remembered(cached: Repo, home: str | None) -> None:
    del cached.env["XDG_CACHE_HOME"]
    said = cached.run("plan", env={"XDG_CACHE_HOME": None, "HOME": home})
    assert (said.code, said.err) == (0, cached.run("plan", "--no-cache").err)


def test_a_repository_brings_none(cached: Repo) -> None:
    """A pull request could say in it that nothing has changed."""
    inside = str(cached.folder / "cache")
    assert cached.run("plan", env={"XDG_CACHE_HOME": inside}).code == 0
    assert not (cached.folder / "cache").exists()


def test_an_apply_leaves_it_as_it_is(cached: Repo, sandbox: Sandbox) -> None:
    cached.run("plan")
    file = remembered(cached)[-1]
    kept = file.read_bytes()
    cached.write("config/won.yaml", reason("won", "Gewonnen!"))
    assert cached.run("apply", "--yes").code == 0
    assert (file.read_bytes(), "Gewonnen!" in sandbox.titles()) == (kept, True)


def test_nothing_of_an_apply_knows_of_it() -> None:
    """Neither the command nor the use case imports what recalls."""
    files = [ROOT / "syncer" / "cli" / "commands" / "apply.py", *(ROOT / "syncer" / "ops" / "apply").glob("*.py")]
    assert [path.name for path in files if "recall" in path.read_text("utf-8")] == []


def test_two_processes_at_once_say_the_same(cached: Repo) -> None:
    shutil.rmtree(cached.env["XDG_CACHE_HOME"], ignore_errors=True)
    without = cached.run("plan", "--no-cache")
    running = [cached.start("plan") for _ in range(3)]
    said = [each.communicate(timeout=PATIENCE) for each in running]
    assert [each.returncode for each in running] == [0, 0, 0]
    assert {out.decode() for out, _ in said} == {without.out}
    assert cached.run("plan") == without
