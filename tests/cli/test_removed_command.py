"""What people read where a `Removed` document asks for something: the plan, its refusals, the apply."""

from __future__ import annotations

import re

from tests.cli.conftest import flow, reason

REMOVED = """\
apiVersion: syncer/v1
kind: Removed
metadata: {name: old}
spec:
  objects:
    - {address: ClosingReason/won, action: deactivate}
    - {kind: ClosingReason, key: Zu teuer, action: delete}
    - {address: FlowTemplate/f, action: forget}
    - {kind: ClosingReason, key: Verloren, action: delete}
"""
PLAN = """\
Plan for test: organisation 739224 at SERVER

  - delete   ◌ deactivate

- ClosingReason/id:AAAAAAAAAAAAAAAAAAAAA  "Zu teuer"  destructive
    users can no longer choose it; running flows keep it
    Removed/old asks for it

◌ ClosingReason/won  "Gewonnen"  risky
    users can no longer choose it; running flows keep it
    Removed/old asks for it

Let go of: no longer remembered, live as they are:
  FlowTemplate/f

Notices:
  the ClosingReason `Verloren` is not in the organisation: there is nothing to remove
    (Removed/old)

An apply of this will need:
! 2 objects would be removed
  hint: --allow-delete=2 lifts this, and the limit
! ClosingReason/id:AAAAAAAAAAAAAAAAAAAAA: users can no longer choose it; running flows keep it;
  Removed/old asks for it
  hint: --accept-data-loss ClosingReason/id:AAAAAAAAAAAAAAAAAAAAA

2 writes, under a minute at 400 a minute
Plan id: ID
Plan: 1 to delete, 1 to deactivate, 1 to let go of
"""
ONLY_LET_GO = """\
Plan for test: organisation 739224 at SERVER

Let go of: no longer remembered, live as they are:
  ClosingReason/won

Plan id: ID
Plan: 1 to let go of
"""


def plain(text: str, url: str) -> str:
    return re.sub(r"Plan id: [0-9a-f]{32}", "Plan id: ID", text.replace(url, "SERVER"))


def test_the_plan_and_its_apply(live, sandbox) -> None:
    live.write("config/flow.yaml", flow("f"))
    live.write("config/kept.yaml", reason("kept", "Bleibt"))
    assert live.run("apply", "--yes").code == 0
    sandbox.seed({"closing_reasons": [{"id": "A" * 21, "title": "Zu teuer"}]})
    live.remove("config/won.yaml")
    live.remove("config/flow.yaml")
    live.write("config/old.yaml", REMOVED)
    assert live.run("validate").err == "2 manifests in 2 files: valid\n"
    said = live.run("plan")
    assert (said.code, plain(said.out, sandbox.url), said.err) == (0, PLAN, "")
    sandbox.forget()
    refused = live.run("apply", "--yes")
    assert (refused.code, sandbox.writes()) == (4, [])
    lifted = ["--allow-delete=2", "--accept-data-loss", "ClosingReason/id:" + "A" * 21]
    done = live.run("apply", "--yes", *lifted)
    assert done.code == 0
    assert "FlowTemplate/f is let go of: nothing is remembered of it, and it stays as it is\n" in done.err
    assert live.run("state", "list").out.split()[0::2] == ["ClosingReason/kept"]
    assert [each["name"] for each in sandbox.ask("GET /v2/flows/templates")["results"]] == ["Flow f"]
    assert sandbox.titles() == ["Bleibt", "Gewonnen"]
    again = live.run("apply", "--yes")
    assert (again.code, again.out.splitlines()[-1]) == (0, "No changes.")


def test_who_lets_go_is_asked(live, sandbox) -> None:
    live.run("apply", "--yes")
    live.write(
        "config/won.yaml", REMOVED.partition("    -")[0] + "    - {address: ClosingReason/won, action: forget}\n"
    )
    said = live.run("plan", "--detailed-exitcode")
    assert (said.code, plain(said.out, sandbox.url)) == (2, ONLY_LET_GO)
    said = live.run("apply")
    assert (said.code, "nobody is there to say yes to this plan" in said.err) == (4, True)
    assert live.run("state", "list").out != ""
    assert live.run("plan", "-o", "plan.json").code == 0
    assert plain(live.run("show", "plan.json").out, sandbox.url) == ONLY_LET_GO
    said = live.run("apply", "plan.json", "--format", "json")
    assert (said.code, said.json["summary"]) == (0, {})
    assert live.run("state", "list").out == ""
    assert sandbox.titles() == ["Gewonnen"]


def test_a_part_of_it_is_planned_saved_and_applied(live, sandbox) -> None:
    sandbox.seed({"closing_reasons": [{"id": "A" * 21, "title": "Zu teuer"}, {"id": "B" * 21, "title": "Verloren"}]})
    live.write("config/old.yaml", REMOVED.replace("won,", "gone,"))
    for pattern in ("ClosingReason/id:*", "ClosingReason/id:" + "A" * 21):
        said = live.run("plan", "--only", pattern, "-o", "plan.json", "--format", "json")
        addresses = [each["address"] for each in said.json["changes"]]
        assert addresses[0] == "ClosingReason/id:" + "A" * 21, pattern
    assert addresses == ["ClosingReason/id:" + "A" * 21]
    lifted = ["--allow-delete=1", "--accept-data-loss", "ClosingReason/id:" + "A" * 21]
    said = live.run("apply", "plan.json", *lifted)
    assert (said.code, said.out.splitlines()[-1], sandbox.titles()) == (0, "Applied: 1 deleted", ["Verloren"])
    said = live.run("plan", "--only", "RetentionConfig/*")
    assert (said.code, "`RetentionConfig/*` fits no address" in said.err) == (3, True)


def test_fmt_knows_it(live) -> None:
    entry = "{address: FlowTemplate/f, action: forget}  # ours no more\n"
    loose = f"spec:\n    objects:\n    -   {entry}metadata: {{name: old}}\nkind: Removed\napiVersion: syncer/v1\n"
    live.write("config/old.yaml", loose)
    assert live.run("fmt").code == 0
    assert (live.folder / "config" / "old.yaml").read_text("utf-8") == (
        f"apiVersion: syncer/v1\nkind: Removed\nmetadata: {{name: old}}\nspec:\n  objects:\n    - {entry}"
    )
