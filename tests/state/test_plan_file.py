"""Plans in files: exactly what was saved comes back, and nothing else does."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from syncer.model.address import Address
from syncer.model.diagnostic import InvalidInput
from syncer.model.json_values import ABSENT, Json, Lookup, Part, Ref, Secret
from syncer.plan.document.document import identified, plan_document, plan_id
from syncer.plan.plan import HIDDEN, Change, Field, Link, Notice, Plan, Release
from syncer.render.plan_text import render_plan
from syncer.render.terminal import Terminal
from syncer.state.plan_file import load_plan, read_plan, save_plan

CONTACT = Address("EntitySchema", "contact")
FIELDS = (
    Field("label", "Größe", "Gr\u202eöße ##[x]", "drift", "risky", "because", "label"),
    Field("new", ABSENT, {"ref": "posing"}, "ours"),
    Field("null", None, [1, 1.0, True, None, {"literal": "x"}], "conflict"),
    Field("password", HIDDEN, Secret("EPILOT_X", "canary"), "ours"),
    Field("reasons", [Ref("ClosingReason", "won")], [Lookup("SavedView", "Alle", "contact"), Part("a", "b")], "ours"),
)
PLAN = identified(
    Plan(
        "", "sandbox", "911690", "http://127.0.0.1:4010",
        (
            Change(CONTACT, "update", "risky", ("because", "and so"), FIELDS, ("PUT /v1/entity/schemas/contact",),
                   (Address("ClosingReason", "won"),), "f" * 32, "contact", "Kontakt"),
            Change(Address("ClosingReason", "won"), "create", "safe", (), (), ("POST /x",), (), "e" * 32, "", "Won"),
        ),
        (Link(CONTACT, "contact", "key", True),), (Release(CONTACT, "label"),),
        (Notice("quota", "nearly full"), Notice("frozen", "frozen", CONTACT)), {"EntitySchema/contact": "ab"}, True,
    )
)  # fmt: skip


def nameless(plan: Plan) -> str:
    """All of a plan but the values of its secrets."""
    return repr(plan)


def test_what_is_saved_comes_back(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    save_plan(path, PLAN)
    loaded = load_plan(path)
    assert nameless(loaded) == nameless(PLAN)
    assert loaded.changes[0].fields[3].after.name == "EPILOT_X"
    assert plan_document(loaded) == plan_document(PLAN)
    assert "canary" not in path.read_text("utf-8")


def test_a_plan_of_the_first_format_is_read_as_one() -> None:
    document = json.loads(spoilt(lambda plan: plan.update(format_version=1), again=True))
    assert plan_document(read_plan(document)) == document


def test_words_of_a_newer_syncer_are_read_as_they_are() -> None:
    def newer(plan: dict[str, Json]) -> None:
        plan["changes"][1].update({"action": "replace", "class": "cosmetic"})
        plan["changes"][0]["fields"][0]["cause"] = "clock"
        plan["summary"] = {"update": 1, "replace": 1}

    document = json.loads(spoilt(newer, again=True))
    plan = read_plan(document)
    assert plan_document(plan) == document
    assert render_plan(plan, Terminal(width=100)).endswith("Plan: 1 to update, 1 to replace\n")


def test_the_file_is_its_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    path.write_text("old", "utf-8")
    path.chmod(0o666)
    save_plan(path, PLAN)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [each.name for each in tmp_path.iterdir()] == ["plan.json"]


def test_a_file_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", "utf-8")
    with pytest.raises(InvalidInput, match=r"plan\.json` can't be written: "):
        save_plan(tmp_path / "file" / "plan.json", PLAN)


def test_a_folder_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"can't be written: there is no folder `.*/palns`"):
        save_plan(tmp_path / "palns" / "plan.json", PLAN)
    assert list(tmp_path.iterdir()) == []


def spoilt(change: Callable[[dict[str, Json]], object], *, again: bool = False) -> str:
    """The plan's text after a change to its document; `again`: with the id that the changed document has."""
    document = json.loads(json.dumps(plan_document(PLAN)))
    change(document)
    if again:
        document["id"] = plan_id(document)
    return json.dumps(document)


TEXT = json.dumps(plan_document(PLAN))
BAD = {
    # case: (text, what is said after the file's name, where)
    "empty": ("", "is no plan: breaks at byte 0", ""),
    "cut": (TEXT[:-20], "is no plan: breaks at byte ", ""),
    "yaml": ("kind: FlowTemplate", "is no plan: breaks at byte 0", ""),
    "dense": ("[" + "{}," * 60_000 + "{}]", "is no plan: holds more than 118,000 values in 180,004 bytes", ""),
    "a list": ("[]", "is no plan: it has no `format_version`", ""),
    "something else": ('{"version": 4}', "is no plan: it has no `format_version`", ""),
    "a newer format": (
        spoilt(lambda plan: plan.update(format_version=3)),
        "has `format_version` 3: this syncer reads formats 1 and 2", "",
    ),
    "no number": (
        spoilt(lambda plan: plan.update(format_version=True)),
        "has `format_version` true: this syncer reads formats 1 and 2", "",
    ),
    "key twice": (TEXT.replace('"partial"', '"id"'), "is no plan: writes a key twice in one mapping", ""),
    "a change by hand": (
        spoilt(lambda plan: plan["changes"].pop()), f"was changed after plan {PLAN.id} was made", "",
    ),
    "another order": (
        spoilt(lambda plan: plan["changes"].reverse()), f"was changed after plan {PLAN.id} was made", "",
    ),
    "counts that lie": (
        spoilt(lambda plan: plan["summary"].update(update=2), again=True), "was changed after plan ", "",
    ),
    "a type": (
        spoilt(lambda plan: plan["changes"][0].update(live_id=3), again=True),
        "is no plan: input should be a valid string", "$.changes[0].live_id",
    ),
    "a key more": (
        spoilt(lambda plan: plan["changes"][0].update(x=3), again=True),
        "is no plan: its format knows no such key", "$.changes[0].x",
    ),
    "a key less": (
        spoilt(lambda plan: plan.pop("org_id"), again=True), "is no plan: a key is missing", "$.org_id",
    ),
    "an action": (
        spoilt(lambda plan: plan["changes"][0].update(action=None), again=True),
        "is no plan: input should be a valid string", "$.changes[0].action",
    ),
    "an address": (
        spoilt(lambda plan: plan["changes"][0].update(address="contact"), again=True),
        "is no plan: an address is not of the form KIND/NAME", "",
    ),
    "a marker": (
        spoilt(lambda plan: plan["changes"][0]["fields"][0].update(after={"secret": 1}), again=True),
        "is no plan: `secret` holds something else than it should", "",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("text", "message", "path"), BAD.values(), ids=BAD)
def test_what_is_no_plan(tmp_path: Path, text: str, message: str, path: str) -> None:
    file = tmp_path / "plan.json"
    file.write_text(text, "utf-8")
    with pytest.raises(InvalidInput) as caught:
        load_plan(file)
    (problem,) = caught.value.problems
    assert problem.message.startswith(f"`{file}` {message}")
    assert (problem.rule, problem.path, caught.value.exit_code) == ("plan-file", path, 3)
    assert problem.hint == "make it again with `syncer plan -o FILE`"


def test_what_cannot_be_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    for name, message in {"none": "can't be read: No such file", "fifo": "is not a file", ".": "is not a file"}.items():
        with pytest.raises(InvalidInput, match=message):
            load_plan(tmp_path / name)


def test_every_flipped_byte_is_noticed_or_means_nothing(tmp_path: Path) -> None:
    text = TEXT.encode()
    for position in range(0, len(text), 7):
        flipped = bytearray(text)
        flipped[position] ^= 0x04
        file = tmp_path / "plan.json"
        file.write_bytes(bytes(flipped))
        try:
            loaded = load_plan(file)
        except InvalidInput:
            continue
        assert plan_id(plan_document(loaded)) == PLAN.id


def test_a_document_needs_no_file() -> None:
    assert nameless(read_plan(plan_document(PLAN))) == nameless(PLAN)
    with pytest.raises(InvalidInput, match="`the plan` is no plan: it has no `format_version`"):
        read_plan([])
