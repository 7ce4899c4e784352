# ruff: noqa: E501  a case is a line, so that the tables can be read down
"""`adopt` and `state mv`: what is linked, what is refused with its candidates, and that nothing live is changed."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from syncer.kinds import KINDS
from syncer.model.address import Address, parse_address
from syncer.model.diagnostic import InvalidInput
from syncer.ops.state import renames
from syncer.state.journal import Intent, Journal
from tests.cli.conftest import ORG, STRANGER, reason

A, B, C = "A" * 21, "B" * 21, "C" * 21
REASONS = {"closing_reasons": [{"id": A, "title": "Erfolg"}, {"id": B, "title": "Zu teuer"}]}


def golden(text: str, url: str) -> str:
    return re.sub(r"Plan id: [0-9a-f]{32}", "Plan id: ID", text.replace(url, "SERVER"))


def entries(repo) -> dict[str, str]:
    """What is remembered: address → live id."""
    return {each["address"]: each["live_id"] for each in repo.run("state", "list", "--format", "json").json}


FOLLOWS = """\
Plan for test: organisation 739224 at SERVER
only a part of the manifests was looked at (--only, --except)

  ~ update

~ ClosingReason/won  "Gewonnen"  risky
    takes over an object that the state does not know as ours
    title  "Erfolg" → "Gewonnen"

1 write, under a minute at 400 a minute
Plan id: ID
Plan: 1 to update
"""


def test_with_an_id_it_is_linked_and_the_plan_that_follows_is_shown(live, sandbox) -> None:
    sandbox.seed(REASONS)
    said = live.run("adopt", "ClosingReason/won", A)
    assert (said.code, golden(said.out, sandbox.url)) == (0, FOLLOWS)
    assert said.err == f"ClosingReason/won is `{A}` (Erfolg) from now on; nothing was changed in the organisation\n\n"
    assert (sandbox.writes(), entries(live)) == ([], {"ClosingReason/won": A})
    assert not live.state.with_suffix(".lock").exists()
    said = live.run("adopt", "ClosingReason/won")
    assert (said.code, said.err) == (0, f"ClosingReason/won is `{A}` (Erfolg) already\n\n")
    assert live.run("apply", "--yes").code == 0
    assert sandbox.titles() == ["Gewonnen", "Zu teuer"]


def test_without_an_id_it_is_found_by_its_title(live, sandbox) -> None:
    sandbox.seed({"closing_reasons": [{"id": A, "title": "Gewonnen"}, {"id": B, "title": "Zu teuer"}]})
    said = live.run("adopt", "ClosingReason/won")
    assert (said.code, said.out.splitlines()[-1], entries(live)) == (0, "No changes.", {"ClosingReason/won": A})


REFUSED = {
    # live reasons, state, arguments: what is said
    "no manifest": ([], {}, ["ClosingReason/wonn"], "no manifest of this environment is `ClosingReason/wonn`", "did you mean `ClosingReason/won`?"),
    "none of the title": (
        [(A, "Gewonnen!"), (B, "Zu teuer")], {}, ["ClosingReason/won"],
        "ClosingReason/won is not clear: no live ClosingReason has `Gewonnen`",
        f"say which: `syncer adopt ClosingReason/won ID`; there are `{A}` (Gewonnen!), `{B}` (Zu teuer)",
    ),
    "none at all": (
        [], {}, ["ClosingReason/won"],
        "ClosingReason/won is not clear: no live ClosingReason has `Gewonnen`",
        "the organisation has no ClosingReason that nobody manages: let apply create it",
    ),
    "several": (
        [(A, "Gewonnen"), (B, "Gewonnen"), (C, "Anders")], {}, ["ClosingReason/won"],
        "ClosingReason/won is not clear: 2 live objects have the title or key `Gewonnen`",
        f"say which: `syncer adopt ClosingReason/won ID`; there are `{A}` (Gewonnen), `{B}` (Gewonnen)",
    ),
    "no such id": (
        [(A, "Anders")], {}, ["ClosingReason/won", B],
        f"ClosingReason/won cannot be `{B}`: no live ClosingReason has that id",
        f"there are `{A}` (Anders)",
    ),
    "another address has it": (
        [(A, "Anders")], {"ClosingReason/old": A}, ["ClosingReason/won", A],
        f"ClosingReason/won cannot take `{A}`: it is ClosingReason/old",
        "if that manifest was renamed, write `aliases: [old]` in the metadata of this one",
    ),
    "it is another already": (
        [(A, "Anders"), (B, "Gewonnen")], {"ClosingReason/won": A}, ["ClosingReason/won", B],
        f"ClosingReason/won is linked to `{A}` already",
        "let go of that first: `syncer state rm ClosingReason/won`",
    ),
    "another manifest finds it": (
        [(A, "Verloren")], {}, ["ClosingReason/won", A],
        f"ClosingReason/won cannot take `{A}`: ClosingReason/lost finds it by its title",
        "take the title out of ClosingReason/lost, or adopt the one that it means",
    ),
    "another key": (
        [], {}, ["EntitySchema/contact", "order"],
        "EntitySchema/contact is `contact`, and `order` is `order`",
        "another key is another object; change the manifest if that one is meant",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("reasons", "state", "args", "message", "hint"), REFUSED.values(), ids=REFUSED)
def test_what_is_not_clear_is_refused(live, sandbox, reasons, state, args, message: str, hint: str) -> None:
    sandbox.seed({"closing_reasons": [{"id": id, "title": title} for id, title in reasons]})
    live.write("config/lost.yaml", reason("lost", "Verloren"))
    live.write(
        "config/contact.yaml",
        "apiVersion: syncer/v1\nkind: EntitySchema\nmetadata: {name: contact}\nspec: {slug: contact}\n",
    )
    for address, id in state.items():  # as it came about: linked under the name that the manifest had then
        name = address.partition("/")[2]
        title = next(title for one, title in reasons if one == id)
        kept = (live.folder / "config" / "won.yaml").read_text("utf-8")
        live.write("config/won.yaml", reason(name, title))
        assert live.run("adopt", address, id).code == 0
        assert live.run("apply", "--yes", "--only", address).code == 0  # until then the link is nobody's
        live.write("config/won.yaml", kept)
    before = entries(live)
    said = live.run("adopt", *args)
    assert (said.code, said.out) == (3, "")
    assert message in " ".join(said.err.split())
    assert hint in " ".join(said.err.split())
    assert (entries(live), sandbox.writes()) == (before, [])


def test_a_plan_that_cannot_be_made_links_nothing(live, sandbox) -> None:
    sandbox.seed(REASONS)
    text = "apiVersion: syncer/v1\nkind: FlowTemplate\nmetadata: {name: f}\nspec:\n  name: Flow\n  enabled: false\n"
    live.write("config/flow.yaml", text + "  closing_reasons: [{lookup: Gibt es nicht}]\n")
    sandbox.seed(
        {
            "flow_templates": [
                {
                    "id": "f1",
                    "name": "Flow",
                    "version": "v3",
                    "enabled": False,
                    "trigger": {"type": "manual"},
                    "tasks": [],
                    "edges": [],
                }
            ]
        }
    )
    said = live.run("adopt", "FlowTemplate/f")
    assert (said.code, "no live ClosingReason has the title `Gibt es nicht`" in said.err) == (3, True)
    assert entries(live) == {}


# -------------------------------------------------------------------------------------------------------- state mv


def test_a_renamed_address_keeps_its_object(live, sandbox) -> None:
    live.run("apply", "--yes")
    [id] = entries(live).values()
    live.write("config/won.yaml", reason("success", "Gewonnen"))
    assert "Plan: 1 to create, 1 to deactivate" in live.run("plan").out
    said = live.run("state", "mv", "ClosingReason/won", "ClosingReason/success")
    assert (said.code, said.out) == (0, "ClosingReason/won is ClosingReason/success now\n")
    assert "`aliases`" in said.err
    assert entries(live) == {"ClosingReason/success": id}
    assert json.loads(live.run("state", "show", "ClosingReason/success").out)["declared"]["title"] == "Gewonnen"
    assert live.run("plan").out.endswith("No changes.\n")


KNOWN = [Address("FlowTemplate", name) for name in ("a-old", "b-old", "b", "c")]
MOVES = {
    ("FlowTemplate/c", "FlowTemplate/d"): {"FlowTemplate/c": "FlowTemplate/d"},
    ("FlowTemplate/a-*", "FlowTemplate/x-*"): {"FlowTemplate/a-old": "FlowTemplate/x-old"},
    ("FlowTemplate/*-old", "FlowTemplate/new-*"): {
        "FlowTemplate/a-old": "FlowTemplate/new-a",
        "FlowTemplate/b-old": "FlowTemplate/new-b",
    },
    ("FlowTemplate/*-old", "FlowTemplate/*"): "FlowTemplate/b-old cannot become FlowTemplate/b, which is taken: FlowTemplate/b is remembered too",
    ("FlowTemplate/c", "FlowTemplate/b"): "FlowTemplate/c cannot become FlowTemplate/b, which is taken: FlowTemplate/b is remembered too",
    ("FlowTemplate/c", "FlowTemplate/c"): "FlowTemplate/c cannot become FlowTemplate/c, which is the same address",
    ("FlowTemplate/c", "ClosingReason/c"): "a FlowTemplate cannot become a ClosingReason",
    ("*/c", "*/d"): "a * cannot become a *",
    ("FlowTemplate/*-*", "FlowTemplate/*"): "`FlowTemplate/*-*` and `FlowTemplate/*` are not two addresses",
    ("FlowTemplate/*", "FlowTemplate/d"): "`FlowTemplate/*` and `FlowTemplate/d` are not two addresses",
    ("FlowTemplate", "FlowTemplate/d"): "`FlowTemplate` and `FlowTemplate/d` are not two addresses",
    ("FlowTemplate/c", "FlowTemplate/D"): "`FlowTemplate/D` is no address",
    ("FlowTemplate/*-new", "FlowTemplate/*"): "nothing is remembered of `FlowTemplate/*-new`",
}  # fmt: skip


@pytest.mark.parametrize("arguments", MOVES, ids=" ".join)
def test_which_addresses_move(arguments: tuple[str, str]) -> None:
    expected = MOVES[arguments]
    if isinstance(expected, dict):
        assert renames(*arguments, KNOWN) == {parse_address(old): parse_address(new) for old, new in expected.items()}
        return
    with pytest.raises(InvalidInput) as refusal:
        renames(*arguments, KNOWN)
    assert [each.message for each in refusal.value.problems] == [expected]


def test_nothing_moves_where_one_cannot(live, sandbox, tmp_path: Path) -> None:
    live.write("config/lost.yaml", reason("lost", "Verloren"))
    live.run("apply", "--yes")
    before = live.state.read_bytes()
    assert live.run("state", "mv", "ClosingReason/won", "ClosingReason/lost").code == 3
    assert live.state.read_bytes() == before


def test_adopting_one_of_two_of_a_title_ends_the_question(live, sandbox) -> None:
    """The plan's hint is followed to the letter; of the other one it is only said that it is there."""
    sandbox.seed({"closing_reasons": [{"id": id, "title": "Gewonnen"} for id in (A, B)]})
    said = live.run("plan")
    assert (said.code, "or say which with `syncer adopt ClosingReason/won ID`" in " ".join(said.err.split())) == (
        3,
        True,
    )
    assert live.run("adopt", "ClosingReason/won", B).code == 0
    said = live.run("plan")
    assert (said.code, said.out.splitlines()[-1], "warning[duplicate-live]" in said.err) == (0, "No changes.", True)
    assert sandbox.writes() == []


def test_what_was_adopted_is_said_until_it_was_applied(live, sandbox) -> None:
    sandbox.seed(REASONS)
    live.run("adopt", "ClosingReason/won", A)
    assert "takes over an object that the state does not know as ours" in live.run("plan").out
    assert live.run("apply", "--yes").code == 0
    live.write("config/won.yaml", reason("won", "Auftrag"))
    assert '~ ClosingReason/won  "Auftrag"  safe' in live.run("plan").out


def test_what_a_run_made_and_another_switched_off_is_no_stranger(live, sandbox) -> None:
    """The way back of a pipeline: the manifest goes, and comes again."""
    path = live.folder / "config" / "won.yaml"
    live.write("config/other.yaml", reason("other", "Anderes"))
    assert live.run("apply", "--yes", "--first-contact").code == 0
    text = path.read_text("utf-8")
    path.unlink()
    assert live.run("apply", "--yes", "--allow-delete").code == 0
    path.write_text(text, "utf-8")
    said = live.run("plan").out
    assert "takes over an object that the state does not know as ours" in said
    words = re.sub(r"`[0-9a-f]{8}`", "`R`", " ".join(said.split()))
    assert "ClosingReason/won is no stranger: it was made by run `R`, and switched off by run `R`" in words


@pytest.mark.parametrize("words", [("adopt", "ClosingReason/won"), ("state", "rebuild")], ids=" ".join)
def test_what_was_only_linked_is_not_removed(live, sandbox, words: tuple[str, ...]) -> None:
    """No apply has seen the manifest yet, and it is taken away: that was never ours, protected or not."""
    sandbox.seed({"closing_reasons": [{"id": A, "title": "Gewonnen"}]})
    live.write("config/won.yaml", reason("won", "Gewonnen").replace("{name: won}", "{name: won, protect: true}"))
    assert live.run(*words).code == 0
    (live.folder / "config" / "won.yaml").unlink()
    live.write("config/other.yaml", reason("other", "Anderes"))
    said = live.run("apply", "--yes", "--allow-delete", "--accept-data-loss", "ClosingReason/won", "--first-contact")
    assert (said.code, sandbox.writes(), sorted(entries(live))) == (
        0, ["POST /v1/workflows/closing-reasons"], ["ClosingReason/other"],
    )  # fmt: skip
    assert "ClosingReason/won (`" + A + "`) was linked and never applied" in said.out


@pytest.mark.parametrize(
    "words", [("adopt", "ClosingReason/won"), ("state", "mv", "ClosingReason/won", "ClosingReason/x")], ids=" ".join
)
def test_while_another_run_has_the_lock_nothing_is_linked(live, sandbox, words: tuple[str, ...]) -> None:
    from syncer.kinds import KINDS
    from syncer.state.backends.factory import local_place
    from syncer.state.lock import myself

    live.run("apply", "--yes")
    before = live.state.read_bytes()
    place = local_place(live.state, "test", org_id=ORG, kinds=KINDS)
    with place.lock(myself(env={}), tell=lambda note: None):
        said = live.run(*words)
    assert (said.code, "error[locked]" in said.err, live.state.read_bytes()) == (4, True, before)


def test_the_organisation_must_be_the_environments(live, sandbox) -> None:
    said = live.run("adopt", "ClosingReason/won", env={"EPILOT_TOKEN_TEST": STRANGER})
    assert (said.code, "error[wrong-organisation]" in said.err, entries(live)) == (4, True, {})


def test_a_link_by_hand_is_no_first_contact(live, sandbox) -> None:
    """The state was lost, and one object is adopted: what else nobody claims may be ours under another title."""
    sandbox.seed(REASONS)
    live.write("config/new.yaml", reason("new", "Neu"))
    for link in (["adopt", "ClosingReason/won", A], ["state", "rebuild"]):
        assert live.run(*link).code == 0
        said = live.run("apply", "--yes")
        assert (said.code, "--first-contact" in said.err, sandbox.writes()) == (4, True, [])
    assert live.run("apply", "--yes", "--first-contact").code == 0
    live.write("config/newer.yaml", reason("newer", "Neuer"))
    assert live.run("apply", "--yes").code == 0


@pytest.mark.parametrize("outcome", ["", "APPLIED"])
def test_nothing_is_linked_beside_an_open_call(live, sandbox, outcome: str) -> None:
    """A create was cut off: what somebody would forget, rename or look for may be what it made. Who says which object it
    is settles it."""
    live.run("apply", "--yes")
    live.write("config/new.yaml", reason("new", "Neu"))
    sandbox.seed({"closing_reasons": [{"id": A, "title": "Neu"}]})
    kind = KINDS["ClosingReason"]
    seek = {"listing": kind.listing._asdict(), "field": "title", "value": "Neu", "id": "id", "service": kind.service}
    with Journal(live.state.with_suffix(".journal")) as journal:
        path = "/v1/workflows/closing-reasons"
        op = journal.intent(Intent("0123abcd", "ClosingReason/new", "ClosingReason", "create", "POST", path, seek))
        if outcome:
            journal.settle(op, "APPLIED", A)
    for args in (
        *([] if outcome else [["adopt", "ClosingReason/new"]]),
        ["state", "rm", "ClosingReason/new"],
        ["state", "mv", "ClosingReason/won", "ClosingReason/new"],
    ):
        said = live.run(*args)
        known = {"ClosingReason/won"} | ({"ClosingReason/new"} if outcome else set())  # every command reads the journal
        assert (said.code, entries(live).keys()) == (4, known), args
        assert said.err == (
            "error[open-call]: ClosingReason/new: an earlier apply was cut off in `create`\n\n"
            "hint: run `syncer apply` first: it looks whether that took effect, and remembers it\n"
        )
    said = live.run("adopt", "ClosingReason/new", A)
    since = "already" if outcome else "from now on; nothing was changed in the organisation"
    assert (said.code, said.err) == (0, f"ClosingReason/new is `{A}` (Neu) {since}\n\n")
    assert live.run("state", "mv", "ClosingReason/new", "ClosingReason/newer").code == 0
    assert live.run("state", "mv", "ClosingReason/newer", "ClosingReason/new").code == 0
    assert live.run("apply", "--yes").code == 0
    assert (entries(live)["ClosingReason/new"], sandbox.titles()) == (A, ["Gewonnen", "Neu"])


def test_one_open_call_does_not_hold_up_the_others(live, sandbox) -> None:
    """Two objects could be what it made: it is said, with the next command and exit code 7, and the rest is applied."""
    live.run("apply", "--yes")
    live.write("config/new.yaml", reason("new", "Neu"))
    live.write("config/newer.yaml", reason("newer", "Neuer"))
    sandbox.seed({"closing_reasons": [{"id": A, "title": "Neu"}, {"id": B, "title": "Neu"}]})
    kind = KINDS["ClosingReason"]
    seek = {"listing": kind.listing._asdict(), "field": "title", "value": "Neu", "id": "id", "service": kind.service}
    with Journal(live.state.with_suffix(".journal")) as journal:
        path = "/v1/workflows/closing-reasons"
        journal.intent(Intent("0123abcd", "ClosingReason/new", "ClosingReason", "create", "POST", path, seek))
    seen = live.run("plan", "--format", "json")
    plan = json.loads(seen.out)
    assert (seen.code, [each["address"] for each in plan["changes"]]) == (7, ["ClosingReason/newer"]), seen.all
    assert [each["message"] for each in plan["notices"] if each["rule"] in ("outcome-unknown", "held")] == [
        f"ClosingReason/new: 2 live objects have the title `Neu`: `{A}`, `{B}`; delete or rename all but one in the "
        "organisation, or say which with `syncer adopt ClosingReason/new ID`; syncer does not guess which one is meant",
        "ClosingReason/new: it is left alone until it is known what an earlier run's call did",
    ]
    drift = live.run("drift", "--format", "json")
    report = json.loads(drift.out)
    assert (drift.code, report["not_compared"]) == (7, ["ClosingReason/new"]), drift.all
    assert [each["rule"] for each in report["problems"] if each["severity"] == "error"] == ["outcome-unknown"]
    said = live.run("apply", "--yes")
    assert (said.code, sandbox.titles()) == (7, ["Gewonnen", "Neu", "Neu", "Neuer"])
    assert said.err.startswith(
        "error[outcome-unknown]: ClosingReason/new: an earlier run's `create` was cut off, and 2 objects could be what "
        f"it made: `{A}`, `{B}`; it is left alone, with what refers to it\n\n"
        "hint: say which: `syncer adopt ClosingReason/new ID`; or delete what is too much in the organisation, then run "
        "`syncer apply` again\n"
    )
    assert said.out.endswith("Applied: 1 created; 1 unknown\n")
    again = live.run("apply", "--yes", "--format", "json")
    document = json.loads(again.out)
    assert (again.code, document["exit_code"], document["summary"]) == (7, 7, {"unknown": 1})
    (result,) = document["results"]
    assert (result["address"], result["action"], result["outcome"]) == ("ClosingReason/new", None, "unknown")
    assert result["problem"]["rule"] == "outcome-unknown"
    assert live.run("adopt", "ClosingReason/new", B).code == 0
    assert live.run("apply", "--yes").code == 0
    assert entries(live)["ClosingReason/new"] == B
