"""An environment that got another name, and one that shares its organisation: nothing is forgotten unsaid."""

from __future__ import annotations

import pytest

from tests.cli.conftest import ORG, OTHER, PROJECT, TOKEN, Repo, Sandbox, reason

RENAMED = PROJECT.replace("  test:", "  live:")
MESSAGE = (
    "nothing is remembered of `live`, and there is a state of the same organisation for `test`, which syncer.yaml no"
    " longer names"
)
HINT = "`syncer state move --env live --from test` takes it over, with removals and `protect`"
ASKING = (
    "plan", "plan -o new.json", "plan --detailed-exitcode", "apply --yes --first-contact --allow-delete", "drift",
    "drift --unmanaged", "pull", "pull --check", "adopt ClosingReason/won", "undo", "state list",
    "state show ClosingReason/won", "state rm ClosingReason/won", "state mv ClosingReason/won ClosingReason/x",
    "state rebuild",
)  # fmt: skip
SPOKEN_OF_NO_STATE = {"undo": 0}
"""Commands that ask no state, with how they end: the runs that are kept go by the environment's name."""


@pytest.fixture
def renamed(live: Repo, sandbox: Sandbox) -> Repo:
    """Applied as `test`, two reasons, one of them protected; then the environment is called `live`, and both manifests
    are gone."""
    live.write("config/kept.yaml", reason("kept", "Bleibt").replace("{name: kept}", "{name: kept, protect: true}"))
    assert live.run("apply", "--yes").code == 0
    live.write("syncer.yaml", RENAMED)
    live.remove("config/kept.yaml")
    sandbox.forget()
    return live


@pytest.mark.parametrize("line", ASKING)
def test_no_command_begins_anew_beside_the_state_of_the_former_name(renamed: Repo, sandbox: Sandbox, line: str) -> None:
    kept = {path: path.read_bytes() for path in renamed.folder.rglob("*") if path.is_file()}
    said = renamed.run(*line.split())
    if line in SPOKEN_OF_NO_STATE:
        assert said.code == SPOKEN_OF_NO_STATE[line]
    else:
        assert (said.code, said.err) == (4, f"error[state-renamed]: {MESSAGE}\n\nhint: {HINT}\n")
    assert sandbox.writes() == []
    now = {path: path.read_bytes() for path in renamed.folder.rglob("*") if path.is_file()}
    assert {path: text for path, text in now.items() if path.name not in {"live.lock", "live.journal"}} == kept


def test_taken_over_it_knows_of_removals_and_protection(renamed: Repo, sandbox: Sandbox) -> None:
    assert renamed.run("validate").code == 0
    said = renamed.run("state", "move", "--from", "test")
    assert (said.code, said.out, said.err) == (0, "moved 2 entries from test to live\n", "")
    said = renamed.run("apply", "--yes", "--allow-delete")
    assert (said.code, "protected" in said.err, "ClosingReason/kept" in said.all) == (4, True, True)
    assert sandbox.writes() == []
    assert renamed.run("apply", "--yes", "--allow-delete", "--allow-protected", "ClosingReason/kept").code == 0
    renamed.write("syncer.yaml", PROJECT)  # as a working copy that does not have the new name yet
    said = renamed.run("plan")
    assert (said.code, said.err) == (
        4,
        "error[state-moved]: state of `test` was taken over by environment `live`\n\nhint: name that one: --env live;"
        " where syncer.yaml has it not, the repository is older than the state\n",
    )


NOT_TAKEN: dict[str, tuple[tuple[str, ...], int, str]] = {
    # the command line, how it ends, the rule
    "neither": ((), 3, "usage"),
    "a path": (("--from", "../test"), 3, "environment-name"),
    "the environment itself": (("--from", "live"), 4, "state-there"),
    "one that never was": (("--from", "staging"), 4, "nothing-to-move"),
}


@pytest.mark.parametrize("case", NOT_TAKEN)
def test_what_cannot_be_taken_over(renamed: Repo, case: str) -> None:
    words, code, rule = NOT_TAKEN[case]
    said = renamed.run("state", "move", *words)
    assert (said.code, said.err.startswith(f"error[{rule}]: ")) == (code, True)
    assert str(renamed.folder) not in said.err.replace(str(renamed.state.parent), "")


def test_a_state_of_another_organisation_is_nobodys_here(renamed: Repo) -> None:
    renamed.write("syncer.yaml", RENAMED.replace(ORG, OTHER))
    said = renamed.run("state", "list")
    assert (said.code, said.out, said.err) == (0, "", "nothing is remembered yet\n")
    assert renamed.run("state", "move", "--from", "test").code == 3


def test_runs_kept_under_the_former_name_are_undone_under_the_new_one(renamed: Repo, sandbox: Sandbox) -> None:
    renamed.write("syncer.yaml", PROJECT)
    ((run, outcomes),) = [(each["id"], each["outcomes"]) for each in renamed.run("undo", "--format", "json").json]
    renamed.write("syncer.yaml", RENAMED)
    assert renamed.run("state", "move", "--from", "test").code == 0
    listed = renamed.run("undo", "--format", "json").json
    assert [(each["id"], each["environment"], each["outcomes"]) for each in listed] == [(run, "test", outcomes)]
    assert renamed.run("undo", run, "-o", "back.json").code == 0
    said = renamed.run("apply", "back.json", "--yes", "--allow-delete", "--allow-protected", "ClosingReason/kept")
    assert (said.code, len(sandbox.writes())) == (0, sum(outcomes.values()))
    again = renamed.run("undo", "--format", "json").json
    assert [(each["environment"], each["undo"]) for each in again] == [("live", run), ("test", None)]


def test_runs_of_another_organisation_stay_another_environments(renamed: Repo) -> None:
    renamed.write("syncer.yaml", PROJECT)
    run = renamed.run("undo", "--format", "json").json[0]["id"]
    renamed.write("syncer.yaml", RENAMED.replace(ORG, OTHER))
    said = renamed.run("undo")
    assert (said.code, said.out, said.err) == (0, "", "no run of `live` is kept on this machine\n")
    said = renamed.run("undo", run)
    assert (said.code, said.err) == (
        4,
        "error[other-run]: the run was made for environment `test`, and this is `live`\n\n"
        f'hint: name it in syncer.yaml again, with `org_id: "{ORG}"`\n',
    )


def test_a_former_state_besides_the_one_that_is_there_is_said(renamed: Repo, sandbox: Sandbox) -> None:
    left = renamed.state.read_bytes()
    assert renamed.run("state", "move", "--from", "test").code == 0
    renamed.state.write_bytes(left)  # as a working copy or a merge brings it back
    said = renamed.run("plan", "--format", "json")
    note = (
        "state: one of the same organisation is left for `test`, which syncer.yaml no longer names; what only that one"
        " remembers is forgotten here: neither removed nor protected"
    )
    assert (said.code, note in [each["message"] for each in said.json["notices"]]) == (0, True)
    renamed.state.unlink()
    assert "left for" not in renamed.run("plan", "--format", "json").out


def test_a_takeover_stays_within_the_repository(renamed: Repo) -> None:
    outside = renamed.folder.parent / "outside"
    renamed.state.parent.rename(outside)
    renamed.state.parent.symlink_to(outside)
    before = {path: path.read_bytes() for path in outside.iterdir()}
    said = renamed.run("state", "move", "--from", "test")
    assert (
        said.code,
        said.err.startswith("error[state]: the folder of the state is a link out of the repository"),
    ) == (
        3,
        True,
    )
    assert {path: path.read_bytes() for path in outside.iterdir()} == before


def test_a_rebuild_that_cannot_set_the_damage_aside_says_what_is_in_the_way(live: Repo, sandbox: Sandbox) -> None:
    assert live.run("apply", "--yes").code == 0
    aside = live.state.with_name("test.json.damaged")
    live.state.unlink()
    for folder in (aside, live.state):
        folder.mkdir()
        (folder / "kept").write_text("kept")
    said = live.run("state", "rebuild")
    message = "state cannot be set aside as `test.json.damaged`: what stands there is in the way"
    hint = "move `.syncer/state/test.json.damaged` away, and run `syncer state rebuild` again"
    assert said.code == 3
    assert said.err.endswith(f"error[state]: {message}\n  at .syncer/state/test.json:1:1\n\nhint: {hint}\n")
    assert [(each / "kept").read_text() for each in (aside, live.state)] == ["kept", "kept"]
    aside.rename(live.folder / "away")
    assert live.run("state", "rebuild").code == 0


TWINS = PROJECT + f'  twin:\n    org_id: "{ORG}"\n  third:\n    org_id: "{OTHER}"\n'


def test_two_environments_of_one_organisation_are_a_warning(live: Repo) -> None:
    live.write("syncer.yaml", TWINS)
    for words, code, severity in ((("validate",), 0, "warning"), (("validate", "--strict"), 3, "error")):
        said = live.run(*words, "--format", "json")
        (found,) = said.json["problems"]
        assert (said.code, found["severity"], said.problems()) == (code, severity, [("one-organisation", 8, 13)])
        assert found["message"] == "environments `test` and `twin` are one organisation"
    said = live.run("plan", "-e", "test", env={"EPILOT_TOKEN_TEST": TOKEN})
    assert (said.code, "1 warning about the manifests; `syncer validate` shows it" in said.err) == (0, True)
