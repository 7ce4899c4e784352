"""A plan carried out against the sandbox: what happens in which order, and what a failure or a stop costs."""

from __future__ import annotations

import json
import threading
from typing import Any

import httpx
import pytest

from syncer.ops.apply.scheduler import Stop
from syncer.plan.events import Done, Failed, Skipped, Started
from tests.support.patience import PATIENCE

World, Make = Any, Any


def story(run: Any) -> list[str]:
    """The events as words."""
    said = []
    for each in run.events:
        match each:
            case Started(address, _, step):
                said.append(f"{address}: {step}")
            case Done(change):
                said.append(f"{change.address} done")
            case Failed(change):
                said.append(f"{change.address} failed")
            case Skipped(change, because):
                said.append(f"{change.address} skipped for {because}")
    return said


def test_events_tell_each_step_and_dependencies_come_first(world: World, make: Make) -> None:
    world.put(make.flow("house", closing_reasons=[{"ref": "won"}], enabled=True), make.reason("won"))
    run = world.apply()
    assert story(run) == [
        "ClosingReason/won: create",
        "ClosingReason/won: read back",
        "ClosingReason/won done",
        "FlowTemplate/house: create",
        "FlowTemplate/house: read back",
        "FlowTemplate/house: enable",
        "FlowTemplate/house: read back",
        "FlowTemplate/house done",
    ]
    sent = next(
        each["body"] for each in run.requests if each["path"] == "/v2/flows/templates" and each["method"] == "POST"
    )
    won = world.one("ClosingReason", title="Won")
    assert sent["closing_reasons"] == [{"id": won["id"], "title": "Won", "status": "ACTIVE"}]
    assert (sent["enabled"], world.one("FlowTemplate")["enabled"]) == (False, True)


def test_what_is_independent_goes_side_by_side(world: World, make: Make) -> None:
    """Four creates meet in the air: each waits until all four were sent."""
    names = ("a", "b", "c", "d")
    world.put(*[make.reason(name) for name in names])
    together = threading.Barrier(len(names), timeout=PATIENCE)

    def meet(request: Any) -> None:
        if request.method == "POST":
            together.wait()

    world.wire.before = meet
    assert world.apply(workers=4).code == 0
    assert sorted(each["title"] for each in world.listed("ClosingReason")) == ["A", "B", "C", "D"]


def test_no_more_at_once_than_workers(world: World, make: Make) -> None:
    world.put(*[make.reason(f"r{n}") for n in range(12)])
    lock, now, most = threading.Lock(), 0, 0

    def enter(request: Any) -> None:
        nonlocal now, most
        with lock:
            now += request.method == "POST"
            most = max(most, now)

    def leave(request: Any, response: Any) -> Any:
        nonlocal now
        with lock:
            now -= request.method == "POST"
        return response

    world.wire.before, world.wire.after = enter, leave
    assert world.apply(workers=3).code == 0
    assert most <= 3
    assert len(world.listed("ClosingReason")) == 12


def test_removals_come_last_and_in_reverse(world: World, make: Make) -> None:
    """What is used goes after what used it, and both after everything that is made or changed."""
    erase = {"policy": {"removal": "delete"}}
    world.put(
        make.reason("old", metadata=erase),
        make.schema("site", make.text("street")),
        make.reason("kept"),
        make.flow(
            "house", closing_reasons=[{"ref": "old"}], trigger={"type": "manual", "entity_schema": {"ref": "site"}}
        ),
    )
    assert world.apply().code == 0
    world.drop("FlowTemplate/house", "ClosingReason/old", "EntitySchema/site")
    world.put(make.reason("kept", title="Bleibt"), make.reason("new"))
    run = world.apply()
    kinds = [f"{call.split()[0]} {call.split('/')[2]}/{call.split('/')[3]}" for call in run.calls]
    assert kinds[:2] == ["PATCH workflows/closing-reasons", "POST workflows/closing-reasons"]
    assert kinds[2] == "DELETE flows/templates"
    assert sorted(kinds[3:]) == ["DELETE entity/schemas", "DELETE workflows/closing-reasons"]
    assert world.state().entries.keys() == {("ClosingReason", "kept"), ("ClosingReason", "new")}
    world.converges()


def test_a_failure_costs_dependants_not_neighbours(world: World, make: Make) -> None:
    world.put(
        make.reason("bad"),
        make.reason("good"),
        make.flow("needs-bad", closing_reasons=[{"ref": "bad"}]),
        make.flow("needs-good", closing_reasons=[{"ref": "good"}]),
        make.bundle(
            "starts",
            automations={
                "start": {
                    "flow_name": "Start",
                    "triggers": [{"type": "flows_trigger", "configuration": {}}],
                    "actions": [
                        {"name": "Go", "type": "trigger-workflow", "config": {"target_workflow": {"ref": "needs-bad"}}}
                    ],
                },
                "mail": make.bundle("x")["spec"]["automations"]["mail"],
            },
        ),
    )
    world.fault(method="POST", path="/v1/workflows/closing-reasons", status=422, body={"message": "not today"})
    run = world.apply()
    assert run.ends == {
        "ClosingReason/bad": "failed",
        "ClosingReason/good": "done",
        "FlowTemplate/needs-bad": "skipped",
        "FlowTemplate/needs-good": "done",
        "FlowTemplate/starts": "skipped",
    }
    because = {str(each.change.address): str(each.because) for each in run.events if isinstance(each, Skipped)}
    assert because == {"FlowTemplate/needs-bad": "ClosingReason/bad", "FlowTemplate/starts": "FlowTemplate/needs-bad"}
    assert run.problems == [
        "ClosingReason/bad: step `create`: `POST /v1/workflows/closing-reasons`: 422 Unprocessable Entity: not today"
    ]
    assert run.code == 5
    assert world.apply().code == 0
    world.converges()
    assert len(world.listed("ClosingReason")) == 2


def test_a_removal_waits_for_what_failed_to_let_go_of_it(world: World, make: Make) -> None:
    world.put(
        make.reason("old", metadata={"policy": {"removal": "delete"}}),
        make.flow("house", closing_reasons=[{"ref": "old"}]),
    )
    world.apply()
    world.drop("ClosingReason/old")
    world.put(make.flow("house", closing_reasons=[]))
    world.fault(method="PUT", path="/v2/flows/templates/*", status=400)
    run = world.apply()
    assert run.ends == {"FlowTemplate/house": "failed", "ClosingReason/old": "skipped"}
    assert world.one("ClosingReason")["status"] == "ACTIVE"
    assert world.apply().code == 0
    world.converges()


def test_nothing_done_is_told_from_something_done(world: World, make: Make) -> None:
    """Exit 6: the platform said no and nothing was written; 5: something was, a read-back or a second step failed."""
    world.put(make.flow("house", enabled=True))
    world.fault(method="POST", path="/v2/flows/templates", status=403)
    assert world.apply().code == 6
    world.fault(method="PUT", path="/v2/flows/templates/*", status=403)
    run = world.apply()
    assert (run.ends, run.code) == ({"FlowTemplate/house": "failed"}, 5)
    assert world.one("FlowTemplate")["enabled"] is False
    assert world.changes() == {"FlowTemplate/house": ["update", "enabled (ours)"]}
    assert world.apply().code == 0
    world.converges()


def test_an_upgrade_half_done_is_partly_done(world: World, make: Make) -> None:
    world.put(make.installation())
    world.apply()
    world.put(make.installation(version="1.2.0"))
    world.fault(method="PATCH", path="/v1/app/*", status=403)
    run = world.apply()
    assert (run.ends, run.code) == ({"AppInstallation/credit": "failed"}, 5)
    assert world.apply().code == 0
    assert world.one("AppInstallation")["enabled"] is True
    world.converges()


SITE, HOUSE = "/v1/entity/schemas/site", "/v1/entity/schemas/house"


def circle(make: Make) -> list[Any]:
    return [
        make.schema("site", make.text("street"), make.relation("house", {"ref": "house"})),
        make.schema("house", make.text("number"), make.relation("site", {"ref": "site"})),
        make.flow("visit", trigger={"type": "manual", "entity_schema": {"ref": "house"}}),
    ]


def test_two_new_schemas_that_refer_to_each_other(world: World, make: Make) -> None:
    """Each is written without the other first, and whole once both exist; who uses them comes after."""
    world.put(*circle(make))
    run = world.apply()
    assert run.problems == []
    assert run.calls == [f"PUT {HOUSE}", f"PUT {SITE}", f"PUT {HOUSE}", f"PUT {SITE}", "POST /v2/flows/templates"]
    bodies = [[item["name"] for item in each["body"]["attributes"]] for each in run.requests if each["method"] == "PUT"]
    assert bodies == [["number"], ["street"], ["number", "site"], ["street", "house"]]
    announced = {str(each.address): list(each.calls) for each in run.planned.plan.changes}
    assert announced == {
        "EntitySchema/house": [f"PUT {HOUSE}"] * 2,
        "EntitySchema/site": [f"PUT {SITE}"] * 2,
        "FlowTemplate/visit": ["POST /v2/flows/templates"],
    }
    assert [word for word in story(run) if word.endswith("done")] == [
        "EntitySchema/house done",
        "EntitySchema/site done",
        "FlowTemplate/visit done",
    ]
    world.converges()


def test_three_in_a_circle_and_two_circles_in_one(world: World, make: Make) -> None:
    world.put(
        make.schema("a", make.relation("to", "b", "c")),
        make.schema("b", make.relation("to", "c")),
        make.schema("c", make.relation("to", "a"), make.relation("me", "c")),
    )
    run = world.apply(workers=4)
    assert run.code == 0
    assert sorted(set(run.calls)) == [f"PUT /v1/entity/schemas/{slug}" for slug in "abc"]
    assert len(run.calls) == 6
    world.converges()


def test_a_new_schema_and_an_old_one_that_refer_to_each_other_need_two_calls(world: World, make: Make) -> None:
    world.put(make.schema("site", make.text("street")))
    world.apply()
    world.put(*circle(make)[:2])
    run = world.apply()
    assert run.calls == [f"PUT {HOUSE}", f"PUT {SITE}"]
    assert run.code == 0
    world.converges()


@pytest.mark.parametrize(
    ("refused", "ends", "code"),
    [
        # the first go of house fails: site stands without its relation to it
        (
            {"path": HOUSE},
            {"EntitySchema/house": "failed", "EntitySchema/site": "failed", "FlowTemplate/visit": "skipped"},
            5,
        ),
        # the other way round
        (
            {"path": SITE},
            {"EntitySchema/house": "failed", "EntitySchema/site": "failed", "FlowTemplate/visit": "skipped"},
            5,
        ),
        # the second go of house fails: site needs only that house exists
        (
            {"path": HOUSE, "skip": 1},
            {"EntitySchema/house": "failed", "EntitySchema/site": "done", "FlowTemplate/visit": "skipped"},
            5,
        ),
    ],
    ids=["first go", "the other", "second go"],
)
def test_a_circle_that_breaks_is_finished_by_the_next_run(
    world: World, make: Make, refused: Any, ends: dict[str, str], code: int
) -> None:
    world.put(*circle(make))
    world.fault(method="PUT", status=400, **refused)
    run = world.apply()
    assert (run.ends, run.code) == (ends, code)
    assert set(world.changes()) >= {"FlowTemplate/visit"}
    assert world.apply().code == 0
    world.converges()
    assert {each["version"] for each in world.listed("EntitySchema") if each["slug"] in {"site", "house"}} <= {1, 2}


def test_a_schema_of_a_circle_changed_by_somebody_between_its_two_goes(world: World, make: Make) -> None:
    """What the first go left is what the second expects: a change by another is not written over."""
    world.put(*circle(make)[:2])

    def meddle(request: Any, response: Any) -> Any:
        if request.method == "PUT" and request.url.path == SITE:
            world.wire.after = lambda request, response: response
            world.ask(f"PUT {HOUSE}", {**world.ask(f"GET {HOUSE}"), "icon": "home"})
        return response

    world.wire.after = meddle
    run = world.apply()
    assert run.ends == {"EntitySchema/house": "failed", "EntitySchema/site": "done"}
    assert run.problems == ["EntitySchema/house: somebody changed it in the organisation since the plan"]
    assert world.apply().code == 0
    assert world.ask(f"GET {HOUSE}")["icon"] == "home"
    world.converges()


@pytest.mark.parametrize(("reason", "code"), [("SIGINT", 130), ("SIGTERM", 143)])
def test_a_stop_finishes_what_is_under_way_and_begins_nothing(world: World, make: Make, reason: str, code: int) -> None:
    world.put(make.reason("a"), make.reason("b"), make.flow("house", closing_reasons=[{"ref": "a"}]))
    stop = Stop()

    def see(event: Any) -> None:
        if isinstance(event, Started):
            stop.ask(reason)

    run = world.apply(stop=stop, see=see)
    assert run.code == code
    assert story(run) == ["ClosingReason/a: create", "ClosingReason/a: read back", "ClosingReason/a done"]
    assert run.calls == ["POST /v1/workflows/closing-reasons"]
    assert world.state().entries.keys() == {("ClosingReason", "a")}
    assert world.open_intents() == []
    assert world.apply().code == 0
    world.converges()


def test_a_stop_before_anything_writes_nothing(world: World, make: Make) -> None:
    world.put(make.reason("a"))
    stop = Stop()
    stop.ask("SIGINT")
    run = world.apply(stop=stop)
    assert (run.calls, run.ends, run.code) == ([], {}, 130)


@pytest.mark.parametrize("method", ["POST", "GET"])
def test_a_token_that_ends_in_the_middle_stops_the_run(world: World, make: Make, method: str) -> None:
    """401 after the first write, on a write or on a read: nothing further is begun (docs/catalogue.md#b21)."""
    world.put(*[make.reason(f"r{n}") for n in range(6)])
    path = {"POST": "/v1/workflows/closing-reasons", "GET": "/v2/workflows/closing-reasons/*"}[method]
    world.fault(method=method, path=path, status=401, skip=1, times=None)
    run = world.apply()
    assert run.code == 5
    assert "r0" in {each.name for each in world.state().entries}
    assert "ClosingReason/r5" not in run.ends
    assert run.ends["ClosingReason/r1"] == "failed"
    world.well_again()
    assert world.apply().code == 0
    assert len(world.listed("ClosingReason")) == 6
    world.converges()


def test_a_token_refused_at_the_first_write_wrote_nothing(world: World, make: Make) -> None:
    world.put(make.reason("a"), make.reason("b"))
    world.fault(method="POST", status=401, times=None)
    run = world.apply()
    assert (run.code, world.listed("ClosingReason")) == (6, [])


def test_what_moves_between_plan_and_write_is_not_written_over(world: World, make: Make) -> None:
    """docs/catalogue.md#d05: that object is refused, its neighbours are done."""
    world.put(make.reason("a"), make.reason("b"))
    world.apply()
    world.put(make.reason("a", title="A2"), make.reason("b", title="B2"))
    b = world.one("ClosingReason", title="B")

    def meddle(event: Any) -> None:
        if isinstance(event, Done):
            world.ask(f"PATCH /v2/workflows/closing-reasons/{b['id']}", {"title": "Von Hand"})

    world.wire.before = lambda request: None
    seen = []

    def before(request: Any) -> None:
        if request.method == "PATCH" and not seen:
            seen.append(request)
            meddle(Done(None, "", 0.0))  # type: ignore[arg-type]

    world.wire.before = before
    run = world.apply()
    assert run.ends == {"ClosingReason/a": "done", "ClosingReason/b": "failed"}
    assert run.problems == ["ClosingReason/b: somebody changed it in the organisation since the plan"]
    assert (world.one("ClosingReason", title="Von Hand")["id"], run.code) == (b["id"], 5)
    assert world.changes() == {"ClosingReason/b": ["update", "title (conflict)"]}
    assert world.apply().code == 0
    world.converges()


def test_what_appears_between_plan_and_create_is_not_written_over(world: World, make: Make) -> None:
    world.put(make.schema("site", make.text("street")))
    foreign = make.schema("site", make.text("mine"))["spec"] | {"published": True, "capabilities": []}

    def before(request: Any) -> None:
        if (
            request.url.path == SITE
            and request.method == "GET"
            and not world.ask("GET /v1/entity/schemas?include=site")["results"]
        ):
            world.ask(f"PUT {SITE}", foreign)

    world.wire.before = before
    run = world.apply()
    assert run.problems == ["EntitySchema/site: `site` has appeared in the organisation since the plan"]
    assert run.code == 4
    assert [each["name"] for each in world.ask(f"GET {SITE}")["attributes"]] == ["mine"]


def test_what_was_deleted_between_plan_and_update_is_not_made_anew(world: World, make: Make) -> None:
    world.put(make.reason("a"))
    world.apply()
    world.put(make.reason("a", title="A2"))
    live = world.one("ClosingReason")

    def before(request: Any) -> None:
        if request.method == "GET" and request.url.path.endswith(live["id"]) and world.listed("ClosingReason"):
            world.ask(f"DELETE /v2/workflows/closing-reasons/{live['id']}")

    world.wire.before = before
    run = world.apply()
    assert run.problems == [f"ClosingReason/a: `{live['id']}` was deleted since the plan"]
    assert (run.calls[1:], world.listed("ClosingReason"), run.code) == ([], [], 4)


def test_a_bug_comes_out_after_the_others_were_remembered(world: World, make: Make) -> None:
    """What is under way when syncer itself breaks is still written down; nothing further is begun."""
    world.put(make.reason("a"), make.reason("b"), make.flow("house", closing_reasons=[{"ref": "a"}, {"ref": "b"}]))
    both = threading.Barrier(2, timeout=PATIENCE)

    def break_one(request: Any) -> None:
        if request.method == "POST":
            both.wait()
            if b'"A"' in request.content:
                raise ZeroDivisionError

    world.wire.before = break_one
    with pytest.raises(ZeroDivisionError):
        world.apply(workers=2)
    assert [str(each) for each in world.state().entries] == ["ClosingReason/b"]
    assert world.open_intents() == ["ClosingReason/a create"]
    world.well_again()
    assert world.apply().code == 0
    assert len(world.listed("ClosingReason")) == 2
    world.converges()


def test_a_reply_nobody_expects_is_looked_up(world: World, make: Make) -> None:
    world.put(make.reason("a"), make.reason("b"))
    world.fault(method="POST", path="/v1/workflows/closing-reasons", after_commit=True, body=["odd"], status=201)
    run = world.apply()
    assert run.code == 0  # no id in the reply: looked up and adopted
    assert len(world.listed("ClosingReason")) == 2
    world.converges()


def test_a_read_back_that_is_late_is_waited_for(make_world: Any, make: Make) -> None:
    """docs/catalogue.md#c05: a stale read is not taken for the outcome."""
    world = make_world(app_stale_reads=2)
    world.put(make.installation())
    world.apply()
    world.put(make.installation(options=[{"key": "region", "value": "DE-BY"}]))
    run = world.apply()
    assert (run.ends, run.code) == ({"AppInstallation/credit": "done"}, 0)
    assert world.time.slept == [0.3, 1.0]
    world.converges()


def test_a_value_that_the_platform_changes_is_named(world: World, make: Make) -> None:
    """docs/catalogue.md#c09: what does not stay as it was sent is a failure, not a loop without an end."""
    world.put(make.reason("a"))

    def trim(request: Any, response: Any) -> Any:
        if request.method == "POST":
            content = b"".join(response.stream)
            world.stored("closing_reason", json.loads(content)["id"], lambda body: {**body, "title": "a (neu)"})
            return httpx.Response(response.status_code, headers=response.headers, content=content)
        return response

    world.wire.after = trim
    run = world.apply()
    assert run.problems == ["ClosingReason/a: `title` is not as it was sent when it is read back"]
    assert (run.code, run.ends) == (5, {"ClosingReason/a": "done"})
    assert world.state().entries[("ClosingReason", "a")].live_id == world.one("ClosingReason")["id"]


SPOKEN = "ClosingReason/a: the platform made another value of `title` than was sent; it is not sent again"
SPOKEN += " unless you say `--as-sent`"


def trims(world: World) -> None:
    """The platform takes blanks away at both ends of a title, whoever sends it."""

    def trim(request: Any, response: Any) -> Any:
        if request.method in ("POST", "PATCH") and "closing-reasons" in request.url.path:
            content = b"".join(response.stream)
            live_id = json.loads(content)["id"]
            world.stored("closing_reason", live_id, lambda body: {**body, "title": body["title"].strip()})
            return httpx.Response(response.status_code, headers=response.headers, content=content)
        return response

    world.wire.after = trim


def said(world: World) -> tuple[list[str], list[str]]:
    """(the plan's changes with the causes of their fields, its notices about what the platform made)."""
    plan = world.plan().plan
    changes = [f"{each.address} {field.path} {field.cause}" for each in plan.changes for field in each.fields]
    return changes, [each.message for each in plan.notices if each.rule == "platform-form"]


def test_what_the_platform_trims_is_there_and_is_no_change_of_anybody(world: World, make: Make) -> None:
    """docs/catalogue.md#c09: created, with its dependants; said once; then neither planned nor called a conflict."""
    trims(world)
    world.put(make.reason("a", title="Zu teuer "), make.flow("house", closing_reasons=[{"ref": "a"}]))
    run = world.apply()
    assert (run.code, run.ends) == (5, {"ClosingReason/a": "done", "FlowTemplate/house": "done"})
    assert run.problems == ["ClosingReason/a: `title` is not as it was sent when it is read back"]
    assert said(world) == ([], [SPOKEN])
    assert [each.cause for each in world.drift().objects for each in each.fields] == []
    again = world.apply()
    assert (again.code, again.calls) == (0, [])

    world.put(make.reason("a", title="Nicht gewollt "))
    assert said(world) == (["ClosingReason/a title ours"], [])
    run = world.apply()
    assert (run.code, run.ends) == (5, {"ClosingReason/a": "done"})
    assert world.one("ClosingReason")["title"] == "Nicht gewollt"
    assert said(world) == ([], [SPOKEN])

    world.put(make.reason("a", title="Nicht gewollt ", status="INACTIVE"))
    run = world.apply()
    assert (run.code, run.problems) == (0, [])  # what it makes of the title is known by now
    assert said(world) == ([], [SPOKEN])


def test_what_the_platform_has_its_own_form_of_is_sent_again_where_that_is_asked(world: World, make: Make) -> None:
    """It is the manifest's change, nobody's conflict; while the platform still trims, it fails and stays known; once it
    takes the value, nothing is left to say."""
    trims(world)
    world.put(make.reason("a", title="Zu teuer "), make.reason("b", title="Zu fern "))
    world.apply()
    assert world.changes(as_sent=True) == {
        "ClosingReason/a": ["update", "title (ours)"],
        "ClosingReason/b": ["update", "title (ours)"],
    }
    run = world.apply(as_sent=True, only=["ClosingReason/a"])
    assert (run.code, run.ends) == (5, {"ClosingReason/a": "failed"})
    assert run.problems == ["ClosingReason/a: `title` is not as it was sent when it is read back"]
    assert said(world) == ([], [SPOKEN, SPOKEN.replace("/a", "/b")])

    world.put(make.reason("a", title="Zu teuer ", status="INACTIVE"), make.reason("b", title="Zu fern "))
    run = world.apply(as_sent=True, only=["ClosingReason/a"])
    assert (run.code, run.ends) == (5, {"ClosingReason/a": "done"})  # some of it has come about
    assert said(world) == ([], [SPOKEN, SPOKEN.replace("/a", "/b")])

    world.wire.after = lambda request, response: response
    run = world.apply(as_sent=True)
    assert (run.code, run.ends) == (0, {"ClosingReason/a": "done", "ClosingReason/b": "done"})
    assert sorted(each["title"] for each in world.listed("ClosingReason")) == ["Zu fern ", "Zu teuer "]
    assert said(world) == ([], [])
    assert world.plan(as_sent=True).plan.changes == ()


def test_a_change_by_hand_of_what_the_platform_trimmed_is_seen(world: World, make: Make) -> None:
    trims(world)
    world.put(make.reason("a", title="Zu teuer "))
    world.apply()
    world.stored("closing_reason", world.one("ClosingReason")["id"], lambda body: {**body, "title": "Von Hand"})
    assert said(world) == (["ClosingReason/a title drift"], [])


def test_a_form_that_the_manifest_takes_over_is_forgotten(world: World, make: Make) -> None:
    trims(world)
    world.put(make.reason("a", title="Zu teuer "))
    world.apply()
    assert list(world.state().entries[("ClosingReason", "a")].forms) == ["title"]
    world.put(make.reason("a", title="Zu teuer"))
    run = world.apply()
    assert (run.code, run.calls, said(world)) == (0, [], ([], []))
    assert world.state().entries[("ClosingReason", "a")].forms == {}


def test_an_update_of_which_nothing_came_about_is_a_failure(world: World, make: Make) -> None:
    """The platform says yes and does nothing: the object reads as before."""
    world.put(make.reason("a", title="Alt"))
    world.apply()

    def keep(request: Any, response: Any) -> Any:
        if request.method == "PATCH":
            world.stored("closing_reason", world.one("ClosingReason")["id"], lambda body: {**body, "title": "Alt"})
        return response

    world.wire.after = keep
    world.put(make.reason("a", title="Neu"))
    run = world.apply()
    assert (run.ends, run.problems) == (
        {"ClosingReason/a": "failed"},
        ["ClosingReason/a: `title` is not as it was sent when it is read back"],
    )
    assert said(world) == (["ClosingReason/a title ours"], [])


def test_a_quota_is_waited_for(world: World, make: Make) -> None:
    world.put(make.reason("a"), make.reason("b"))
    world.fault(method="POST", path="/v1/workflows/closing-reasons", status=429, headers={"Retry-After": "7"})
    run = world.apply()
    assert (run.code, len(world.listed("ClosingReason"))) == (0, 2)
    assert sum(world.time.slept) >= 7
    world.converges()
