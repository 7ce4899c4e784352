"""`syncer undo`: the list of runs, the plan back word for word, and an apply of it."""

from __future__ import annotations

import json
import re

from tests.cli.conftest import PROJECT, READER, STRANGER, reason

BACK = """\
Plan to take back run 0123abcd in test: organisation 739224 at SERVER

  ~ update   ◌ deactivate

◌ ClosingReason/new  "Neu"  risky
    users can no longer choose it; running flows keep it
    run `0123abcd` made it

~ ClosingReason/won  "Gewonnen"  safe
    title  "Sieg" → "Gewonnen"

Notices:
  ClosingReason/lost: `title` was changed by somebody since the run, and is left alone
  git still declares what run 0123abcd applied: revert that commit, or the next plan wants these
    changes again: ClosingReason/won
  git still declares what is switched off by this: the next plan switches on what its manifest
    says is on, and leaves the rest off: ClosingReason/new

An apply of this will need:
! 1 object would be removed
  hint: --allow-delete=1 lifts this, and the limit

2 writes, under a minute at 400 a minute
Plan id: ID
Plan: 1 to update, 1 to deactivate
"""


def plain(text: str, url: str, run: str = "none") -> str:
    """The text without what differs from run to run."""
    return re.sub(r"Plan id: [0-9a-f]{32}", "Plan id: ID", text.replace(url, "SERVER").replace(run, "0123abcd"))


def newest(live) -> str:
    """The id of the newest run."""
    return live.run("undo", "--format", "json").json[0]["id"]


def changed(live, sandbox) -> str:
    """Two reasons, then a run that changes both and makes a third; one is touched by hand. The run's id."""
    live.write("config/lost.yaml", reason("lost", "Verloren"))
    assert live.run("apply", "--yes").code == 0
    live.write("config/won.yaml", reason("won", "Sieg"))
    live.write("config/lost.yaml", reason("lost", "Pech"))
    live.write("config/new.yaml", reason("new", "Neu"))
    assert live.run("apply", "--yes").code == 0
    reasons = sandbox.ask("GET /v1/workflows/closing-reasons?includeInactive=true")["reasons"]
    (found,) = [each for each in reasons if each["title"] == "Pech"]
    sandbox.ask(f"PATCH /v2/workflows/closing-reasons/{found['id']}", {"title": "Von Hand", "status": "ACTIVE"})
    return newest(live)


def test_undo_says_what_it_would_change_and_changes_nothing(live, sandbox) -> None:
    run = changed(live, sandbox)
    sandbox.forget()
    said = live.run("undo", run, env={"EPILOT_TOKEN_TEST": READER})
    assert plain(said.out, sandbox.url, run) == BACK
    assert said.code == 0
    assert said.err == f"to do this: `syncer undo {run} -o FILE`, then `syncer apply FILE`\n"
    assert sandbox.writes() == []


def test_apply_of_a_saved_undo(live, sandbox) -> None:
    run = changed(live, sandbox)
    assert live.run("undo", run, "-o", "back.json").code == 0
    document = json.loads((live.folder / "back.json").read_text("utf-8"))
    assert (document["undo"], document["partial"]) == (run, False)
    assert plain(live.run("show", "back.json").out, sandbox.url, run).startswith(
        "Plan to take back run 0123abcd in test:"
    )
    refused = live.run("apply", "back.json")
    assert (refused.code, "--allow-delete=1" in refused.err) == (4, True)
    assert live.run("apply", "back.json", "--allow-delete=1").code == 0
    assert sandbox.titles() == ["Gewonnen", "Neu", "Von Hand"]
    again = live.run("apply", "back.json", "--allow-delete=1")  # it was carried out: it is no longer true
    assert (again.code, f"make it again: `syncer undo {run} -o FILE`" in again.err) == (4, True)
    assert live.run("undo", newest(live)).code == 0  # an undo is a run too


def test_a_saved_undo_is_bound_to_its_run(live, sandbox) -> None:
    """Somebody changes which run it is about: the id of the plan tells."""
    run = changed(live, sandbox)
    live.run("undo", run, "-o", "back.json")
    path = live.folder / "back.json"
    path.write_text(path.read_text("utf-8").replace(f'"undo": "{run}"', '"undo": "00000000"'), "utf-8")
    said = live.run("apply", "back.json", "--allow-delete")
    assert (said.code, "was changed after plan" in said.err) == (3, True)


def test_the_list_of_runs(live, sandbox) -> None:
    assert (live.run("undo").out, live.run("undo").err) == ("", "no run of `test` is kept on this machine\n")
    run = changed(live, sandbox)
    lines = live.run("undo").out.splitlines()
    assert len(lines) == 2
    moment, by = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC", r"\S+ on \S+ \(process \d+\)"
    assert re.fullmatch(rf"{run}  {moment}  3 done  plan [0-9a-f]{{32}}  by {by}", lines[0])
    live.run("undo", run, "-o", "back.json")
    live.run("apply", "back.json", "--allow-delete")
    assert f"2 done, takes back {run}  plan" in live.run("undo").out.splitlines()[0]
    document = live.run("undo", "--format", "json").json[0]
    assert (document["undo"], document["outcomes"]) == (run, {"done": 2})
    assert [(each["address"], each["action"], each["outcome"]) for each in document["changes"]] == [
        ("ClosingReason/won", "update", "done"),
        ("ClosingReason/new", "deactivate", "done"),
    ]


def test_a_run_that_is_not_there(live) -> None:
    said = live.run("undo", "0123abcd")
    assert said.code == 3
    assert said.err.startswith("error[no-such-run]: no run `0123abcd` is kept in ")


def test_a_run_of_another_environment_is_refused_as_its_plan_is(live, sandbox) -> None:
    run = changed(live, sandbox)
    assert live.run("plan", "-o", "saved.json").code == 0
    live.write("syncer.yaml", PROJECT + '  other:\n    org_id: "911042"\n')
    live.env["EPILOT_TOKEN"] = STRANGER
    kept = sandbox.titles()
    for words in (("undo", run), ("apply", "saved.json", "--yes")):
        said = live.run(*words, "-e", "other")
        assert said.code == 4
        assert "was made for environment `test`, and this is `other`" in said.err
    assert sandbox.titles() == kept


def test_a_torn_and_a_damaged_file(live, sandbox) -> None:
    run = changed(live, sandbox)
    older, path = sorted((live.folder / ".syncer" / "runs" / "test").iterdir(), key=lambda each: run in each.name)
    assert path.stat().st_mode & 0o777 == 0o600
    whole = path.read_bytes()
    path.write_bytes(whole[:-40])  # the process died in the last record, which tells an end: live decides
    said = live.run("undo", run)
    assert (said.code, "a record cut off by a crash was dropped" in said.out) == (0, True)
    assert "Plan: 1 to update, 1 to deactivate" in said.out
    older.write_bytes(older.read_bytes().replace(b"Gewonnen", b"gewonnen", 1))
    assert live.run("undo").err.endswith("run is damaged: a record does not match its checksum\n")
    path.write_bytes(whole)
    assert live.run("undo", run).code == 0


def test_manifests_that_cannot_be_read_are_no_reason_not_to(live, sandbox) -> None:
    run = changed(live, sandbox)
    live.write("config/won.yaml", "kind: [")
    said = live.run("undo", run)
    assert said.code == 0
    assert "the manifests cannot be read, so what git wants is not known" in said.out


def test_runs_are_kept_in_no_folder_that_a_checkout_links_to(live, sandbox, tmp_path) -> None:
    """A pull request brings `.syncer/runs` as a link: what the organisation held is written nowhere else."""
    out = tmp_path / "elsewhere"
    out.mkdir()
    (live.folder / ".syncer").mkdir()
    (live.folder / ".syncer" / "runs").symlink_to(out)
    for args in (["apply", "--yes"], ["undo"], ["undo", "0123abcd"]):
        said = live.run(*args)
        assert (said.code, "the folder of the runs is a link out of the repository" in said.err) == (3, True), args
    assert (list(out.iterdir()), sandbox.writes()) == ([], [])


def test_one_of_which_nothing_can_be_taken_back_ends_with_4_and_says_why(live, sandbox) -> None:
    live.run("apply", "--yes")
    live.write("config/won.yaml", reason("won", "Sieg"))
    assert live.run("apply", "--yes").code == 0
    (found,) = sandbox.ask("GET /v1/workflows/closing-reasons?includeInactive=true")["reasons"]
    sandbox.ask(f"PATCH /v2/workflows/closing-reasons/{found['id']}", {"title": "Von Hand", "status": "ACTIVE"})
    run = newest(live)
    said = live.run("undo", run)
    assert said.code == 4
    assert "ClosingReason/won: `title` was changed by somebody since the run, and is left alone" in said.out
    assert f"nothing of run `{run}` can be taken back" in said.err
    assert live.run("undo", run, "--format", "json").code == 4
    assert live.run("undo", run, "-o", "back.json").code == 4
    assert not (live.folder / "back.json").exists()
