"""Every guard: a plan that passes, one that it refuses, and the flag that lifts it; and that each is needed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from syncer.model.address import Address
from syncer.model.json_values import ABSENT
from syncer.plan.plan import Change, Field, Plan, Release, Verb
from syncer.plan.safety import GUARDS, Allowance, Consent, Situation, not_its_own, refusals, unfitting

QUIET = Situation(
    environment="production",
    org_id="739224",
    organisations=frozenset({"739224"}),
    loopback=False,
    opaque=False,
    read_only=False,
    confirm=False,
    delete_limit=None,
    update_limit=None,
    manifests=3,
    managed={Address("Book", f"b{number}"): False for number in range(40)},
    live_counts={"Book": 40},
    remembered_counts={"Book": 40},
    unclaimed={"Book": 0},
    state_found=True,
)
NO = Consent()


def change(action: Verb, name: str = "b1", *fields: Field, level: Any = "safe") -> Change:
    reasons = ("it is gone for good",) if level == "destructive" else ()
    return Change(Address("Book", name), action, level, reasons, fields, (), (), "", "", name)


def plan(*changes: Change) -> Plan:
    return Plan("f00d", "production", "739224", "https://example", changes, (), (), (), {})


NOTHING, CREATE, UPDATE = plan(), plan(change("create")), plan(change("update"))
REMOVE = plan(change("deactivate"))
TWO = plan(change("deactivate"), change("deactivate", "b2"))
DELETE = plan(change("delete", level="destructive"))
PAGES = Field("pages[7]", {"n": 7}, ABSENT, "ours", "destructive", "page 7 is torn out", "7")
TITLE = Field("title", "a", "b", "ours")
TORN = plan(change("update", "b1", TITLE, PAGES, level="destructive"))


def updates(number: int) -> Plan:
    return plan(*(change("update", f"b{each}") for each in range(number)))


Row = tuple[Plan, dict[str, Any], dict[str, Any], list[tuple[str, str, str]]]
ROWS: dict[str, Row] = {
    # case: (plan, what is not quiet, consent, [(rule, message, hint)])
    "nothing to do": (NOTHING, {}, {}, []),
    "a create and an update": (plan(change("create"), change("update", "b2")), {}, {}, []),
    "organisation: another": (
        NOTHING,
        {"organisations": frozenset({"911690"})},
        {},
        [
            (
                "wrong-organisation",
                "the token belongs to organisation `911690`, and environment `production` is `739224`",
                "check the token's variable and `org_id` in syncer.yaml; no flag lifts this",
            )
        ],
    ),
    "organisation: one of two replies named another": (
        NOTHING,
        {"organisations": frozenset({"739224", "911690"}), "loopback": True},
        {},
        [
            (
                "wrong-organisation",
                "the token belongs to organisation `911690`, and environment `production` is `739224`",
                "check the token's variable and `org_id` in syncer.yaml; no flag lifts this",
            )
        ],
    ),
    "organisation: nobody says": (
        NOTHING,
        {"organisations": frozenset()},
        {},
        [
            (
                "unknown-organisation",
                "organisation `739224` is not confirmed: neither the token nor any reply says which one this is",
                "use an access token of the organisation (a JWT); an opaque token is for sandboxes",
            )
        ],
    ),
    "organisation: nobody says, on this machine": (CREATE, {"organisations": frozenset(), "loopback": True}, {}, []),
    "token: may only read": (
        CREATE,
        {"read_only": True},
        {},
        [("read-only-token", "the token is read-only", "apply with a token that may write")],
    ),
    "token: may only read, and nothing is written": (NOTHING, {"read_only": True}, {}, []),
    "pull request": (
        NOTHING,
        {"event": "pull_request_target"},
        {},
        [
            (
                "pull-request",
                "this runs for a pull request (GITHUB_EVENT_NAME is `pull_request_target`)",
                "apply after the merge; --allow-pull-request lifts this",
            )
        ],
    ),
    "pull request: lifted": (CREATE, {"event": "pull_request"}, {"allow_pull_request": True}, []),
    "pull request: a push": (CREATE, {"event": "push"}, {}, []),
    "confirm": (
        CREATE,
        {"confirm": True},
        {},
        [
            (
                "confirm",
                "environment `production` asks to be confirmed",
                "--confirm production, or --confirm f00d in CI",
            )
        ],
    ),
    "confirm: another word": (
        CREATE,
        {"confirm": True},
        {"confirm": "yes"},
        [
            (
                "confirm",
                "`--confirm yes` is neither this environment nor this plan",
                "--confirm production, or --confirm f00d in CI",
            )
        ],
    ),
    "confirm: the environment": (CREATE, {"confirm": True}, {"confirm": "production"}, []),
    "confirm: the plan": (CREATE, {"confirm": True}, {"confirm": "f00d"}, []),
    "confirm: what is let go of": (
        replace(NOTHING, released=(Release(Address("Book", "b1"), ""),)),
        {"confirm": True},
        {},
        [
            (
                "confirm",
                "environment `production` asks to be confirmed",
                "--confirm production, or --confirm f00d in CI",
            )
        ],
    ),
    "confirm: a released field": (
        replace(NOTHING, released=(Release(Address("Book", "b1"), "title"),)),
        {"confirm": True},
        {},
        [],
    ),
    "confirm: nothing to confirm": (NOTHING, {"confirm": True}, {}, []),
    "nothing declared": (
        NOTHING,
        {"manifests": 0},
        {},
        [
            (
                "no-manifests",
                "there is no manifest, and 40 objects are managed",
                "check `manifests` in syncer.yaml; --allow-empty lifts this",
            )
        ],
    ),
    "nothing declared, one managed": (
        NOTHING,
        {"manifests": 0, "managed": {Address("Book", "b1"): False}},
        {},
        [
            (
                "no-manifests",
                "there is no manifest, and 1 object is managed",
                "check `manifests` in syncer.yaml; --allow-empty lifts this",
            )
        ],
    ),
    "nothing declared: lifted": (NOTHING, {"manifests": 0}, {"allow_empty": True}, []),
    "nothing declared, nothing managed": (NOTHING, {"manifests": 0, "managed": {}}, {}, []),
    "everything gone": (
        NOTHING,
        {"live_counts": {"Book": 0}, "remembered_counts": {"Book": 3}},
        {},
        [
            (
                "mass-missing",
                "the organisation lists no Book at all, and 3 are remembered",
                "check the token's rights and the organisation; --allow-missing Book lifts this",
            )
        ],
    ),
    "everything gone: not listed at all": (
        NOTHING,
        {"live_counts": {}},
        {},
        [
            (
                "mass-missing",
                "the organisation lists no Book at all, and 40 are remembered",
                "check the token's rights and the organisation; --allow-missing Book lifts this",
            )
        ],
    ),
    "everything gone: lifted": (NOTHING, {"live_counts": {}}, {"allow_missing": frozenset({"Book"})}, []),
    "everything gone: lifted for another kind": (
        NOTHING,
        {"live_counts": {}},
        {"allow_missing": frozenset({"Shelf"})},
        [
            (
                "mass-missing",
                "the organisation lists no Book at all, and 40 are remembered",
                "check the token's rights and the organisation; --allow-missing Book lifts this",
            )
        ],
    ),
    "everything gone: two were remembered": (
        NOTHING,
        {"live_counts": {"Book": 0}, "remembered_counts": {"Book": 2}},
        {},
        [],
    ),
    "everything gone: one is left": (NOTHING, {"live_counts": {"Book": 1}}, {}, []),
    "first contact": (
        plan(change("create"), change("create", "b2")),
        {"state_found": False, "unclaimed": {"Book": 7}},
        {},
        [
            (
                "first-contact",
                "there is no state, 2 Book would be created, and the organisation holds 7 that no manifest claims",
                "bring the state back, name a former title in `metadata.titles`, or say with --first-contact that "
                "those are somebody else's",
            )
        ],
    ),
    "first contact: lifted": (
        CREATE,
        {"state_found": False, "unclaimed": {"Book": 7}},
        {"first_contact": True},
        [],
    ),
    "first contact: there is state": (CREATE, {"unclaimed": {"Book": 7}}, {}, []),
    "first contact: all are claimed": (CREATE, {"state_found": False}, {}, []),
    "first contact: nothing is created": (UPDATE, {"state_found": False, "unclaimed": {"Book": 7}}, {}, []),
    "removals": (
        REMOVE,
        {},
        {},
        [("removals", "1 object would be removed", "--allow-delete=1 lifts this, and the limit")],
    ),
    "removals: the limit is said": (
        TWO,
        {"delete_limit": Allowance(5, percent=True)},
        {},
        [
            (
                "removals",
                "2 objects would be removed (the limit of `production` is 5%)",
                "--allow-delete=2 lifts this, and the limit",
            )
        ],
    ),
    "removals: lifted, and the limit": (TWO, {"delete_limit": Allowance(0)}, {"allow_delete": 2}, []),
    "removals: any number": (TWO, {}, {"allow_delete": -1}, []),
    "removals: fewer": (
        TWO,
        {},
        {"allow_delete": 1},
        [("removals", "2 objects would be removed, and 1 are allowed", "--allow-delete=2")],
    ),
    "removals: none": (
        REMOVE,
        {},
        {"allow_delete": 0},
        [("removals", "1 object would be removed, and 0 are allowed", "--allow-delete=1")],
    ),
    "updates: no limit": (updates(40), {}, {}, []),
    "updates: a number": (
        updates(3),
        {"update_limit": Allowance(2)},
        {},
        [
            (
                "updates",
                "3 objects would be updated, and the limit of `production` is 2",
                "--allow-update=3 lifts this",
            )
        ],
    ),
    "updates: as many": (updates(2), {"update_limit": Allowance(2)}, {}, []),
    "updates: a share": (
        updates(13),
        {"update_limit": Allowance(30, percent=True)},
        {},
        [
            (
                "updates",
                "13 objects of 40 would be updated, and the limit of `production` is 30%",
                "--allow-update=13 lifts this",
            )
        ],
    ),
    "updates: within the share": (updates(12), {"update_limit": Allowance(30, percent=True)}, {}, []),
    "updates: few are more than any share": (updates(10), {"update_limit": Allowance(0, percent=True)}, {}, []),
    "updates: an upgrade counts": (
        plan(change("upgrade")),
        {"update_limit": Allowance(0)},
        {},
        [
            (
                "updates",
                "1 object would be updated, and the limit of `production` is 0",
                "--allow-update=1 lifts this",
            )
        ],
    ),
    "updates: a create does not": (CREATE, {"update_limit": Allowance(0)}, {}, []),
    "updates: lifted": (updates(3), {"update_limit": Allowance(0)}, {"allow_update": 3}, []),
    "updates: any number": (updates(3), {"update_limit": Allowance(0)}, {"allow_update": -1}, []),
    "updates: fewer": (
        updates(3),
        {},
        {"allow_update": 2},
        [("updates", "3 objects would be updated, and 2 are allowed", "--allow-update=3")],
    ),
    "protected": (
        REMOVE,
        {"managed": {Address("Book", "b1"): True}},
        {"allow_delete": -1},
        [
            (
                "protected",
                "Book/b1 is protected and would be removed",
                "put the manifest back; --allow-protected Book/b1 lifts this",
            )
        ],
    ),
    "protected: lifted": (
        REMOVE,
        {"managed": {Address("Book", "b1"): True}},
        {"allow_delete": -1, "allow_protected": frozenset({"Book/b1"})},
        [],
    ),
    "protected: by the environment, managed or not": (
        plan(change("deactivate", "id:x739")),
        {"protect": True},
        {"allow_delete": -1},
        [
            (
                "protected",
                "Book/id:x739 is protected and would be removed",
                "put the manifest back; --allow-protected Book/id:x739 lifts this",
            )
        ],
    ),
    "protected: asked for by a document": (
        REMOVE,
        {"managed": {Address("Book", "b1"): True}, "asked": {Address("Book", "b1"): "Removed/old"}},
        {"allow_delete": -1},
        [
            (
                "protected",
                "Book/b1 is protected and would be removed",
                "take it out of Removed/old; --allow-protected Book/b1 lifts this",
            )
        ],
    ),
    "protected: made by a run that is taken back": (
        replace(REMOVE, undo="0123abcd"),
        {"managed": {Address("Book", "b1"): True}},
        {"allow_delete": -1},
        [("protected", "Book/b1 is protected and would be removed", "--allow-protected Book/b1 lifts this")],
    ),
    "protected: another": (REMOVE, {"managed": {Address("Book", "b2"): True}}, {"allow_delete": -1}, []),
    "protected: an update": (UPDATE, {"managed": {Address("Book", "b1"): True}}, {}, []),
    "data loss: a removal, by name beside its number": (
        DELETE,
        {},
        {"allow_delete": 1},
        [("data-loss", "Book/b1: it is gone for good", "--accept-data-loss Book/b1")],
    ),
    "data loss: a removal, its number beside the name": (
        DELETE,
        {},
        {"accept_data_loss": frozenset({"Book/b1"})},
        [("removals", "1 object would be removed", "--allow-delete=1 lifts this, and the limit")],
    ),
    "data loss: a removal, both lifted": (
        DELETE,
        {},
        {"allow_delete": 1, "accept_data_loss": frozenset({"Book/b1"})},
        [],
    ),
    "data loss: a part": (
        TORN,
        {},
        {},
        [("data-loss", "Book/b1/7: page 7 is torn out", "--accept-data-loss Book/b1/7")],
    ),
    "data loss: a part, lifted": (TORN, {}, {"accept_data_loss": frozenset({"Book/b1/7"})}, []),
    "data loss: a part, lifted with the whole": (TORN, {}, {"accept_data_loss": frozenset({"Book/b1"})}, []),
    "data loss: another part": (
        TORN,
        {},
        {"accept_data_loss": frozenset({"Book/b1/8", "Book/b"})},
        [("data-loss", "Book/b1/7: page 7 is torn out", "--accept-data-loss Book/b1/7")],
    ),
    "several at once, in a fixed order": (
        DELETE,
        {"confirm": True, "event": "pull_request"},
        {},
        [
            (
                "pull-request",
                "this runs for a pull request (GITHUB_EVENT_NAME is `pull_request`)",
                "apply after the merge; --allow-pull-request lifts this",
            ),
            (
                "confirm",
                "environment `production` asks to be confirmed",
                "--confirm production, or --confirm f00d in CI",
            ),
            ("removals", "1 object would be removed", "--allow-delete=1 lifts this, and the limit"),
            ("data-loss", "Book/b1: it is gone for good", "--accept-data-loss Book/b1"),
        ],
    ),
}


@pytest.mark.parametrize(("planned", "unquiet", "consent", "expected"), ROWS.values(), ids=ROWS)
def test_guards(
    planned: Plan, unquiet: dict[str, Any], consent: dict[str, Any], expected: list[tuple[str, str, str]]
) -> None:
    found = refusals(planned, replace(QUIET, **unquiet), replace(NO, **consent))
    assert [(each.rule, each.message, each.hint) for each in found] == expected
    assert {each.severity for each in found} <= {"error"}


@pytest.mark.parametrize("missing", GUARDS, ids=lambda each: each.__name__)
def test_without_any_one_guard_something_passes_that_must_not(missing: Any) -> None:
    others = [each for each in GUARDS if each is not missing]
    passing = [
        case
        for case, (planned, unquiet, consent, expected) in ROWS.items()
        if expected
        and not any(list(each(planned, replace(QUIET, **unquiet), replace(NO, **consent))) for each in others)
    ]
    assert passing, f"no row is refused by {missing.__name__} alone"


def test_an_empty_word_confirms_nothing() -> None:
    unnamed = replace(CREATE, id="")
    assert [each.rule for each in refusals(unnamed, replace(QUIET, confirm=True), NO)] == ["confirm"]


UNFITTING: dict[str, tuple[Plan, dict[str, Any], dict[str, Any], list[str]]] = {
    # case: (plan, what is not quiet, consent, sentences)
    "all of it fits": (
        plan(change("delete", "b1", level="destructive")),
        {"managed": {Address("Book", "b1"): True}, "live_counts": {}},
        {
            "accept_data_loss": frozenset({"Book/b1"}),
            "allow_protected": frozenset({"Book/b1"}),
            "allow_missing": frozenset({"Book"}),
        },
        [],
    ),
    "nearly": (
        TORN,
        {},
        {"accept_data_loss": frozenset({"Book/b1/8"})},
        ["--accept-data-loss Book/b1/8 fits nothing in this plan: did you mean `Book/b1/7`?"],
    ),
    "nothing near": (
        NOTHING,
        {},
        {"allow_protected": frozenset({"Book/b1"}), "allow_missing": frozenset({"Shelf"})},
        ["--allow-protected Book/b1 fits nothing in this plan", "--allow-missing Shelf fits nothing in this plan"],
    ),
}


@pytest.mark.parametrize(("planned", "unquiet", "consent", "expected"), UNFITTING.values(), ids=UNFITTING)
def test_consents_that_fit_nothing(
    planned: Plan, unquiet: dict[str, Any], consent: dict[str, Any], expected: list[str]
) -> None:
    assert unfitting(planned, replace(QUIET, **unquiet), replace(NO, **consent)) == expected


OWNERS: dict[str, tuple[set[str], bool, tuple[str, str] | None]] = {
    # case: the organisations that were named, the server is on this machine, (rule, severity)
    "its own": ({"739224"}, False, None),
    "another": ({"911690"}, False, ("wrong-organisation", "error")),
    "another, on this machine": ({"911690"}, True, ("wrong-organisation", "error")),
    "its own and another": ({"739224", "911690"}, True, ("wrong-organisation", "error")),
    "none": (set(), False, ("unknown-organisation", "error")),
    "none, on this machine": (set(), True, ("unknown-organisation", "warning")),
}


@pytest.mark.parametrize(("named", "loopback", "expected"), OWNERS.values(), ids=OWNERS)
def test_whose_the_token_is(named: set[str], loopback: bool, expected: tuple[str, str] | None) -> None:
    found = not_its_own(frozenset(named), "production", "739224", loopback=loopback)
    assert (found and (found.rule, found.severity)) == expected
