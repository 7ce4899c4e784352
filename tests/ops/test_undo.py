"""A run is taken back: for every kind, from S to S′ and back, the organisation holds what it held before."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from syncer.kinds import KINDS as ALL
from syncer.model.diagnostic import InvalidInput, Refused
from syncer.plan.plan import Plan
from syncer.plan.safety import Consent
from syncer.state.backends.factory import local_place
from syncer.state.run_history import KEPT

Json = Any
World, Make = Any, Any
Change = Callable[[World, Make], None]
OF_THE_SERVER = {"id", "created_at", "updated_at", "version", "lastUpdateTime", "creationTime", "last_updated_at"}
OF_THE_SERVER |= {"next_run_at", "last_run_at", "comment", "source", "org_id", "installed_at"}
KINDS = ("ClosingReason", "FlowTemplate", "EntitySchema", "AppInstallation", "RetentionConfig", "AutomationFlow")


def objects(world: World) -> dict[str, list[Json]]:
    """Everything there is, without what the platform sets anew with each write."""
    found = {}
    for kind in KINDS:
        bare = [{name: each[name] for name in each if name not in OF_THE_SERVER} for each in world.listed(kind)]
        found[kind] = sorted(bare, key=str)
    return found


def taken_back(world: World, run: str = "") -> Any:
    """Undo as a command does it: a saved plan, then an apply of it."""
    planned = world.undone(run)
    return world.apply(saved=planned.plan, undo=planned.plan.undo)


def notices(plan: Plan) -> list[str]:
    return [f"{each.rule} {each.address or ''}: {each.message}" for each in plan.notices]


CASES: dict[str, tuple[list[Change], list[Change]]] = {
    # case: (manifests before), (manifests after)
    "reason changed": (
        [lambda w, m: w.put(m.reason("won"))],
        [lambda w, m: w.put(m.reason("won", title="Gewonnen"))],
    ),
    "reason deactivated by its manifest": (
        [lambda w, m: w.put(m.reason("won", status="ACTIVE"))],
        [lambda w, m: w.put(m.reason("won", status="INACTIVE"))],
    ),
    "reason deactivated": (
        [lambda w, m: w.put(m.reason("won"), m.reason("lost"))],
        [lambda w, m: w.drop("ClosingReason/won")],
    ),
    "attributes more, less and other": (
        [lambda w, m: w.put(m.schema("site", m.text("street"), m.text("city"), m.text("zip")))],
        [lambda w, m: w.put(m.schema("site", m.text("land"), m.text("street", required=True), m.text("zip")))],
    ),
    "a field of a schema more": (
        [lambda w, m: w.put(m.schema("site", m.text("street")))],
        [lambda w, m: w.put(m.schema("site", m.text("street"), icon="house", description="Ein Haus"))],
    ),
    "flow changed": (
        [lambda w, m: w.put(m.flow("house", steps=("call", "write", "file")))],
        [lambda w, m: w.put(m.flow("house", steps=("call", "ring", "file"), description="Neu"))],
    ),
    "flow with a reason more": (
        [lambda w, m: w.put(m.reason("won"), m.reason("lost"), m.flow("house", closing_reasons=[{"ref": "won"}]))],
        [lambda w, m: w.put(m.flow("house", closing_reasons=[{"ref": "won"}, {"ref": "lost"}]))],
    ),
    "automation of a flow changed": (
        [lambda w, m: w.put(m.bundle("meter"))],
        [lambda w, m: w.put(mailing(m, "m-2"))],
    ),
    "app configured": (
        [lambda w, m: w.put(m.installation())],
        [lambda w, m: w.put(m.installation(options=[{"key": "region", "value": "DE-BY"}]))],
    ),
    "app upgraded": (
        [lambda w, m: w.put(m.installation(metadata={"policy": {"allow_downgrade": True}}))],
        [lambda w, m: w.put(m.installation(metadata={"policy": {"allow_downgrade": True}}, version="1.2.0"))],
    ),
    "retention changed": (
        [lambda w, m: w.put(m.retention())],
        [lambda w, m: w.put(m.retention(enabled=True, relations_for_deletion=["opportunity"]))],
    ),
    "retention disabled": (
        [lambda w, m: w.put(m.retention(enabled=True))],
        [lambda w, m: w.drop("RetentionConfig/old-contacts")],
    ),
    "reason made": ([], [lambda w, m: w.put(m.reason("won", metadata={"policy": {"removal": "delete"}}))]),
    "schema made": ([], [lambda w, m: w.put(m.schema("site", m.text("street")))]),
    "flow made": ([], [lambda w, m: w.put(m.flow("house"))]),
    "app installed": ([], [lambda w, m: w.put(m.checker())]),
    "schema deleted": (
        [lambda w, m: w.put(m.schema("site", m.text("street")), m.reason("won"))],
        [lambda w, m: w.drop("EntitySchema/site")],
    ),
    "flow deleted": (
        [lambda w, m: w.put(m.flow("house", enabled=True), m.reason("won"))],
        [lambda w, m: w.drop("FlowTemplate/house")],
    ),
    "reason and the flow that lists it deleted": (
        [
            lambda w, m: w.put(
                m.reason("won", metadata={"policy": {"removal": "delete"}}),
                m.reason("lost"),
                m.flow("house", closing_reasons=[{"ref": "won"}, {"ref": "lost"}]),
            )
        ],
        [lambda w, m: w.drop("FlowTemplate/house", "ClosingReason/won")],
    ),
    "app uninstalled": (
        [lambda w, m: w.put(m.checker(), m.reason("won"))],
        [lambda w, m: w.drop("AppInstallation/address")],
    ),
}  # fmt: skip


def mailing(make: Make, template: str) -> Json:
    made = make.bundle("meter")
    made["spec"]["automations"]["mail"]["actions"][0]["config"]["email_template_id"] = template
    return made


@pytest.mark.parametrize(("before", "after"), CASES.values(), ids=CASES)
def test_there_and_back(world: World, make: Make, before: list[Change], after: list[Change]) -> None:
    for each in before:
        each(world, make)
    assert world.apply().code == 0
    first = objects(world)
    declared = world.state().entries
    for each in after:
        each(world, make)
    run = world.apply()
    assert run.code == 0, run.problems
    second = objects(world)
    assert second != first
    back = taken_back(world)
    assert back.code == 0, back.problems
    assert comparable(objects(world)) == comparable(first)
    assert {str(each): entry.live_id != "" for each, entry in world.state().entries.items()} == {
        str(each): True for each in declared
    }
    assert taken_back(world).code == 0  # an undo is a run too
    assert comparable(objects(world)) == comparable(second)


def comparable(found: dict[str, list[Json]]) -> str:
    """With ids by the order in which they come, for what is made anew has others, and without moments."""
    import json
    import re

    text = re.sub(r"2026-03-02T[0-9:.]+Z", "now", json.dumps(found, sort_keys=True))
    names: dict[str, str] = {}
    pattern = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|(?<=\")[0-9A-Za-z]{21}(?=\")"
    return re.sub(pattern, lambda found: names.setdefault(found[0], f"id {len(names)}"), text)


def six(world: World, make: Make) -> None:
    """Six changes of five kinds of doing, applied to what was there."""
    world.put(make.reason("won"), make.reason("lost"), make.reason("gone"), make.schema("site", make.text("street")))
    world.put(make.flow("house"))
    world.apply()
    world.put(make.reason("won", title="Gewonnen"), make.reason("lost", title="Verloren"), make.reason("new"))
    world.put(make.schema("site", make.text("street"), make.text("city")), make.flow("house", description="Neu"))
    world.drop("ClosingReason/gone")
    assert list(world.apply().ends.values()) == ["done"] * 6


def by_hand(world: World, title: str, /, **body: Json) -> None:
    """Somebody changes a closing reason in the portal."""
    found = world.one("ClosingReason", title=title)
    whole = {"title": found["title"], "status": found["status"], **body}
    world.ask(f"PATCH /v2/workflows/closing-reasons/{found['id']}", whole)


def test_six_changes_one_of_them_touched_by_hand_later(world: World, make: Make) -> None:
    six(world, make)
    by_hand(world, "Verloren", title="Von Hand")
    plan = world.undone().plan
    assert {str(each.address): (each.action, [field.path for field in each.fields]) for each in plan.changes} == {
        "ClosingReason/gone": ("update", ["status"]),
        "ClosingReason/new": ("deactivate", []),
        "ClosingReason/won": ("update", ["title"]),
        "EntitySchema/site": ("update", ["attributes[city]"]),
        "FlowTemplate/house": ("update", ["description"]),
    }
    assert notices(plan) == [
        "undo-conflict ClosingReason/lost: `title` was changed by somebody since the run, and is left alone",
        "undo-version EntitySchema/site: what version 1 held is written as a new version",
        "undo-git : git still declares what run 0123abce applied: revert that commit, or the next plan wants these "
        "changes again: ClosingReason/won, EntitySchema/site, FlowTemplate/house",
        "undo-git : git still declares what is switched off by this: the next plan switches on what its manifest says "
        "is on, and leaves the rest off: ClosingReason/new",
        "undo-git : git no longer has these manifests: bring them back, and take them out of `Removed` documents, or "
        "the next apply removes the objects again: ClosingReason/gone",
    ]
    assert world.apply(saved=plan, undo=plan.undo).code == 0
    assert sorted(each["title"] for each in world.listed("ClosingReason") if each["status"] == "ACTIVE") == [
        "Gone", "Von Hand", "Won",
    ]  # fmt: skip
    # what git wants is ours, what was done by hand is drift
    assert world.changes() == {
        "ClosingReason/gone": ["deactivate"],
        "ClosingReason/lost": ["update", "title (drift)"],
        "ClosingReason/won": ["update", "title (ours)"],
        "EntitySchema/site": ["update", "attributes[city] (ours)"],
        "FlowTemplate/house": ["update", "description (ours)"],
    }


def test_what_was_nobodys_is_nobodys_again(world: World, make: Make) -> None:
    """A run took a reason over and changed it; another let a document ask for a removal. State forgets both."""
    world.seed({"closing_reasons": [{"id": each * 21, "title": title} for each, title in (("A", "Won"), ("B", "Alt"))]})
    target = {"kind": "ClosingReason", "id": "B" * 21, "action": "delete"}
    removed = make.document("Removed", "alt", {"objects": [target]})
    world.put(make.reason("won", status="INACTIVE"), make.reason("other"), removed)
    run = world.apply()
    assert run.code == 0, run.problems
    first = {str(each) for each in world.state().entries}
    back = taken_back(world)
    assert back.code == 0, back.problems
    world.drop(*(each for each in world.manifests if each != "ClosingReason/other"))
    assert {each["title"]: each["status"] for each in world.listed("ClosingReason")} == {
        "Won": "ACTIVE", "Alt": "ACTIVE", "Other": "INACTIVE",
    }  # fmt: skip
    assert (first, set(world.state().entries)) == ({"ClosingReason/won", "ClosingReason/other"}, set())
    assert [each for each in world.changes().values() if each[0] in ("delete", "deactivate")] == []


def test_what_stands_in_git_again_needs_no_word_and_no_change(world: World, make: Make) -> None:
    """The commit is reverted first: after the undo nothing is left to do."""
    six(world, make)
    world.only_these(make.reason("won"), make.reason("lost"), make.reason("gone"), make.flow("house"))
    world.put(make.schema("site", make.text("street")))
    plan = world.undone().plan
    assert [each.rule for each in plan.notices] == ["undo-version"]
    assert world.apply(saved=plan, undo=plan.undo).code == 0
    world.converges()


def test_a_saved_undo_is_refused_when_something_moved(world: World, make: Make) -> None:
    six(world, make)
    plan = world.undone().plan
    by_hand(world, "Gewonnen", title="Schon wieder anders")
    with pytest.raises(Refused) as refused:
        world.apply(saved=plan, undo=plan.undo)
    assert [each.message for each in refused.value.problems] == [
        "ClosingReason/won: the plan says update, and now there is nothing to do",
        "the saved plan is no longer true; nothing was written",
    ]


SAID: dict[str, tuple[list[Change], list[Change], list[Change], list[str], list[str]]] = {
    # case: (before, the run, by hand or in git since, verbs of the undo, its notices)
    "deleted by hand": (
        [lambda w, m: w.put(m.reason("won"))],
        [lambda w, m: w.put(m.reason("won", title="Gewonnen"))],
        [lambda w, m: w.ask(f"DELETE /v2/workflows/closing-reasons/{w.one('ClosingReason')['id']}")],
        [],
        ["undo-conflict ClosingReason/won: somebody deleted it since; it is not made anew"],
    ),
    "back by hand": (
        [lambda w, m: w.put(m.reason("won"))],
        [lambda w, m: w.put(m.reason("won", title="Gewonnen"))],
        [lambda w, m: by_hand(w, "Gewonnen", title="Won")],
        [],
        ["undo-nothing ClosingReason/won: it is as it was before the run"],
    ),
    "made, then changed by hand": (
        [],
        [lambda w, m: w.put(m.reason("won"))],
        [lambda w, m: by_hand(w, "Won", title="Anders"), lambda w, m: w.drop("ClosingReason/won")],
        ["ClosingReason/won deactivate"],
        ["undo-conflict ClosingReason/won: somebody changed it since the run made it: all of that goes with it"],
    ),
    "made, then deleted by hand": (
        [],
        [lambda w, m: w.put(m.reason("won"))],
        [lambda w, m: w.ask(f"DELETE /v2/workflows/closing-reasons/{w.one('ClosingReason')['id']}")],
        [],
        ["undo-nothing ClosingReason/won: what the run made is no longer there"],
    ),
    "deleted, then made again under its title": (
        [lambda w, m: w.put(m.reason("won", metadata={"policy": {"removal": "delete"}}), m.reason("lost"))],
        [lambda w, m: w.drop("ClosingReason/won")],
        [lambda w, m: w.ask("POST /v1/workflows/closing-reasons", {"title": "Won", "status": "ACTIVE"})],
        [],
        ["undo-conflict ClosingReason/won: there is another ClosingReason of that title now; left alone"],
    ),
    "a downgrade that no policy allows": (
        [lambda w, m: w.put(m.installation())],
        [lambda w, m: w.put(m.installation(version="1.2.0"))],
        [lambda w, m: w.drop("AppInstallation/credit")],
        [],
        [
            "undo-impossible AppInstallation/credit: it cannot be taken back: version `1.1.0` is older than the "
            "installed `1.2.0` (raise the version, or write `metadata.policy.version: minimum`; "
            "`allow_downgrade: true` goes back)"
        ],
    ),
    "options whose secret no manifest holds any more": (
        [lambda w, m: w.put(m.installation())],
        [lambda w, m: w.put(m.installation(options=[{"key": "region", "value": "DE-BY"}]))],
        [lambda w, m: w.drop("AppInstallation/credit")],
        [],
        [
            "undo-impossible AppInstallation/credit: it cannot be taken back: option `api_key` is a secret that no "
            "manifest knows, and saving the other options would wipe it (declare it under `component_id: "
            "f17093e0-9c05-5cab-abfe-f19df8a94894`: "
            '`{key: api_key, value: "${env.SYNCER_BONITAETSPRUEFUNG_API_KEY}"}`)'
        ],
    ),
    "an app with a secret, uninstalled": (
        [lambda w, m: w.put(m.installation(), m.reason("won"))],
        [lambda w, m: w.drop("AppInstallation/credit")],
        [],
        ["AppInstallation/credit create"],
        [
            "undo-secret AppInstallation/credit: never kept, and not set again by this: `option_values["
            "f17093e0-9c05-5cab-abfe-f19df8a94894].options[api_key]`; an apply of its manifest sends them",
            "undo-anew AppInstallation/credit: it is made anew, what was lost with it stays lost: jobs that ran and "
            "messages that were sent included",
        ],
    ),
    "another secret": (
        [lambda w, m: w.put(m.installation())],
        [lambda w, m: w.env.update({"SYNCER_KEY": "hush-hush-2"})],
        [],
        [],
        [
            "undo-secret AppInstallation/credit: `option_values[f17093e0-9c05-5cab-abfe-f19df8a94894].options[api_key]"
            "` holds a secret, which was never kept; an apply of the manifest that it came from sends it"
        ],
    ),
    "deletions that would start at once": (
        [lambda w, m: w.put(m.retention(enabled=True), m.reason("won"))],
        [lambda w, m: w.drop("RetentionConfig/old-contacts")],
        [lambda w, m: w.time.pass_by(400 * 86400.0)],
        [],
        [
            "undo-impossible RetentionConfig/old-contacts: it cannot be taken back: enabling this config deletes at "
            "once: `2027-02-01` is not in the future (give a start_date in the future, so that a mistake can still be "
            "stopped)"
        ],
    ),
    "an automation that the run made": (
        [lambda w, m: w.put(m.flow("meter"))],
        [lambda w, m: w.put(m.bundle("meter", enabled=False))],
        [],
        ["FlowTemplate/meter update"],
        [
            "undo-stays FlowTemplate/meter: automations `mail`, `start` were made by the run: look whether they went "
            "with what runs them, and delete what is left"
        ],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("before", "run", "since", "verbs", "said"), SAID.values(), ids=SAID)
def test_what_is_said(
    world: World, make: Make, before: list[Change], run: list[Change], since: list[Change],
    verbs: list[str], said: list[str],
) -> None:  # fmt: skip
    for each in before:
        each(world, make)
    world.apply()
    for each in run:
        each(world, make)
    assert world.apply().code == 0
    for each in since:
        each(world, make)
    plan = world.undone().plan
    assert [f"{each.address} {each.action}" for each in plan.changes] == verbs
    about = [each for each in notices(plan) if each.startswith("undo-") and not each.startswith("undo-git")]
    assert about == said
    if verbs:
        assert taken_back(world).code == 0


def test_a_run_that_was_cut_off_is_taken_back_as_far_as_it_went(world: World, make: Make, crash: Any) -> None:
    """The process dies after the second write of four has reached the platform."""
    names = ("a", "b", "c", "d")
    world.put(*(make.reason(each) for each in names))
    world.apply()
    world.put(*(make.reason(each, title=f"{each} neu") for each in names))
    seen: list[str] = []

    def dies(request: Any, response: Any) -> Any:
        seen.extend([request.method] * (request.method == "PATCH"))
        if len(seen) == 2:
            raise crash
        return response

    world.wire.after = dies
    with pytest.raises(crash):
        world.apply()
    world.well_again()
    plan = world.undone().plan
    assert [str(each.address) for each in plan.changes] == ["ClosingReason/a", "ClosingReason/b"]
    assert world.apply(saved=plan, undo=plan.undo).code == 0
    assert sorted(each["title"] for each in world.listed("ClosingReason")) == ["A", "B", "C", "D"]


def test_without_a_backup_nothing_is_written(world: World, make: Make) -> None:
    """The disk takes the run's beginning and no more: not one of the changes is sent."""
    world.put(make.reason("won"), make.reason("lost"))
    world.apply()

    class Full(type(world.disk)):  # type: ignore[misc]
        def write(self, handle: int, data: bytes) -> None:
            if b'"change"' in data:
                raise OSError(28, "no space left")
            super().write(handle, data)

    world.disk = Full()
    world.put(make.reason("won", title="Gewonnen"), make.reason("lost", title="Verloren"))
    run = world.apply()
    assert (run.code, run.calls) == (5, [])
    assert run.problems == [
        "ClosingReason/lost: what is about to be changed cannot be kept for an undo, so it is not changed"
    ]


def test_no_secret_is_kept(world: World, make: Make) -> None:
    """Neither one that a manifest brings nor one that somebody wrote into the organisation."""
    canary, clicked = "hush-hush-1", "Bearer 4f8a9c0d1e2b3a4c5d6e7f80"
    flow = make.bundle("meter")
    flow["spec"]["automations"]["mail"]["actions"][0]["config"]["api_key"] = "${env.SYNCER_KEY}"
    world.put(flow, make.installation(), make.reason("won"))
    assert world.apply().code == 0
    automation = next(each for each in world.listed("AutomationFlow") if each["flow_name"] == "Mail meter")
    automation["actions"][0]["config"]["header"] = clicked
    world.ask(f"PUT /v1/automation/flows/{automation['id']}", automation)
    flow["spec"]["automations"]["mail"]["flow_name"] = "Mail neu"
    world.put(flow, make.installation(options=[{"key": "region", "value": "DE-BY"}]))
    assert world.apply().code == 0
    world.only_these(make.reason("won"))
    assert world.apply().code == 0
    kept = [path.read_text("ascii") for path in sorted(world.runs.folder.iterdir())]
    assert len(kept) == 3
    assert ["Mail neu" in each for each in kept] == [False, True, True]
    assert [secret for secret in (canary, clicked) for each in kept if secret in each] == []
    back = taken_back(world)
    assert back.code == 0, back.problems


def test_no_secret_of_a_longer_text_is_kept_where_it_stands_elsewhere(world: World, make: Make) -> None:
    """The manifest has the secret within an address; somebody wrote it, without the address, into another field."""
    flow = make.bundle("meter")
    flow["spec"]["automations"]["mail"]["actions"][0]["config"]["link"] = "https://a.example/?k=${env.SYNCER_KEY}"
    world.put(flow)
    assert world.apply().code == 0
    automation = next(each for each in world.listed("AutomationFlow") if each["flow_name"] == "Mail meter")
    automation["actions"][0]["config"]["note"] = "siehe hush-hush-1"
    world.ask(f"PUT /v1/automation/flows/{automation['id']}", automation)
    flow["spec"]["automations"]["mail"]["flow_name"] = "Mail neu"
    world.put(flow)
    assert world.apply().code == 0
    kept = [path.read_text("ascii") for path in sorted(world.runs.folder.iterdir())]
    assert ["Mail neu" in each for each in kept] == [False, True]
    assert [each for each in kept if "hush" in each] == []
    assert world.runs.list()[1] == []


def test_the_newest_runs_are_kept(world: World, make: Make) -> None:
    for number in range(KEPT + 3):
        world.put(make.reason("won", title=f"Grund {number}"))
        world.apply()
    found, damaged = world.runs.list()
    assert (len(found), damaged) == (KEPT, [])
    first = 0x0123ABCD
    assert [run.header.id for run in found] == [f"{first + number:08x}" for number in range(KEPT + 2, 2, -1)]
    with pytest.raises(InvalidInput) as unknown:
        world.undone(f"{first:08x}")
    assert unknown.value.problems[0].rule == "no-such-run"


def test_a_run_that_changes_nothing_leaves_nothing(world: World, make: Make) -> None:
    world.put(make.reason("won"))
    world.apply()
    world.apply()
    assert len(world.runs.list()[0]) == 1


def test_what_the_run_made_and_another_manifest_is_now_stays(world: World, make: Make) -> None:
    """The former name of a renamed manifest is nobody's: what it made is removed under the present one, or not."""
    world.put(make.reason("lost"))
    world.apply()
    world.put(make.reason("won"))
    run = world.apply().planned.plan.id
    made = world.runs.list()[0][0].header
    assert made.plan == run
    world.drop("ClosingReason/won")
    world.put(make.reason("best", {"aliases": ["won"], "protect": True}, title="Won"))
    assert world.apply().code == 0
    planned = world.undone(made.id)
    live_id = world.one("ClosingReason", title="Won")["id"]
    assert planned.plan.changes == ()
    assert notices(planned.plan) == [
        "undo-impossible ClosingReason/won: it is ClosingReason/best now, and is left alone"
    ]
    assert {str(each): entry.live_id for each, entry in world.state().entries.items()}["ClosingReason/best"] == live_id


def test_an_address_that_is_another_object_now_is_left_alone(world: World, make: Make) -> None:
    """Bringing back what it was would let go of what it is."""
    world.put(make.reason("won", {"policy": {"removal": "delete"}}), make.reason("lost"))
    world.apply()
    world.drop("ClosingReason/won")
    world.apply()
    run = world.runs.list()[0][0].header.id
    world.put(make.reason("won", title="Another"))
    world.apply()
    another = world.one("ClosingReason", title="Another")["id"]
    planned = world.undone(run)
    assert planned.plan.changes == ()
    assert notices(planned.plan) == [
        f"undo-conflict ClosingReason/won: its address stands for `{another}` now; left alone"
    ]


def test_a_change_of_an_object_that_the_address_no_longer_is(world: World, make: Make) -> None:
    world.put(make.reason("won"), make.reason("lost"))
    world.apply()
    world.put(make.reason("won", title="Gewonnen"))
    world.apply()
    run = world.runs.list()[0][0].header.id
    world.stored("closing_reason", world.one("ClosingReason", title="Gewonnen")["id"], lambda it: {**it, "title": "X"})
    with world.api(read_only=True):
        place = local_place(world.state_path, "test", org_id=world.org_id, kinds=ALL, disk=world.disk)
        state = place.load()
        place.save(replace(state, entries={a: e for a, e in state.entries.items() if a.name != "won"}))
    world.apply()  # made anew, since nothing of that title is there
    another = world.one("ClosingReason", title="Gewonnen")["id"]
    planned = world.undone(run)
    assert planned.plan.changes == ()
    assert notices(planned.plan) == [
        f"undo-conflict ClosingReason/won: its address stands for `{another}` now; left alone"
    ]


def test_what_was_a_secret_under_a_former_name_is_not_kept(world: World, make: Make) -> None:
    """No longer declared, and readable in the organisation: only what state says of the former name tells of it."""
    world.env["SYNCER_KEY"] = "plain-words-of-ours"
    world.put(make.schema("site", make.text("street", placeholder="${env.SYNCER_KEY}")))
    world.apply()
    world.drop("EntitySchema/site")
    moved = make.schema("site", make.text("street", label="Weg"))
    world.put({**moved, "metadata": {"name": "place", "aliases": ["site"]}})
    assert world.apply().code == 0
    assert world.ask("GET /v1/entity/schemas/site")["attributes"][0]["placeholder"] == "plain-words-of-ours"
    kept = [path.read_text("utf-8") for path in world.runs.folder.iterdir()]
    assert [text for text in kept if "plain-words-of-ours" in text] == []


def test_an_undo_without_state_knows_what_git_describes(world: World, make: Make) -> None:
    """State is lost: what the manifests find by their titles is nobody else's."""
    world.put(make.reason("won", {"policy": {"removal": "delete"}}), make.reason("lost"))
    world.apply()
    world.drop("ClosingReason/won")
    world.apply()
    run = world.runs.list()[0][0].header.id
    world.forget()
    again = world.apply(undo=run, consent=Consent())
    assert (again.code, again.ends) == (0, {"ClosingReason/won": "done"})
    world.forget()
    world.seed({"closing_reasons": [{"id": "A" * 21, "title": "Fremd"}]})
    world.ask(f"DELETE /v2/workflows/closing-reasons/{world.one('ClosingReason', title='Won')['id']}")
    with pytest.raises(Refused, match="holds 1 that no manifest claims"):
        world.apply(undo=run, consent=Consent())
