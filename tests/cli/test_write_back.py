"""Taking over as commands do it: what is said, what is written, the exit code; on a socket, in a repository."""

from __future__ import annotations

import io
from typing import Any

import pytest

from syncer.cli.command_context import CommandContext
from syncer.cli.write_back_options import exit_code, said, show_patch
from syncer.fs.change_set import write
from syncer.manifests.project import choose, read_project
from syncer.model.diagnostic import InvalidInput
from syncer.ops.pull.first_draft import taken_over
from syncer.ops.pull.write_back import WriteBackOptions, WriteBackResult
from syncer.render.output import Output
from syncer.render.terminal import Terminal

Repo = Any
Sandbox = Any

WON = """# Why a deal was won.
apiVersion: syncer/v1
kind: ClosingReason
metadata: {name: won} # never rename
spec:
  title: 'Gewonnen'   # as in the portal
  status: ACTIVE
"""


class Run:
    """A command that takes over, without the command."""

    def __init__(self, repo: Repo) -> None:
        from syncer.fs.clock import Effects

        project = read_project(repo.folder / "syncer.yaml")
        server = repo.env["SYNCER_SERVER"]
        self.here = CommandContext(project, choose(project, None), repo.env, server, Effects())
        self.out, self.err = io.StringIO(), io.StringIO()

    def __call__(
        self, *, as_patch: bool = False, check: bool = False, theirs: bool = False, complete: tuple[str, ...] = ()
    ) -> tuple[int, str, str]:
        taken = self.taken(theirs=theirs, complete=complete)
        out = Output(self.out, self.err, Terminal(width=100))
        out.problems(taken.problems, summary=False)
        if as_patch:
            show_patch(out, taken.changes, self.here.project.root)
        else:
            out.answer(said(out, taken, "can be taken over" if check else "taken over"))
        if not (as_patch or check):
            write(taken.changes, self.here.project.root)
        return exit_code(taken, check=check), self.out.getvalue(), self.err.getvalue()

    def taken(self, *, theirs: bool = False, complete: tuple[str, ...] = ()) -> WriteBackResult:
        """What would be written."""
        here, wish = self.here, WriteBackOptions(frozenset(complete), theirs)
        with here.api(read_only=True) as api:
            there = here.manifests()[:2]
            return taken_over(here.pull_options(), api, here.fetch, here.state().entries, there, wish)


@pytest.fixture
def drifted(live: Repo, sandbox: Sandbox) -> Repo:
    live.write("config/won.yaml", WON)
    assert live.run("apply", "--yes", "--first-contact").code == 0
    reason = next(
        each
        for each in sandbox.ask("GET /v1/workflows/closing-reasons?includeInactive=true")["reasons"]
        if each["title"] == "Gewonnen"
    )
    sandbox.ask(f"PATCH /v2/workflows/closing-reasons/{reason['id']}", {"title": "Erfolg #1", "status": "ACTIVE"})
    sandbox.forget()
    return live


AFTER = WON.replace("'Gewonnen'", "'Erfolg #1'")


def test_it_is_written(drifted: Repo, sandbox: Sandbox) -> None:
    assert Run(drifted)() == (
        0,
        "  ClosingReason/won  config/won.yaml  1 change\n1 change of 1 object taken over\n",
        "",
    )
    assert (drifted.folder / "config/won.yaml").read_text() == AFTER
    assert sandbox.writes() == []
    assert drifted.run("plan", "--detailed-exitcode").code == 0
    assert Run(drifted)() == (0, "nothing to take over\n", "")


def test_check_writes_nothing_and_says_so_by_its_code(drifted: Repo) -> None:
    code, out, _ = Run(drifted)(check=True)
    assert (code, out) == (
        2,
        "  ClosingReason/won  config/won.yaml  1 change\n1 change of 1 object can be taken over\n",
    )
    assert (drifted.folder / "config/won.yaml").read_text() == WON
    Run(drifted)()
    assert Run(drifted)(check=True)[0] == 0


def test_a_patch_is_printed(drifted: Repo) -> None:
    assert Run(drifted)(as_patch=True) == (
        0,
        "diff --git a/config/won.yaml b/config/won.yaml\n--- a/config/won.yaml\n+++ b/config/won.yaml\n"
        "@@ -3,5 +3,5 @@\n kind: ClosingReason\n metadata: {name: won} # never rename\n spec:\n"
        "-  title: 'Gewonnen'   # as in the portal\n+  title: 'Erfolg #1'   # as in the portal\n   status: ACTIVE\n",
        "",
    )
    assert (drifted.folder / "config/won.yaml").read_text() == WON


def test_a_file_that_was_edited_meanwhile(drifted: Repo) -> None:
    run = Run(drifted)
    taken = run.taken()
    drifted.write("config/won.yaml", WON + "# more\n")
    with pytest.raises(InvalidInput, match=r"`config/won.yaml` was edited since it was read"):
        write(taken.changes, run.here.project.root)
    assert (drifted.folder / "config/won.yaml").read_text() == WON + "# more\n"


def test_an_address_that_is_none(drifted: Repo) -> None:
    with pytest.raises(InvalidInput, match=r"no manifest is called `ClosingReason/wonn`"):
        Run(drifted)(complete=("ClosingReason/wonn",))


def test_what_a_variable_feeds_is_said_and_fails_the_check(drifted: Repo) -> None:
    settings = drifted.folder / "syncer.yaml"
    settings.write_text(settings.read_text().replace("    token:", "    vars: {title: Gewonnen}\n    token:"))
    drifted.write("config/won.yaml", WON.replace("'Gewonnen'", "${var.title}"))
    code, out, err = Run(drifted)(check=True)
    assert (code, out) == (2, "nothing was changed by hand that a manifest could say\n")
    assert 'ClosingReason/won: `title` comes from `${var.title}`, and it is "Erfolg #1" live' in " ".join(err.split())
    assert "change `title` under `vars` of environment `test` in syncer.yaml" in " ".join(err.split())
