# ruff: noqa: E501  a case is a line, so that the tables can be read down
"""`plan`, `apply`, `show` and `state` against the sandbox, in this process; the exit codes of README.md#exit-codes."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys

import pytest

from tests.cli.conftest import ORG, PLAIN, READER, STRANGER, Typed, ended, flow, reason
from tests.support.patience import PATIENCE, until

READS = "GET /v1/workflows/closing-reasons"
CREATE = "POST /v1/workflows/closing-reasons"
PLAN = """\
Plan for test: organisation 739224 at SERVER

  + create

+ ClosingReason/won  "Gewonnen"  safe
    title   "Gewonnen"
    status  "ACTIVE"

1 write, under a minute at 400 a minute
Plan id: ID
Plan: 1 to create
"""


def plain(text: str, url: str) -> str:
    """The text without what differs from run to run."""
    return re.sub(r"Plan id: [0-9a-f]{32}", "Plan id: ID", text.replace(url, "SERVER"))


# ------------------------------------------------------------------------------------------------------------- plan


def test_plan_says_what_would_change_and_sends_nothing_that_could(live, sandbox) -> None:
    said = live.run("plan")
    assert (said.code, plain(said.out, sandbox.url), said.err) == (0, PLAN, "")
    assert (sandbox.writes(), sandbox.titles()) == ([], [])
    assert READS in sandbox.requests()
    assert not live.state.exists()


def test_the_same_plan_twice_is_the_same_bytes(live) -> None:
    live.reasons(5)
    assert live.run("plan").out == live.run("plan").out
    assert live.run("plan", "--format", "json").out == live.run("plan", "--format", "json").out


def test_plan_as_json_is_what_is_saved(live, sandbox) -> None:
    said = live.run("plan", "--format", "json", "-o", "plan.json")
    assert (said.code, said.err) == (0, "")
    assert (live.folder / "plan.json").read_text("utf-8") == said.out
    assert (live.folder / "plan.json").stat().st_mode & 0o777 == 0o600
    document = said.json
    assert {name: document[name] for name in ("format_version", "environment", "org_id", "server", "summary")} == {
        "format_version": 2, "environment": "test", "org_id": ORG, "server": sandbox.url, "summary": {"create": 1},
    }  # fmt: skip


EXITS = {
    # arguments                                applied before   exit
    "changes": ([], False, 0),
    "changes, detailed": (["--detailed-exitcode"], False, 2),
    "changes, detailed, json": (["--detailed-exitcode", "--format", "json"], False, 2),
    "none": ([], True, 0),
    "none, detailed": (["--detailed-exitcode"], True, 0),
}


@pytest.mark.parametrize(("args", "applied", "code"), EXITS.values(), ids=EXITS)
def test_exit_code_of_plan(live, args, applied: bool, code: int) -> None:
    if applied:
        assert live.run("apply", "--yes").code == 0
    assert live.run("plan", *args).code == code


def test_no_changes(live, sandbox) -> None:
    live.run("apply", "--yes")
    said = live.run("plan")
    assert (said.code, said.err) == (0, "")
    assert plain(said.out, sandbox.url) == "Plan for test: organisation 739224 at SERVER\n\nNo changes.\n"


CHOSEN = {
    # arguments                                                  addresses with a change
    "all": ([], ["ClosingReason/lost", "ClosingReason/won", "FlowTemplate/f"]),
    "only one": (["--only", "ClosingReason/lost"], ["ClosingReason/lost"]),
    "only, with what it refers to": (["--only", "FlowTemplate/*"], ["ClosingReason/won", "FlowTemplate/f"]),
    "except": (["--except", "FlowTemplate/*"], ["ClosingReason/lost", "ClosingReason/won"]),
    "both": (["--only", "ClosingReason/*", "--except", "*/won"], ["ClosingReason/lost"]),
    "a wildcard for all": (["--only", "*"], ["ClosingReason/lost", "ClosingReason/won", "FlowTemplate/f"]),
}


@pytest.mark.parametrize(("args", "addresses"), CHOSEN.values(), ids=CHOSEN)
def test_only_and_except(live, args, addresses) -> None:
    live.write("config/lost.yaml", reason("lost", "Verloren"))
    live.write("config/flow.yaml", flow("f", "won"))
    document = live.run("plan", *args, "--format", "json").json
    assert [each["address"] for each in document["changes"]] == addresses
    assert document["partial"] is bool(args)


def _stray(name: str, title: str) -> str:
    """A reason that lists a field which it does not have."""
    return reason(name, title).replace("{name: ", "{extra: [odd], name: ")


def test_warnings_are_counted_once_and_shortly(live) -> None:
    live.write("config/warned.yaml", _stray("a", "A") + "---\n" + _stray("b", "B"))
    said = live.run("plan")
    assert (said.code, said.err) == (0, "2 warnings about the manifests; `syncer validate` shows them\n")
    said = live.run("plan", "--format", "json", "--only", "ClosingReason/a")
    assert (said.code, said.json["problems"]) == (0, [])
    assert said.err.startswith("2 warnings about the manifests; ")


# ------------------------------------------------------------------------------------------------------------ apply


def test_apply_unasked(live, sandbox) -> None:
    said = live.run("apply", "--yes")
    assert (said.code, plain(said.out, sandbox.url)) == (0, PLAN + "Applied: 1 created\n")
    assert re.fullmatch(r"\+ ClosingReason/won created \(\S+, \d\.\d s\)\n", said.err)
    assert (sandbox.writes(), sandbox.titles()) == ([CREATE], ["Gewonnen"])
    assert not live.state.with_suffix(".lock").exists()
    sandbox.forget()
    said = live.run("apply", "--yes")
    assert (said.code, said.err, sandbox.writes()) == (0, "", [])
    assert said.out.endswith("\n\nNo changes.\n")


def test_apply_as_json(live, sandbox) -> None:
    said = live.run("apply", "--yes", "--format", "json")
    document = said.json
    assert (said.code, document["exit_code"], document["summary"]) == (0, 0, {"created": 1})
    [result] = document["results"]
    assert (result["address"], result["action"], result["outcome"]) == ("ClosingReason/won", "create", "done")
    said = live.run("apply", "--yes", "--format", "json")
    assert (said.code, said.json["results"], said.err) == (0, [], "")


def test_apply_with_nobody_there(live, sandbox) -> None:
    said = live.run("apply")
    assert (said.code, sandbox.writes()) == (4, [])
    assert said.err.startswith("error[not-asked]: nobody is there to say yes to this plan\n\nhint: --yes applies it")


def test_apply_with_nobody_there_and_nothing_to_do(live) -> None:
    live.run("apply", "--yes")
    assert live.run("apply").code == 0


ANSWERS = {
    # what is typed: exit, what was written
    "yes": (b"yes\n", 0, [CREATE]),
    "no": (b"no\n", 4, []),
    "y is not yes": (b"y\n", 4, []),
    "nothing": (b"\n", 4, []),
    "the end of input": (b"\x04", 4, []),
}


@pytest.mark.parametrize(("keys", "code", "writes"), ANSWERS.values(), ids=ANSWERS)
def test_apply_asks_at_a_terminal(live, sandbox, keys: bytes, code: int, writes) -> None:
    person = Typed(live, "apply")
    person.wait_for(b"Only `yes` does it: ")
    said = person.type(keys)
    assert (said.code, sandbox.writes()) == (code, writes)
    assert said.out.startswith("Plan for test: ")
    assert not live.state.with_suffix(".lock").exists()


def test_who_is_asked_for_json_sees_the_plan(live) -> None:
    person = Typed(live, "apply", "--format", "json")
    person.wait_for(b"Only `yes` does it: ")
    assert b"Plan: 1 to create" in person.seen
    said = person.type(b"yes\n")
    assert (said.code, said.json["summary"]) == (0, {"created": 1})


# ------------------------------------------------------------------------------------------------------ saved plans


def test_a_saved_plan_is_applied_unasked(live, sandbox) -> None:
    live.run("plan", "-o", "p")
    said = live.run("apply", "p")
    assert (said.code, sandbox.writes(), sandbox.titles()) == (0, [CREATE], ["Gewonnen"])
    said = live.run("apply", "p")
    assert (said.code, "error[stale-plan]" in said.err) == (4, True)


def _drift(live, sandbox) -> None:
    [found] = sandbox.ask("GET /v1/workflows/closing-reasons?includeInactive=true")["reasons"]
    sandbox.ask(f"PATCH /v2/workflows/closing-reasons/{found['id']}", {"status": "INACTIVE"})


MOVED = {
    # between plan and apply                                                        what is said
    "the manifest": (lambda live, sandbox: live.write("config/won.yaml", reason("won", "Verkauft")), "its manifest, or a variable it uses, has changed"),
    "another manifest": (lambda live, sandbox: live.write("config/new.yaml", reason("new", "Neu")), "ClosingReason/new: the plan does not have it, and now it needs: create"),
    "the manifest is gone": (lambda live, sandbox: live.remove("config/won.yaml"), "ClosingReason/won: the plan says update, and now it needs deactivate"),
    "the live object": (_drift, "it was changed in the organisation"),
}  # fmt: skip


@pytest.mark.parametrize(("move", "said"), MOVED.values(), ids=MOVED)
def test_a_saved_plan_that_is_no_longer_true(live, sandbox, move, said: str) -> None:
    live.run("apply", "--yes")
    live.write("config/won.yaml", reason("won", "Gewonnen!"))
    assert live.run("plan", "-o", "p").code == 0
    sandbox.forget()
    move(live, sandbox)
    before = sandbox.writes()
    refused = live.run("apply", "p", "--format", "json")
    assert (refused.code, sandbox.writes()) == (4, before)
    rules = [each["rule"] for each in refused.json["problems"]]
    assert set(rules) == {"stale", "stale-plan"}
    assert live.run("show", "p").code == 0


def test_a_partial_plan_is_applied_to_the_same_addresses(live, sandbox) -> None:
    """What was left out stays out, also where something chosen refers to it and where it would change by now."""
    live.write("config/flow.yaml", flow("f", "won"))
    live.run("apply", "--yes")
    live.write("config/won.yaml", reason("won", "Verkauft"))
    live.write("config/flow.yaml", flow("f", "won").replace("Flow f", "Flow g"))
    assert live.run("plan", "--except", "*/won", "-o", "p").code == 0
    said = live.run("apply", "p")
    assert (said.code, sandbox.titles()) == (0, ["Gewonnen"])
    assert said.out.endswith("Applied: 1 updated\n")


def test_a_partial_plan_without_a_change(live) -> None:
    live.run("apply", "--yes")
    live.write("config/lost.yaml", reason("lost", "Verloren"))
    assert live.run("plan", "--only", "*/won", "-o", "p").code == 0
    said = live.run("apply", "p")
    assert (said.code, said.out.splitlines()[-1]) == (0, "No changes.")


def test_a_plan_for_another_environment(live) -> None:
    live.write("syncer.yaml", (live.folder / "syncer.yaml").read_text() + '  other: {org_id: "1"}\n')
    live.run("plan", "-e", "test", "-o", "p")
    said = live.run("apply", "p", "-e", "other", env={"EPILOT_TOKEN": "x-any"})
    assert said.code in (4, 6)
    assert live.run("apply", "p").code == 0  # the plan says which


DAMAGED = {
    # what becomes of the file                                         what is said of it
    "not there": (lambda text: None, "can't be read: No such file or directory"),
    "empty": (lambda text: "", "is no plan: "),
    "cut off": (lambda text: text[: len(text) // 2], "is no plan: "),
    "another document": (lambda text: "{}", "is no plan: it has no `format_version`"),
    "a later format": (lambda text: text.replace('"format_version": 2', '"format_version": 3'), "has `format_version` 3: this syncer reads formats 1 and 2"),
    "a byte": (lambda text: text.replace('"Gewonnen"', '"Verloren"'), "was changed after plan "),
    "a key more": (lambda text: text.replace('"links": []', '"links": [], "x": 1'), "is no plan: its format knows no such key"),
    "bytes of anything": (lambda text: "\udcff\x00", "is no plan: "),
}  # fmt: skip


@pytest.mark.parametrize("command", ["show", "apply"])
@pytest.mark.parametrize(("damage", "said"), DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_plan_file(live, sandbox, command: str, damage, said: str) -> None:
    live.run("plan", "-o", "p")
    sandbox.forget()
    text = damage((live.folder / "p").read_text("utf-8"))
    (live.folder / "p").unlink()
    if text is not None:
        live.write("p", text.encode("utf-8", "surrogateescape"))
    result = live.run(command, "p")
    assert (result.code, result.out, sandbox.requests()) == (3, "", [])
    assert result.err.startswith(f"error[plan-file]: `p` {said}")


def test_show_needs_no_server_no_token_no_repository(live, sandbox) -> None:
    planned = live.run("plan", "-o", "p")
    live.write("alone/p", (live.folder / "p").read_bytes())
    live.remove("syncer.yaml")
    nothing = {"EPILOT_TOKEN_TEST": None, "SYNCER_SERVER": None}
    sandbox.forget()
    said = live.run("show", "p", at="alone", env=nothing)
    assert (said.code, said.err, sandbox.requests()) == (0, "", [])
    assert said.out == planned.out.replace(", under a minute at 400 a minute", "")
    said = live.run("show", "p", "--format", "json", at="alone", env=nothing)
    assert said.out == (live.folder / "p").read_text("utf-8")


# --------------------------------------------------------------------------------------------------------- consents


def test_a_removal_is_asked_for(live, sandbox) -> None:
    live.write("config/two.yaml", reason("two", "Zwei"))
    live.run("apply", "--yes")
    live.remove("config/two.yaml")
    sandbox.forget()
    said = live.run("apply", "--yes")
    assert (said.code, sandbox.writes()) == (4, [])
    assert "error[removals]: 1 object would be removed\n\nhint: --allow-delete=1 lifts this, and the limit" in said.err
    assert live.run("apply", "--yes", "--allow-delete=0").code == 4
    assert live.run("apply", "--yes", "--allow-delete").code == 0


FITTING = {
    # arguments                                             what is said
    "data loss": (["--accept-data-loss", "EntitySchema/contact"], "--accept-data-loss EntitySchema/contact fits nothing in this plan"),
    "missing": (["--allow-missing", "FlowTemplate"], "--allow-missing FlowTemplate fits nothing in this plan"),
    "protected, near": (["--allow-protected", "ClosingReason/tow"], "--allow-protected ClosingReason/tow fits nothing in this plan: did you mean `ClosingReason/two`?"),
}  # fmt: skip


@pytest.mark.parametrize(("args", "note"), FITTING.values(), ids=FITTING)
def test_a_consent_that_fits_nothing_is_told(live, args, note: str) -> None:
    live.write("config/two.yaml", reason("two", "Zwei").replace("{name: two}", "{name: two, protect: true}"))
    live.run("apply", "--yes")
    live.remove("config/two.yaml")
    said = live.run("apply", "--yes", "--allow-delete", *args)
    assert (said.code, said.err.splitlines()[0]) == (4, f"note: {note}")
    said = live.run("apply", "--yes", "--allow-delete", "--allow-protected", "ClosingReason/two")
    assert (said.code, "note:" in said.err) == (0, False)


# ------------------------------------------------------------------------------------------------------------ state


def test_state_list_show_and_rm(live, sandbox) -> None:
    said = live.run("state", "list")
    assert (said.code, said.out, said.err) == (0, "", "nothing is remembered yet\n")
    live.run("apply", "--yes")
    [found] = sandbox.ask("GET /v1/workflows/closing-reasons?includeInactive=true")["reasons"]
    assert live.run("state", "list").out == f"ClosingReason/won  {found['id']}\n"
    assert live.run("state", "list", "--format", "json").json == [
        {"address": "ClosingReason/won", "live_id": found["id"]}
    ]
    shown = live.run("state", "show", "ClosingReason/won").json
    assert (shown["live_id"], shown["declared"]) == (found["id"], {"title": "Gewonnen", "status": "ACTIVE"})
    sandbox.forget()
    assert live.run("state", "rm", "ClosingReason/won").out == "forgot ClosingReason/won\n"
    assert (live.run("state", "list").out, sandbox.requests()) == ("", [])


@pytest.mark.parametrize("command", ["show", "rm"])
@pytest.mark.parametrize(
    ("address", "hint"),
    [
        ("ClosingReason/wno", "did you mean `ClosingReason/won`?"),
        ("zzz", "`syncer state list` shows what is remembered"),
    ],
)
def test_an_address_that_is_not_remembered(live, command: str, address: str, hint: str) -> None:
    live.run("apply", "--yes")
    before = live.state.read_bytes()
    said = live.run("state", command, address)
    assert (said.code, said.out, live.state.read_bytes()) == (3, "", before)
    assert said.err == f"error[unknown-address]: nothing is remembered of `{address}`\n\nhint: {hint}\n"


BROKEN_STATE = {
    "empty": "",
    "cut off": '{"format_version": 1, "entr',
    "a conflict": "<<<<<<< HEAD\n{}\n=======\n{}\n>>>>>>> x\n",
    "of a later version": '{"format_version": 99}\n',
}


@pytest.mark.parametrize("text", BROKEN_STATE.values(), ids=BROKEN_STATE)
@pytest.mark.parametrize(
    "args", [("plan",), ("apply", "--yes"), ("state", "list"), ("state", "rm", "A/b")], ids=" ".join
)
def test_a_damaged_state_is_never_taken_for_an_empty_one(live, sandbox, text: str, args) -> None:
    live.write(".syncer/state/test.json", text)
    said = live.run(*args)
    assert (said.code, said.out, sandbox.requests()) == (3, "", [])
    assert live.state.read_text("utf-8") == text
    assert "test.json" in said.err


def test_rebuild_sets_a_damaged_state_aside(live, sandbox) -> None:
    live.run("apply", "--yes")
    live.write(".syncer/state/test.json", "")
    sandbox.forget()
    said = live.run("state", "rebuild")
    assert (said.code, sandbox.writes()) == (0, [])
    assert re.fullmatch(r"ClosingReason/won  \S+  by title\n", said.out)
    assert said.err.endswith("set aside as test.json.damaged\n1 links, 1 of them new\n") or said.err.endswith(
        "set aside as test.json.damaged\n1 link, 1 of them new\n"
    )
    assert (live.state.with_suffix(".json.damaged")).read_bytes() == b""
    assert live.run("plan").out.endswith("No changes.\n")


def test_a_lost_state_costs_nothing_but_the_memory_of_removals(live, sandbox) -> None:
    live.run("apply", "--yes")
    live.state.unlink()
    sandbox.forget()
    said = live.run("apply", "--yes")
    assert (said.code, sandbox.writes(), sandbox.titles()) == (0, [], ["Gewonnen"])
    assert "1 link rebuilt" in said.out


# ------------------------------------------------------------------------------------------------------ who may what


def test_a_token_for_reading_plans_and_does_not_apply(live, sandbox) -> None:
    reader = {"EPILOT_TOKEN_TEST": READER}
    assert live.run("plan", env=reader).code == 0
    said = live.run("apply", "--yes", env=reader)
    assert (said.code, sandbox.titles()) == (6, [])  # an opaque token says nothing of itself: the platform said no


def test_a_token_of_another_organisation(live, sandbox) -> None:
    live.run("apply", "--yes")
    sandbox.forget()
    live.write("config/two.yaml", reason("two", "Zwei"))
    said = live.run("apply", "--yes", env={"EPILOT_TOKEN_TEST": STRANGER})
    assert (said.code, sandbox.writes()) == (4, [])
    assert "error[wrong-organisation]: the token belongs to organisation `911042`" in said.err


def test_two_at_once(live, sandbox) -> None:
    """The second run is refused and names the first."""
    sandbox.fault(method="POST", path="/v1/workflows/closing-reasons", delay=1.5, times=1)
    first = live.start("apply", "--yes")
    until(lambda: CREATE in sandbox.requests() or live.state.with_suffix(".journal").exists(), "the first run's lock")
    second = live.run("apply", "--yes")
    assert second.code == 4
    assert f"(process {first.pid})" in second.err
    assert "error[locked]: state is locked by " in second.err
    assert ended(first).code == 0
    assert sandbox.titles() == ["Gewonnen"]
    assert live.run("apply", "--yes").code == 0


def test_the_console_script_is_there() -> None:
    """What a person types: the command beside the interpreter, if syncer is installed there."""
    script = os.path.join(os.path.dirname(sys.executable), "syncer")
    if not os.path.exists(script):
        pytest.skip("syncer is not installed in this environment, only importable")
    done = subprocess.run(
        [script, "--version"], capture_output=True, text=True, check=False, env=PLAIN, timeout=PATIENCE
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert json.dumps(done.stdout).startswith('"syncer ')
