"""No message says where on this machine the repository lies, whatever is wrong and from wherever a command is run."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.cli.conftest import Repo, Sandbox

LINES = (
    "validate", "validate --format json", "fmt --check", "plan", "plan --format json", "plan -o p.json", "show p.json",
    "apply p.json --yes", "drift", "record -o r.json", "plan --against r.json", "undo", "undo nope", "undo RUN",
    "undo RUN --format json", "pull --check", "promote --from test --to b", "state list", "state show ClosingReason/x",
    "state rm ClosingReason/x", "state mv ClosingReason/a ClosingReason/b", "state unlock --yes",
    "state move --to local", "state move --from x", "adopt ClosingReason/won", "apply --yes", "state rebuild",
    "show nope.json", "apply syncer.yaml", "plan --against nope.json",
)  # fmt: skip
PLACES: tuple[tuple[str, tuple[str, ...]], ...] = (("", ()), ("below", ()), ("below", ("--config", "../syncer.yaml")))
"""Where a command is run, and with what; each line is run at one of them, and at another with the next fault."""


def _linked(repo: Repo) -> None:
    repo.state.unlink()
    repo.state.symlink_to("/dev/null")


def _folder(repo: Repo) -> None:
    repo.state.unlink()
    repo.state.mkdir()


def _runs(repo: Repo) -> None:
    for path in (repo.folder / ".syncer" / "runs" / "test").iterdir():
        path.write_text("x")


FAULTS: dict[str, Callable[[Repo], object]] = {
    "nothing is wrong": lambda repo: None,
    "the state is damaged": lambda repo: repo.state.write_text("{"),
    "the state is a link": _linked,
    "the state is a folder": _folder,
    "the state was moved away": lambda repo: repo.state.write_text('{"moved_to": "s3://a/b"}'),
    "the journal is damaged": lambda repo: repo.state.with_suffix(".journal").write_text("xx\nyy\n"),
    "the lock is a folder": lambda repo: repo.state.with_suffix(".lock").mkdir(),
    "others may write the state": lambda repo: repo.state.chmod(0o666),
    "the runs are damaged": _runs,
    "syncer.yaml is wrong": lambda repo: repo.write("syncer.yaml", "version: 2\n"),
    "syncer.yaml is gone": lambda repo: repo.remove("syncer.yaml"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_no_message_holds_the_path_of_the_repository(live: Repo, sandbox: Sandbox, fault: str) -> None:
    assert live.run("apply", "--yes").code == 0
    run = live.run("undo").out.split()[0]
    (live.folder / "below").mkdir()
    FAULTS[fault](live)
    found = {}
    for number, line in enumerate(LINES, list(FAULTS).index(fault)):
        at, more = PLACES[number % len(PLACES)]
        said = live.run(*(run if word == "RUN" else word for word in line.split()), *more, at=at)
        if str(live.folder) in said.all:
            found[line] = said.all
    assert found == {}
