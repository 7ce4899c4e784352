"""`Removed` documents against the sandbox: with state and without, twice, under the guards, beside manifests."""

from __future__ import annotations

from typing import Any

import pytest

from syncer.model.address import Address
from syncer.model.diagnostic import InvalidInput, Refused
from syncer.plan.plan import Notice
from syncer.plan.safety import Consent
from syncer.state.plan_file import load_plan, save_plan

World, Make, Json = Any, Any, Any
REASON, FLOW, APP = "ClosingReason/won", "FlowTemplate/house", "AppInstallation/address"
ANYTHING = Consent(
    allow_delete=-1,
    accept_data_loss=frozenset(
        {REASON, FLOW, APP, "EntitySchema/site", "FlowTemplate/id:foreign2"} | {f"ClosingReason/id:{'A' * 21}"}
    ),
)


def removed(*objects: Json, name: str = "old", **metadata: Json) -> Json:
    return {
        "apiVersion": "syncer/v1",
        "kind": "Removed",
        "metadata": {"name": name, **metadata},
        "spec": {"objects": list(objects)},
    }


def everything(make: Make) -> list[Json]:
    return [make.reason("won"), make.flow("house"), make.checker(), make.schema("site"), make.retention(enabled=False)]


def said(planned: Any) -> list[tuple[str, str]]:
    return [(each.rule, each.message) for each in planned.plan.notices if each.rule != "live"]


def errors(refusal: pytest.ExceptionInfo[Any]) -> list[tuple[str, str, str]]:
    found = [each for each in refusal.value.problems if each.severity == "error"]
    return [(each.rule, each.message, each.hint) for each in found]


KEYS = {
    # address: (entry, verb, the calls of the apply)
    REASON: (
        {"kind": "ClosingReason", "key": "Won", "action": "delete"},
        "delete",
        "DELETE /v2/workflows/closing-reasons/",
    ),
    FLOW: ({"kind": "FlowTemplate", "key": "House", "action": "delete"}, "delete", "DELETE /v2/flows/templates/"),
    APP: (
        {"kind": "AppInstallation", "key": "112b87c2-ba9e-51c3-9fee-6cd85bb8f822", "action": "uninstall"},
        "uninstall",
        "DELETE /v1/app/",
    ),
    "EntitySchema/site": (
        {"kind": "EntitySchema", "key": "site", "action": "delete"},
        "delete",
        "DELETE /v1/entity/schemas/",
    ),
}  # fmt: skip


@pytest.mark.parametrize("lost", [False, True], ids=["with state", "without state"])
@pytest.mark.parametrize("by", ["address", "key"])
@pytest.mark.parametrize("address", KEYS)
def test_what_is_asked_for_goes_once(world: World, make: Make, address: str, by: str, lost: bool) -> None:
    """By address and without state nothing is known; a key beside the address finds it all the same."""
    entry, verb, call = KEYS[address]
    world.put(*everything(make))
    world.apply()
    world.drop(address)
    if lost:
        world.forget()
    if by == "address":
        entry = {"address": address, "key": entry["key"], "action": entry["action"]}
    world.put(removed(entry))
    (change,) = world.plan().plan.changes
    named = address if by == "address" or not lost else f"{change.address.kind}/id:{change.live_id}"
    assert (str(change.address), change.action, change.level) == (named, verb, "destructive")
    assert change.reasons[-1] == "Removed/old asks for it"
    consent = Consent(allow_delete=1, accept_data_loss=frozenset({named}))
    run = world.apply(consent=consent)
    assert (run.code, [each.startswith(call) for each in run.calls]) == (0, [True])
    assert address not in map(str, world.state().entries)
    what = address if by == "address" else f"the {entry['kind']} `{entry['key']}`"
    assert said(world.plan()) == [
        ("removed-already", f"{what} is not in the organisation: there is nothing to remove (Removed/old)")
    ]
    world.converges()


@pytest.mark.parametrize("lost", [False, True], ids=["with state", "without state"])
def test_a_retention_config_is_switched_off(world: World, make: Make, lost: bool) -> None:
    world.put(make.retention(enabled=True))
    world.apply()
    world.drop("RetentionConfig/old-contacts")
    if lost:
        world.forget()
    world.put(removed({"kind": "RetentionConfig", "key": "contact/deletion", "action": "deactivate"}))
    (change,) = world.plan().plan.changes
    assert (change.action, change.level) == ("deactivate", "risky")
    assert world.apply(consent=Consent(allow_delete=1)).code == 0
    assert world.one("RetentionConfig")["enabled"] is False
    assert said(world.plan()) == [
        (
            "removed-already",
            "the RetentionConfig `contact/deletion` is switched off already: there is nothing to do (Removed/old)",
        )
    ]
    world.converges()


def test_the_action_that_is_asked_for_counts_and_not_the_policy(world: World, make: Make) -> None:
    world.put(make.reason("won", {"policy": {"removal": "delete"}}))
    world.apply()
    world.drop(REASON)
    assert world.changes() == {REASON: ["delete"]}
    world.put(removed({"address": REASON, "action": "deactivate"}))
    assert world.changes() == {REASON: ["deactivate"]}
    world.apply()
    assert (world.one("ClosingReason")["status"], world.state().entries) == ("INACTIVE", {})
    world.put(removed({"kind": "ClosingReason", "key": "Won", "action": "delete"}))
    assert [each[0] for each in world.changes().values()] == ["delete"]


def test_an_address_that_no_state_knows_is_a_note(world: World) -> None:
    world.put(removed({"address": REASON, "action": "delete"}, {"address": FLOW, "action": "forget"}))
    planned = world.plan()
    assert planned.plan.changes == ()
    assert said(planned) == [
        (
            "removed-already",
            "nothing is remembered of ClosingReason/won: name it by `kind` and `key` too if it may still be there "
            "(Removed/old)",
        ),
        (
            "removed-already",
            "nothing is remembered of FlowTemplate/house: there is nothing to let go of (Removed/old)",
        ),
    ]
    assert world.apply().calls == []


def test_it_counts_in_its_environments_only(world: World, make: Make) -> None:
    world.seed({"closing_reasons": [{"id": "A" * 21, "title": "Won"}]})
    world.put(removed({"kind": "ClosingReason", "key": "Won", "action": "delete"}, environments=["other"]))
    assert (world.plan().plan.changes, said(world.plan())) == ((), [])


# --- which object


def test_several_of_a_title_stop_with_the_candidates_until_an_id_says_which(world: World) -> None:
    ids = ["A" * 21, "B" * 21]
    world.seed({"closing_reasons": [{"id": id, "title": "Won"} for id in ids]})
    entry = {"kind": "ClosingReason", "key": "Won", "action": "delete"}
    world.put(removed(entry))
    with pytest.raises(InvalidInput) as refusal:
        world.plan()
    assert errors(refusal) == [
        (
            "ambiguous",
            f"Removed/old: 2 live objects could be the ClosingReason `Won`: `{ids[0]}`, `{ids[1]}`",
            "write the `id` of the one that is meant in place of `key`; syncer does not guess",
        )
    ]
    [problem] = refusal.value.problems
    assert (str(problem.at), problem.path) == ("config/Removed-old.json:1:98", "$.spec.objects[0]")
    world.put(removed({"kind": "ClosingReason", "id": ids[0], "action": "delete"}))
    assert world.changes() == {f"ClosingReason/id:{ids[0]}": ["delete"]}
    assert world.apply(consent=ANYTHING).code == 0
    assert [each["id"] for each in world.listed("ClosingReason")] == [ids[1]]
    world.converges()


def test_titles_are_compared_in_one_form(world: World) -> None:
    world.seed({"closing_reasons": [{"id": "A" * 21, "title": "Zu\u0308rich"}]})
    world.put(removed({"kind": "ClosingReason", "key": "Z\u00fcrich", "action": "delete"}))
    assert world.changes() == {f"ClosingReason/id:{'A' * 21}": ["delete"]}


def test_an_object_that_a_manifest_describes_under_another_title_is_refused(world: World, make: Make) -> None:
    """The link says so: the live title is still the old one."""
    world.put(make.reason("won"))
    world.apply()
    live = world.one("ClosingReason")["id"]
    world.put(make.reason("won", title="Gewonnen"))
    world.put(removed({"kind": "ClosingReason", "key": "Won", "action": "delete"}))
    for only in ({}, {"only": ["ClosingReason/*"]}):
        with pytest.raises(InvalidInput) as refusal:
            world.plan(**only)
        assert errors(refusal) == [
            (
                "removed-declared",
                f"Removed/old: the ClosingReason `Won` is `{live}`, which ClosingReason/won describes",
                "delete the manifest of ClosingReason/won, or take this entry out",
            )
        ]


@pytest.mark.parametrize("action", ["delete", "forget"])
def test_one_object_under_two_names_is_refused(world: World, make: Make, action: str) -> None:
    world.put(make.reason("won"))
    world.apply()
    live = world.one("ClosingReason")["id"]
    world.drop(REASON)
    world.put(
        removed({"address": REASON, "action": action}, {"kind": "ClosingReason", "key": "Won", "action": "deactivate"})
    )
    with pytest.raises(InvalidInput) as refusal:
        world.plan()
    assert errors(refusal) == [
        (
            "removed-twice",
            f"Removed/old: the ClosingReason `Won` is `{live}`, and so is ClosingReason/won at "
            "config/Removed-old.json:1:98",
            "take one of the two out",
        )
    ]


@pytest.mark.parametrize(
    ("only", "addresses"),
    [
        (["FlowTemplate/*"], ["FlowTemplate/id:foreign2"]),
        (["ClosingReason/*"], [f"ClosingReason/id:{'A' * 21}"]),
        (["ClosingReason/won"], []),
    ],
)
def test_only_a_part_of_it(world: World, only: list[str], addresses: list[str]) -> None:
    flow = {
        "id": "foreign2",
        "name": "Alt",
        "version": "v3",
        "enabled": False,
        "trigger": {"type": "manual"},
        "tasks": [{"id": "t1", "name": "Anrufen", "task_type": "MANUAL"}],
        "edges": [{"id": "e1", "from_id": "trigger", "to_id": "t1"}],
    }
    world.seed({"closing_reasons": [{"id": "A" * 21, "title": "Won"}], "flow_templates": [flow]})
    world.put(
        removed(
            {"kind": "ClosingReason", "key": "Won", "action": "delete"},
            {"kind": "FlowTemplate", "key": "Alt", "action": "delete"},
        )
    )
    planned = world.plan(only=only)
    assert [str(each.address) for each in planned.plan.changes] == addresses


# --- guards


def test_guards_refuse_before_the_first_write(world: World, make: Make) -> None:
    world.put(make.reason("won", {"protect": True}), make.reason("lost"))
    world.apply()
    world.drop(REASON)
    world.put(removed({"kind": "ClosingReason", "key": "Won", "action": "delete"}))
    seen = len(world.requests())
    with pytest.raises(Refused) as refusal:
        world.apply(consent=Consent())
    assert [each.rule for each in refusal.value.problems] == ["removals", "protected", "data-loss"]
    assert {each["method"] for each in world.requests()[seen:]} == {"GET"}
    lifted = Consent(allow_delete=1, allow_protected=frozenset({REASON}), accept_data_loss=frozenset({REASON}))
    assert world.apply(consent=lifted).code == 0
    assert [each["title"] for each in world.listed("ClosingReason")] == ["Lost"]


def test_it_is_no_stranger_to_the_first_contact(world: World, make: Make) -> None:
    """What goes is accounted for: it cannot be the object that a manifest would create."""
    world.seed({"closing_reasons": [{"id": "A" * 21, "title": "Alt"}]})
    world.put(make.reason("won"), removed({"kind": "ClosingReason", "key": "Alt", "action": "delete"}))
    assert world.apply(consent=ANYTHING).code == 0
    assert [each["title"] for each in world.listed("ClosingReason")] == ["Won"]


def test_a_schema_with_entities_is_not_deleted(world: World, make: Make) -> None:
    world.put(removed({"kind": "EntitySchema", "key": "contact", "action": "delete"}))
    plan = world.plan().plan
    assert (plan.changes, [each for each in plan.notices if each.rule == "stays-live"]) == (
        (),
        [
            Notice(
                "stays-live",
                'EntitySchema/id:contact "Kontakt" stays as it is: `contact` is a schema of the platform itself and is '
                "never deleted; Removed/old asks for its removal: take it out there, or write `action: forget`",
                Address("EntitySchema", "id:contact"),
            )
        ],
    )


def test_a_lost_answer_is_read_back_and_the_next_apply_finds_nothing(world: World, make: Make) -> None:
    world.put(make.reason("won"))
    world.apply()
    world.drop(REASON)
    world.forget()
    world.put(removed({"kind": "ClosingReason", "key": "Won", "action": "delete"}))
    world.fault(method="DELETE", path="/v2/workflows/*", status=500, after_commit=True)
    world.apply()
    world.well_again()
    assert world.apply().code == 0
    assert world.listed("ClosingReason") == []
    world.converges()


# --- let go


def test_forget_leaves_it_live_and_is_no_removal(world: World, make: Make) -> None:
    world.put(make.reason("won", {"protect": True}), make.reason("lost"))
    world.apply()
    live = world.state().entries[("ClosingReason", "won")].live_id
    world.drop(REASON)
    assert world.changes() == {REASON: ["deactivate"]}
    world.put(removed({"address": REASON, "action": "forget"}))
    planned = world.plan()
    assert (planned.plan.changes, [str(each) for each in planned.plan.let_go]) == ((), [REASON])
    assert said(planned) == [
        (
            "guard-lowered",
            "`protect` goes with it: once ClosingReason/won is let go of, nothing keeps it from being removed",
        )
    ]
    run = world.apply(consent=Consent())
    assert (run.calls, run.code, list(map(str, world.state().entries))) == ([], 0, ["ClosingReason/lost"])
    assert world.one("ClosingReason", title="Won") == {**world.one("ClosingReason", title="Won"), "id": live}
    assert world.plan().plan.let_go == ()
    world.converges()


def test_a_saved_plan_that_lets_go_is_held_to_it(world: World, make: Make, tmp_path: Any) -> None:
    world.put(make.reason("won"), make.reason("lost"))
    world.apply()
    world.drop(REASON)
    world.put(removed({"address": REASON, "action": "forget"}))
    save_plan(tmp_path / "plan.json", world.plan().plan)
    saved = load_plan(tmp_path / "plan.json")
    assert [str(each) for each in saved.let_go] == [REASON]
    world.drop("Removed/old")
    with pytest.raises(Refused) as refusal:
        world.apply(saved=saved)
    assert [each.message for each in refusal.value.problems] == [
        "ClosingReason/won: the plan does not have it, and now it needs: deactivate",
        "ClosingReason/won: by the plan it is let go of, and now it is the other way round",
        "the saved plan is no longer true; nothing was written",
    ]
    world.put(removed({"address": REASON, "action": "forget"}))
    assert world.apply(saved=saved).code == 0
    assert list(map(str, world.state().entries)) == ["ClosingReason/lost"]


# --- references to what goes (docs/catalogue.md#g29)


@pytest.mark.parametrize("by", ["the manifest is gone", "Removed"])
@pytest.mark.parametrize(("action", "severity"), [("delete", "error"), ("deactivate", "warning")])
@pytest.mark.parametrize("form", ["lookup", "id"])
def test_what_a_manifest_refers_to_is_not_deleted(
    world: World, make: Make, by: str, action: str, severity: str, form: str
) -> None:
    world.put(make.reason("won", {"policy": {"removal": action}}))
    world.apply()
    live = world.one("ClosingReason")["id"]
    world.drop(REASON)
    if by == "Removed":
        world.put(removed({"address": REASON, "action": action}))
    world.put(make.flow("house", closing_reasons=[{form: "Won" if form == "lookup" else live}]))
    if severity == "error":
        with pytest.raises(InvalidInput) as refusal:
            world.plan()
        problems = refusal.value.problems
    else:
        problems = world.plan().problems
    found = [each for each in problems if each.rule == "refers-to-removed"]
    assert [(each.severity, each.message, each.path, each.hint) for each in found] == [
        (
            severity,
            f"FlowTemplate/house: it refers to ClosingReason/won, which this plan would {action}",
            "$.spec.closing_reasons[0]",
            "take the reference out, or keep ClosingReason/won",
        )
    ]


def test_a_slug_that_goes_is_not_referred_to(world: World, make: Make) -> None:
    world.put(make.schema("site"))
    world.apply()
    world.forget()
    world.drop("EntitySchema/site")
    world.put(
        removed({"kind": "EntitySchema", "key": "site", "action": "delete"}),
        make.flow("house", trigger={"type": "manual", "entity_schema": "site"}),
    )
    with pytest.raises(InvalidInput) as refusal:
        world.plan()
    assert [each[1] for each in errors(refusal)] == [
        "FlowTemplate/house: it refers to EntitySchema/id:site, which this plan would delete"
    ]


# --- renames: shown where they are said, offered where they are likely


def test_a_rename_by_alias_is_shown(world: World, make: Make) -> None:
    world.put(make.reason("won"))
    world.apply()
    live = world.one("ClosingReason")["id"]
    world.drop(REASON)
    world.put(make.reason("success", {"aliases": ["won"]}, title="Won"))
    assert said(world.plan()) == [
        ("moved", f"ClosingReason/won goes on as ClosingReason/success, as its `aliases` say: both are `{live}`")
    ]
    world.apply()
    assert said(world.plan()) == []


def _flow(make: Make, name: str, title: str, steps: int) -> Json:
    return make.flow(name, name=title, description="Wie immer", steps=[f"step{number}" for number in range(steps)])


RENAMES = {
    # before, after: what is offered
    "the same title": (
        lambda make: make.reason("won"),
        lambda make: make.reason("success", title="Won"),
        [
            "ClosingReason/success is created with the title of ClosingReason/won, which is removed; if they are the "
            "same, write `aliases: [won]` in its metadata"
        ],
    ),
    "nearly the same content": (
        lambda make: _flow(make, "house", "Haus", 8),
        lambda make: _flow(make, "home", "Heim", 8),
        [
            "FlowTemplate/home is created, 91 % as FlowTemplate/house was, which is removed; if they are the same, "
            "write `aliases: [house]` in its metadata"
        ],
    ),
    "another title, and hardly anything to compare": (
        lambda make: make.reason("won"),
        lambda make: make.reason("success", title="Erfolg"),
        [],
    ),
    "other content": (
        lambda make: _flow(make, "house", "Haus", 8),
        lambda make: _flow(make, "home", "Heim", 2),
        [],
    ),
    "another kind": (
        lambda make: make.reason("won"),
        lambda make: make.flow("won", name="Won"),
        [],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("before", "after", "offered"), RENAMES.values(), ids=RENAMES)
def test_a_likely_rename_is_offered_and_never_made(
    world: World, make: Make, before: Any, after: Any, offered: list[str]
) -> None:
    world.put(before(make))
    world.apply()
    world.only_these(after(make))
    planned = world.plan()
    assert {each.action for each in planned.plan.changes} & {"delete", "deactivate"}
    assert "create" in {each.action for each in planned.plan.changes}
    assert [text for rule, text in said(planned) if rule == "perhaps-renamed"] == offered


def test_the_line_that_is_offered_makes_it_a_rename(world: World, make: Make) -> None:
    world.put(_flow(make, "house", "Haus", 8))
    world.apply()
    renamed = _flow(make, "home", "Heim", 8)
    renamed["metadata"]["aliases"] = ["house"]
    world.only_these(renamed)
    assert world.changes() == {"FlowTemplate/home": ["update", "name (ours)"]}


@pytest.mark.parametrize("action", ["deactivate", "forget"])
def test_a_saved_plan_is_bound_to_the_document(world: World, make: Make, action: str) -> None:
    """Whatever changes in it after the plan was made: somebody shall look again."""
    world.put(make.reason("won"), make.reason("lost"))
    world.apply()
    world.drop(REASON)
    world.put(removed({"address": REASON, "action": action}))
    saved = world.plan().plan
    assert list(saved.digests) == [REASON]
    world.put(removed({"address": REASON, "action": action}, environments=["test"]))
    with pytest.raises(Refused) as refusal:
        world.apply(saved=saved)
    assert [each.message for each in refusal.value.problems] == [
        f"{REASON}: its manifest, or a variable it uses, has changed",
        "the saved plan is no longer true; nothing was written",
    ]
    assert world.apply(saved=world.plan().plan).code == 0


@pytest.mark.parametrize("how", [{}, {"only": ["ClosingReason/*"]}, {"but": ["FlowTemplate/*"]}], ids=str)
@pytest.mark.parametrize("use", [{"lookup": "Zu teuer"}, {"id": "A" * 21}], ids=str)
def test_what_a_manifest_refers_to_that_was_not_chosen_stays(world: World, make: Make, how: Json, use: Json) -> None:
    world.seed({"closing_reasons": [{"id": "A" * 21, "title": "Zu teuer"}]})
    world.put(make.flow("house", closing_reasons=[use]))
    world.apply()
    world.put(removed({"kind": "ClosingReason", "key": "Zu teuer", "action": "delete"}))
    with pytest.raises(InvalidInput) as refusal:
        world.plan(**how)
    name = f"ClosingReason/id:{'A' * 21}"
    said = f"FlowTemplate/house: it refers to {name}, which this plan would delete"
    assert errors(refusal) == [("refers-to-removed", said, f"take the reference out, or keep {name}")]
