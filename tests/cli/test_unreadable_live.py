"""A live object of a form that nobody knows: each command names it. What only looks goes on with all others; what
decides, or writes down what others decide by, ends before anything is written."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cli.conftest import Repo, Sandbox, flow, reason

Json = Any


@pytest.fixture
def spoilt(live: Repo, sandbox: Sandbox) -> Repo:
    """Three flows and a reason, applied; then two flows get what the platform documents nowhere."""
    for name in ("one", "two", "three"):
        live.write(f"config/{name}.yaml", flow(name))
    assert live.run("apply", "--yes").code == 0
    for name in ("one", "two"):
        sandbox.spoil("flow", _id(sandbox, name), tasks=[{"id": ["t"], "name": "Check", "task_type": "MANUAL"}])
    return live


def _id(sandbox: Sandbox, name: str) -> str:
    flows = sandbox.ask("GET /v2/flows/templates")["results"]
    return next(each["id"] for each in flows if each["name"] == f"Flow {name}")


def _rename(sandbox: Sandbox, name: str) -> None:
    """The flow's task gets another name by hand."""
    live = sandbox.ask(f"GET /v2/flows/templates/{_id(sandbox, name)}")
    tasks = [{**each, "name": "Anders"} for each in live["tasks"]]
    sandbox.ask(f"PUT /v2/flows/templates/{live['id']}", {**live, "tasks": tasks})


def _named(text: str) -> list[str]:
    """The flows that are said to be of another form, in order."""
    words = text.replace("\n", " ")
    said = ": the platform answered in a form that syncer does not know ("
    return [each for each in ("one", "two", "three") if f"FlowTemplate/{each}{said}" in words]


@pytest.mark.parametrize("words", [("plan",), ("plan", "--detailed-exitcode"), ("apply", "--yes")])
def test_a_plan_decides_nothing_past_them_and_names_all(spoilt: Repo, sandbox: Sandbox, words: tuple[str, ...]) -> None:
    spoilt.write("config/new.yaml", reason("new", "Neu"))
    sandbox.forget()
    done = spoilt.run(*words)
    assert (done.code, _named(done.err), sandbox.writes()) == (6, ["one", "two"], []), done.all
    assert spoilt.run("plan", "--only", "ClosingReason/*").code == 0  # which needs neither


def test_drift_compares_all_others(spoilt: Repo, sandbox: Sandbox) -> None:
    done = spoilt.run("drift", "--format", "json")
    assert (done.code, done.json["not_compared"]) == (3, ["FlowTemplate/one", "FlowTemplate/two"]), done.all
    _rename(sandbox, "three")
    done = spoilt.run("drift")
    assert (done.code, _named(done.err)) == (2, ["one", "two"]), done.all
    assert '~ FlowTemplate/three  "Flow three"  changed by hand' in done.out


def test_pull_takes_all_others_over_and_writes_what_is_new(spoilt: Repo, sandbox: Sandbox) -> None:
    _rename(sandbox, "three")
    sandbox.ask("POST /v1/workflows/closing-reasons", {"title": "Neu", "status": "ACTIVE"})
    before = spoilt.digest()
    done = spoilt.run("pull", "--kind", "FlowTemplate", "--kind", "ClosingReason")
    assert (done.code, _named(done.err), done.err.count("warning[unreadable-live]")) == (5, ["one", "two"], 2), done.all
    assert "name: Anders" in (spoilt.folder / "config/three.yaml").read_text("utf-8")
    after = spoilt.digest()
    assert {each for each in after if after[each] != before.get(each)} == {
        "config/three.yaml",
        "config/reasons/neu.yaml",
    }
    again = spoilt.run("pull", "--kind", "ClosingReason")  # nothing of it was asked for
    assert (again.code, _named(again.err)) == (0, ["one", "two"]), again.all


LISTED = ("plan", "apply --yes", "drift", "record", "adopt FlowTemplate/three")


@pytest.mark.parametrize("words", LISTED)
def test_one_that_a_list_holds_and_nobody_can_read(spoilt: Repo, sandbox: Sandbox, words: str) -> None:
    """It may be what a manifest describes, or what is to be removed: all that stands in the list is needed."""
    id = _id(sandbox, "one")
    sandbox.spoil("flow", id, closing_reasons=["x"])
    sandbox.forget()
    done = spoilt.run(*words.split())
    assert (done.code, done.out, sandbox.writes()) == (6, "", []), done.all
    assert f"`{id}`" in done.err, done.err


def test_pull_goes_on_without_it(spoilt: Repo, sandbox: Sandbox) -> None:
    spoilt.remove("config/one.yaml")
    spoilt.run("state", "rm", "FlowTemplate/one")
    sandbox.spoil("flow", _id(sandbox, "one"), closing_reasons=["x"])
    _rename(sandbox, "three")
    other = spoilt.run("pull", "--kind", "ClosingReason")  # flows are read for it too, and none was asked for
    assert (other.code, "Flow one" in other.err) == (0, False), other.all
    done = spoilt.run("pull", "--kind", "FlowTemplate")
    assert (done.code, _named(done.err)) == (5, ["two"]), done.all
    assert "warning[unreadable-live]: the platform answered with something that is no FlowTemplate: `Flow one` " in (
        done.err.replace("\n", " ")
    )
    assert "name: Anders" in (spoilt.folder / "config/three.yaml").read_text("utf-8")
