"""Lost answers and processes that die: never two objects, nothing is sent again blindly, and the next run mends it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from simulation.world import SERVER, TOKENS
from syncer.api.client import Api
from syncer.api.endpoints import services
from syncer.api.options import TransportOptions
from syncer.fs.disk import RealDisk
from syncer.model.diagnostic import Problem, Refused
from syncer.model.json_values import Secret
from syncer.ops.adopt import adopt
from syncer.state.journal import Journal

World, Make = Any, Any
NEW_KEY = {"SYNCER_KEY": "another-key-2"}


def of(*documents: str) -> Callable[[Make], list[Any]]:
    """Manifests by a short text: `reason won title=Gewonnen`."""
    return lambda make: [_one(make, each) for each in documents]


def _one(make: Make, text: str) -> Any:
    what, *words = text.split(" ")
    named = dict(word.split("=") for word in words if "=" in word)
    names = [word for word in words if "=" not in word]
    spec: dict[str, Any] = {key: {"yes": True, "no": False}.get(value, value) for key, value in named.items()}
    if what == "schema":
        return make.schema(names[0], *[make.text(name) for name in names[1:]], **spec)
    if "removal" in spec:
        return getattr(make, what)(*names, metadata={"policy": {"removal": spec.pop("removal")}})
    if "mail" in spec:
        bundle = make.bundle(*names)
        bundle["spec"]["automations"]["mail"]["actions"][0]["config"]["email_template_id"] = spec["mail"]
        return bundle
    return getattr(make, {"app": "checker"}.get(what, what))(*names, **spec)


nothing = of()
CORE = 32
"""Schemas that are there from the start."""

Case = tuple[dict[str, Any], Callable[[Make], list[Any]], Callable[[Make], list[Any]], str, str, str, int]
OPERATIONS: dict[str, Case] = {
    # operation: switches, before, after, the call whose answer is lost, kind and number of objects at the end
    "reason create": ({}, nothing, of("reason won"), "POST", "/v1/workflows/closing-reasons", "ClosingReason", 1),
    "reason patch": ({}, of("reason won"), of("reason won title=G"), "PATCH", "/v2/workflows/*", "ClosingReason", 1),
    "reason deactivate": ({}, of("reason won"), nothing, "PATCH", "/v2/workflows/*", "ClosingReason", 1),
    "reason delete": ({}, of("reason won removal=delete"), nothing, "DELETE", "/v2/workflows/*", "ClosingReason", 0),
    "schema create": ({}, nothing, of("schema site a"), "PUT", "/v1/entity/schemas/site", "EntitySchema", CORE + 1),
    "schema put": (
        {},
        of("schema site a"),
        of("schema site a b"),
        "PUT",
        "/v1/entity/schemas/site",
        "EntitySchema",
        CORE + 1,
    ),
    "schema delete": ({}, of("schema site a"), nothing, "DELETE", "/v1/entity/schemas/site", "EntitySchema", CORE),
    "flow create": ({}, nothing, of("flow house enabled=yes"), "POST", "/v2/flows/templates", "FlowTemplate", 1),
    "flow enable": ({}, nothing, of("flow house enabled=yes"), "PUT", "/v2/flows/templates/*", "FlowTemplate", 1),
    "flow put": (
        {},
        of("flow house"),
        of("flow house description=x"),
        "PUT",
        "/v2/flows/templates/*",
        "FlowTemplate",
        1,
    ),
    "flow delete": ({}, of("flow house"), nothing, "DELETE", "/v2/flows/templates/*", "FlowTemplate", 0),
    "import": ({}, nothing, of("bundle meter"), "POST", "/v2/flows/templates/import", "FlowTemplate", 1),
    "import enable": ({}, nothing, of("bundle meter"), "PUT", "/v2/flows/templates/*", "FlowTemplate", 1),
    "automation create": (
        {"flow_export": False},
        nothing,
        of("bundle meter"),
        "POST",
        "/v1/automation/flows",
        "AutomationFlow",
        2,
    ),
    "automation pointed": (
        {"flow_export": False},
        nothing,
        of("bundle meter"),
        "PUT",
        "/v1/automation/flows/*",
        "AutomationFlow",
        2,
    ),
    "automation put": (
        {},
        of("bundle meter"),
        of("bundle meter mail=m-2"),
        "PUT",
        "/v1/automation/flows/*",
        "AutomationFlow",
        2,
    ),
    "app install": ({}, nothing, of("app"), "POST", "/v1/app/*", "AppInstallation", 1),
    "app options": ({}, of("app"), of("app text=Wohin?"), "PATCH", "/v1/app/*", "AppInstallation", 1),
    "app promote": ({}, of("app"), of("app version=1.1.0"), "POST", "/v1/app/*/promote-to/*", "AppInstallation", 1),
    "app options after promote": ({}, of("app"), of("app version=1.1.0"), "PATCH", "/v1/app/*", "AppInstallation", 1),
    "app uninstall": ({}, of("app"), nothing, "DELETE", "/v1/app/*", "AppInstallation", 0),
    "retention create": ({}, nothing, of("retention"), "POST", "/data-governance/*", "RetentionConfig", 1),
    "retention put": (
        {},
        of("retention"),
        of("retention enabled=yes"),
        "POST",
        "/data-governance/*",
        "RetentionConfig",
        1,
    ),
    "retention disable": ({}, of("retention enabled=yes"), nothing, "POST", "/data-governance/*", "RetentionConfig", 1),
}

AFTER: dict[str, dict[str, Any]] = {
    # the work is done, and stays done
    "dropped": {"drop": True},
    "500": {"status": 500},
    "502": {"status": 502},
    "504": {"status": 504},
    "408": {"status": 408},
    "redirect": {"status": 302},
    "html": {"body": "<html>", "content_type": "text/html", "status": 200},
    "truncated": {"truncate": 9, "body": {"id": "123456"}},
    "no id": {"body": {"some": "thing"}, "status": 200},
}
BEFORE: dict[str, dict[str, Any]] = {"dropped": {"drop": True}, "500": {"status": 500}, "504": {"status": 504}}
IN_ALL_WAYS = ("reason create", "flow put", "import")


def ways(faults: Any, usual: Any) -> list[Any]:
    """Every operation in the usual way, three of them in every way: which way is which is one table of outcomes."""
    return [
        pytest.param(name, fault, id=f"{name}, {fault}")
        for name in OPERATIONS
        for fault in faults
        if fault == usual or name in IN_ALL_WAYS
    ]


def before(operation: str, make_world: Any, make: Make) -> Any:
    """A world just before the operation: (world, method, path, kind, number)."""
    switches, earlier, after, method, path, kind, number = OPERATIONS[operation]
    world = make_world(**switches)
    if first := earlier(make):
        world.put(*first)
        assert world.apply().code == 0
    world.only_these(*after(make))
    return world, method, path, kind, number


def sent(run: Any, method: str, path: str) -> int:
    """How often the call went out."""
    from fnmatch import fnmatchcase

    return sum(call.startswith(f"{method} ") and fnmatchcase(call.split(" ")[1], path) for call in run.calls)


@pytest.mark.parametrize(("operation", "how"), [*ways(AFTER, "dropped"), *ways(["no id"], "no id")[::2]])
def test_an_answer_lost_after_the_work_was_done_is_found_out(
    make_world: Any, make: Make, operation: str, how: str
) -> None:
    world, method, path, kind, number = before(operation, make_world, make)
    world.fault(method=method, path=path, after_commit=True, **AFTER[how])
    run = world.apply()
    assert run.problems == []
    assert (run.code, len(world.listed(kind))) == (0, number)
    assert world.open_intents() == []
    world.converges()
    assert len(world.listed(kind)) == number


@pytest.mark.parametrize(("operation", "how"), ways(BEFORE, "dropped"))
def test_an_answer_lost_before_any_work_is_unknown_and_ended_by_the_next_run(
    make_world: Any, make: Make, operation: str, how: str
) -> None:
    world, method, path, kind, number = before(operation, make_world, make)
    world.fault(method=method, path=path, **BEFORE[how])
    run = world.apply()
    assert run.code == 7
    assert sent(run, method, path) == 1
    hints = [each.problem.hint for each in run.events if hasattr(each, "problem")]
    assert [hint.partition(":")[0] for hint in hints] == ["run `syncer apply` again"]
    again = world.apply()
    assert (again.ends and set(again.ends.values())) == {"done"}
    assert (again.code, len(world.listed(kind))) == (0, number)
    assert world.open_intents() == []
    world.converges()
    assert len(world.listed(kind)) == number


@pytest.mark.parametrize(("operation", "status"), ways([400, 403, 409, 412, 422, 423], 409))
def test_a_refusal_is_a_failure_and_leaves_nothing_open(
    make_world: Any, make: Make, operation: str, status: int
) -> None:
    world, method, path, kind, number = before(operation, make_world, make)
    world.fault(method=method, path=path, status=status)
    run = world.apply()
    if path.endswith("import") and status == 403:
        assert run.code == 0  # a platform without import says so: the flow goes another way
    else:
        promoted = operation == "app options after promote"  # the upgrade is done: the options are planned again
        assert (set(run.ends.values()), run.code in {5, 6}) == ({"done" if promoted else "failed"}, True)
        assert world.apply().code == 0
    assert (len(world.listed(kind)), world.open_intents()) == (number, [])
    world.converges()


@pytest.mark.parametrize("operation", IN_ALL_WAYS)
def test_a_quota_answer_is_the_only_one_that_is_sent_again(make_world: Any, make: Make, operation: str) -> None:
    world, method, path, kind, number = before(operation, make_world, make)
    world.fault(method=method, path=path, status=429, headers={"Retry-After": "3"})
    run = world.apply()
    assert (run.code, len(world.listed(kind))) == (0, number)
    assert sum(world.time.slept) >= 3
    world.converges()


@pytest.mark.parametrize("committed", [True, False])
@pytest.mark.parametrize("case", ["reason create", "flow create", "import", "app install", "flow put", "reason delete"])
def test_an_outage_after_the_answer_was_lost_is_unknown(
    make_world: Any, make: Make, case: str, committed: bool
) -> None:
    """Nothing can be read for a while: exit 7, not a failure that pretends nothing was done; the next run ends it."""
    world, method, _, kind, number = before(case, make_world, make)
    struck = []

    def outage(request: Any) -> None:
        if struck and request.method == "GET":
            raise world_error()

    def lose(request: Any, response: Any) -> Any:
        if request.method == method and not struck:
            struck.append(request)
            raise world_error()
        return response

    def lose_before(request: Any) -> None:
        outage(request)
        if request.method == method and not struck:
            struck.append(request)
            raise world_error()

    world.wire.before = outage if committed else lose_before
    if committed:
        world.wire.after = lose
    run = world.apply()
    assert (set(run.ends.values()), run.code) == ({"unknown"}, 7)
    world.well_again()
    world.time.pass_by(60)
    assert world.apply().code == 0
    assert (len(world.listed(kind)), world.open_intents()) == (number, [])
    world.converges()


@pytest.mark.parametrize(("case", "journalled"), [("reason create", 1), ("flow put", 0)])
def test_what_another_organisation_answers_says_nothing_of_a_lost_answer(
    make_world: Any, make: Make, case: str, journalled: int
) -> None:
    """Replies begin to name another organisation while it is looked for: exit 7 at once, and the next run ends it."""
    world, method, _, kind, number = before(case, make_world, make)
    struck = []

    def lose(request: Any, response: Any) -> Any:
        if request.method == method and not struck:
            struck.append(request)
            raise world_error()
        if not struck:
            return response
        body = json.loads(response.read())
        for each in body.get("reasons", [body]):
            each["org_id"] = "911042"
        return httpx.Response(response.status_code, json=body)

    def judge(organisations: frozenset[str]) -> None:
        if organisations - {world.org_id}:
            raise Refused(Problem("wrong-organisation", "another's"))

    def judged(*, read_only: bool) -> Api:
        token = Secret("EPILOT_TOKEN", TOKENS[world.environment])
        return Api(
            services({}, SERVER), token, read_only=read_only, share=1.0, judge=judge,
            options=TransportOptions(world.effects, wire=world.wire),
        )  # fmt: skip

    usual, world.api, world.wire.after = world.api, judged, lose
    run = world.apply()
    assert (set(run.ends.values()), run.code, world.time.slept) == ({"unknown"}, 7, [])
    assert [each.problem.message.endswith("another's") for each in run.events if hasattr(each, "problem")] == [True]
    assert len(world.open_intents()) == journalled
    world.well_again()
    world.api = usual
    world.time.pass_by(60)
    assert world.apply().code == 0
    assert (len(world.listed(kind)), world.open_intents()) == (number, [])
    world.converges()


def world_error() -> Exception:
    import httpx

    return httpx.ReadTimeout("")


@pytest.mark.parametrize("committed", [True, False])
def test_a_lost_secret_is_never_taken_for_sent(world: World, make: Make, committed: bool) -> None:
    """A secret cannot be read back, so nothing proves that it arrived: it is sent again by the next run."""
    world.put(make.installation())
    world.apply()
    digest = dict(world.state().entries[("AppInstallation", "credit")].secrets)
    world.env = NEW_KEY
    world.fault(method="PATCH", path="/v1/app/*", drop=True, after_commit=committed)
    run = world.apply()
    assert run.code == 7
    assert run.problems[0].endswith("what it sent cannot be read back")
    assert world.state().entries[("AppInstallation", "credit")].secrets == digest
    again = world.apply()
    assert (len(again.calls), again.code) == (1, 0)
    world.converges()


def test_a_create_that_is_committed_late_is_found(world: World, make: Make) -> None:
    """docs/catalogue.md#a06: the answer is gone, the object appears only seconds later."""
    world.put(make.reason("won"))
    world.fault(method="POST", path="/v1/workflows/closing-reasons", drop=True)
    plain = world.time.sleep
    asleep = []

    def sleep(seconds: float) -> None:
        plain(seconds)
        asleep.append(seconds)
        if len(asleep) == 2:
            world.ask("POST /v1/workflows/closing-reasons", {"title": "Won", "status": "ACTIVE"})

    world.time.sleep = sleep
    run = world.apply()
    assert (run.code, asleep, len(world.listed("ClosingReason"))) == (0, [1.0, 4.0], 1)
    world.converges()


def test_a_create_that_is_committed_after_the_run_is_found_by_the_next(world: World, make: Make) -> None:
    world.put(make.reason("won"), make.flow("house", closing_reasons=[{"ref": "won"}]))
    world.fault(method="POST", path="/v1/workflows/closing-reasons", drop=True)
    run = world.apply()
    assert run.ends == {"ClosingReason/won": "unknown", "FlowTemplate/house": "skipped"}
    assert world.open_intents() == ["ClosingReason/won create"]
    made = world.ask("POST /v1/workflows/closing-reasons", {"title": "Won", "status": "ACTIVE"})
    again = world.apply()
    assert [each.message for each in again.events if type(each).__name__ == "Recovered"] == [
        f"an earlier run's `create` had taken effect: `{made['id']}`"
    ]
    assert (again.code, [each["id"] for each in world.listed("ClosingReason")]) == (0, [made["id"]])
    world.converges()


def test_the_journal_says_what_was_sent(world: World, make: Make) -> None:
    world.put(make.reason("won"))
    world.seed({"closing_reasons": [{"id": "A" * 21, "title": "Lost"}]})
    world.fault(method="POST", path="/v1/workflows/closing-reasons", drop=True)
    world.apply()
    with Journal(world.journal_path, world.disk) as journal:
        (intent,) = journal.unsettled()
    assert (intent.run, intent.address, intent.kind, intent.step, intent.method, intent.path, intent.before) == (
        "0123abcd",
        "ClosingReason/won",
        "ClosingReason",
        "create",
        "POST",
        "/v1/workflows/closing-reasons",
        (),
    )
    assert (intent.seek["field"], intent.seek["value"], intent.seek["service"]) == ("title", "Won", "workflow")
    assert "hush" not in world.journal_path.read_text("utf-8")


def test_no_secret_stands_in_journal_or_state(world: World, make: Make) -> None:
    world.put(make.installation())
    world.fault(method="POST", path="/v1/app/*", drop=True)
    world.apply()
    world.apply()
    for path in world.state_path.parent.iterdir():
        assert "hush" not in path.read_text("utf-8"), path.name


def sent_twice(world: World) -> None:
    """A proxy sends every create of a closing reason twice, and the answer is lost."""

    def twice(request: Any, response: Any) -> Any:
        if request.method == "POST":
            world.ask("POST /v1/workflows/closing-reasons", {"title": "Won", "status": "ACTIVE"})
            raise world_error()
        return response

    world.wire.after = twice


LEFT_ALONE = "ClosingReason/won: an earlier run's `create` was cut off, and 2 objects could be what it made: "


def test_two_that_could_be_it_are_a_question_until_one_is_gone(world: World, make: Make) -> None:
    """docs/catalogue.md#b29: a proxy sent it twice. Nothing is adopted and nothing is deleted; what else is declared is
    applied all the same, but for what refers to it."""
    world.put(make.reason("won"))
    sent_twice(world)
    run = world.apply()
    first, second = (each["id"] for each in world.listed("ClosingReason"))
    assert run.code == 7
    assert run.problems[0].endswith(f"2 objects could be it: `{first}`, `{second}`")
    world.well_again()
    world.put(make.reason("won"), make.reason("lost"), make.flow("house", closing_reasons=[{"ref": "won"}]))
    for calls in (["POST /v1/workflows/closing-reasons"], []):
        run = world.apply()
        assert (run.code, run.calls, run.held) == (
            7,
            calls,
            {"ClosingReason/won": f"{LEFT_ALONE}`{first}`, `{second}`; it is left alone, with what refers to it"},
        )
        assert [each.message for each in run.planned.plan.notices if each.rule == "held"] == [
            "ClosingReason/won: it is left alone until it is known what an earlier run's call did",
            "FlowTemplate/house: it is left alone, for it refers to what is",
        ]
    world.ask(f"DELETE /v2/workflows/closing-reasons/{second}")
    assert world.apply().code == 0
    assert [each["id"] for each in world.listed("ClosingReason") if each["title"] == "Won"] == [first]
    assert len(world.listed("FlowTemplate")) == 1
    world.converges()


@pytest.mark.parametrize("which", [0, 1], ids=["the first", "the second"])
def test_adopt_says_which_it_is_and_settles_the_call(world: World, make: Make, which: int) -> None:
    world.put(make.reason("won"))
    sent_twice(world)
    world.apply()
    world.well_again()
    one = world.listed("ClosingReason")[which]["id"]
    with pytest.raises(Refused, match="an earlier apply was cut off in `create`"):
        adopt(world, "ClosingReason/won", "")
    done = adopt(world, "ClosingReason/won", one)
    assert (done.live.id, done.new, done.planned.plan.changes) == (one, True, ())
    with Journal(world.journal_path) as journal:
        assert (journal.unsettled(), journal.settled()) == ([], [])
    run = world.apply()
    assert (run.code, run.calls, run.held) == (0, [], {})
    assert world.state().entries[("ClosingReason", "won")].live_id == one


def test_adopt_of_another_object_ends_the_search_for_what_the_call_made(world: World, make: Make) -> None:
    world.put(make.reason("won"))
    sent_twice(world)
    world.apply()
    world.well_again()
    other = world.ask("POST /v1/workflows/closing-reasons", {"title": "Another", "status": "ACTIVE"})["id"]
    assert adopt(world, "ClosingReason/won", other).live.id == other
    run = world.apply()
    assert (run.code, run.held) == (0, {})
    assert world.state().entries[("ClosingReason", "won")].live_id == other
    assert len(world.listed("ClosingReason")) == 3


def test_what_is_adopted_where_the_journal_is_not_is_not_put_over(world: World, make: Make) -> None:
    """On another machine nobody knows of the call; here, what it made is asked about, not linked."""
    world.put(make.reason("won"))

    def lose(request: Any, response: Any) -> Any:
        if request.method == "POST":
            raise world_error()
        return response

    world.wire.after = lose
    world.wire.before = lambda request: (_ for _ in ()).throw(world_error()) if world.listed("ClosingReason") else None
    world.apply()
    world.well_again()
    journal = world.journal_path.read_bytes()
    (made,) = (each["id"] for each in world.listed("ClosingReason"))
    other = world.ask("POST /v1/workflows/closing-reasons", {"title": "Another", "status": "ACTIVE"})["id"]
    world.journal_path.unlink()
    adopt(world, "ClosingReason/won", other)
    world.journal_path.write_bytes(journal)
    run = world.apply()
    assert (run.code, list(run.held)) == (7, ["ClosingReason/won"])
    assert f"1 object could be what it made: `{made}`" in run.held["ClosingReason/won"]
    assert world.state().entries[("ClosingReason", "won")].live_id == other


def test_adopt_leaves_the_open_calls_of_others_open(world: World, make: Make) -> None:
    """One open call holds up neither what is linked by hand nor, on another machine, the word that there is one."""
    world.put(make.reason("won"))
    sent_twice(world)
    world.apply()
    world.well_again()
    other = world.ask("POST /v1/workflows/closing-reasons", {"title": "Another", "status": "ACTIVE"})["id"]
    world.put(make.reason("won"), make.reason("lost", title="Another"))
    assert adopt(world, "ClosingReason/lost", "").live.id == other
    with Journal(world.journal_path) as journal:
        assert [each.address for each in journal.unsettled()] == ["ClosingReason/won"]
    assert (world.place.load().open_runs, list(world.apply().held)) == ((), ["ClosingReason/won"])
    world.journal_path.unlink()
    assert len(world.place.load().open_runs) == 1


def test_adopt_names_a_part_that_an_open_call_made(world: World, make: Make) -> None:
    """A flow's automation, of which two could be it: the id of one settles the call, and no third is made."""
    world.switches = {}
    world.fault(method="POST", path="/v2/flows/templates/import", status=404, times=None)

    def twice(request: Any, response: Any) -> Any:
        if request.method == "POST" and request.url.path == "/v1/automation/flows":
            world.ask("POST /v1/automation/flows", json.loads(request.content))
            raise world_error()
        return response

    world.wire.after = twice
    world.put(make.bundle("meter"))
    assert world.apply().code == 7
    world.wire.after = lambda request, response: response
    run = world.apply()
    assert (run.code, run.calls, list(run.held)) == (7, [], ["FlowTemplate/meter"])
    one = world.listed("AutomationFlow")[0]["id"]
    before = len(world.listed("AutomationFlow"))
    done = adopt(world, "FlowTemplate/meter", one)
    assert (done.part, done.live.id) == ("start", one)
    assert world.state().entries[("FlowTemplate", "meter")].parts["automations"] == {"start": one}
    run = world.apply()
    assert (run.code, run.held) == (0, {})
    assert len(world.listed("AutomationFlow")) - before == len(make.bundle("meter")["spec"]["automations"]) - 1


def test_objects_of_that_name_from_before_are_not_mistaken_for_it(world: World, make: Make) -> None:
    """The flow's automation has the name of one that was there before: only a new one can be it."""
    world.switches = {}
    mail = make.bundle("meter")["spec"]["automations"]["mail"]
    world.ask("POST /v1/automation/flows", mail)
    world.fault(method="POST", path="/v2/flows/templates/import", status=404, times=None)
    world.fault(method="POST", path="/v1/automation/flows", skip=1, drop=True, after_commit=True)
    world.put(make.bundle("meter"))
    run = world.apply()
    assert (run.problems, run.code, len(world.listed("AutomationFlow"))) == ([], 0, 3)
    world.converges()


# --- the process dies


def everything(make: Make) -> list[Any]:
    return [
        make.reason("won"),
        make.schema("site", make.text("street"), make.relation("house", "house")),
        make.schema("house", make.relation("site", "site")),
        make.checker(),
        make.retention(),
        make.bundle("meter", closing_reasons=[{"ref": "won"}]),
    ]


def changed(make: Make) -> list[Any]:
    bundle = _one(make, "bundle meter mail=m-2")
    bundle["spec"] |= {"closing_reasons": [{"ref": "won"}], "description": "Neu"}
    return [
        make.reason("won", title="Gewonnen"),
        make.reason("lost"),
        make.schema("site", make.text("city")),
        bundle,
        make.checker(version="1.1.0", text="Wohin?"),
        make.retention(enabled=True),
        make.flow("new"),
    ]


COUNTS = {
    "ClosingReason": 1,
    "EntitySchema": CORE + 2,
    "AppInstallation": 1,
    "RetentionConfig": 1,
    "FlowTemplate": 1,
    "AutomationFlow": 2,
}
CHANGED = {**COUNTS, "ClosingReason": 2, "FlowTemplate": 2, "EntitySchema": CORE + 2}


def survives(world: World, counts: dict[str, int], crash: type[BaseException]) -> None:
    """The next run needs no help, makes nothing twice, and the one after that has nothing to do."""
    world.well_again()
    assert world.apply().code == 0
    assert {kind: len(world.listed(kind)) for kind in counts} == counts
    assert world.open_intents() == []
    world.converges()


def dying_at(world: World, number: int, crash: type[BaseException], *, after: bool) -> bool:
    """Apply, and die at the n-th writing call, before it goes out or before its answer is looked at; False: never."""
    count = 0

    def strike(request: Any) -> None:
        nonlocal count
        if request.method != "GET" and not request.url.path.endswith((":batchGet", ":list", ":search")):
            count += 1
            if count > number:
                raise crash

    def before(request: Any) -> None:
        if not after:
            strike(request)

    def behind(request: Any, response: Any) -> Any:
        if after:
            strike(request)
        return response

    world.wire.before, world.wire.after = before, behind
    try:
        world.apply()
    except crash:
        return True
    return False


@pytest.mark.parametrize("after", [False, True], ids=["before it is sent", "before its answer is seen"])
@pytest.mark.parametrize("number", range(10))
@pytest.mark.parametrize("switches", [{}, {"flow_export": False}], ids=["import", "no import"])
def test_death_at_every_call_of_a_first_apply(
    make_world: Any, make: Make, crash: type[BaseException], number: int, after: bool, switches: Any
) -> None:
    world = make_world(**switches)
    world.put(*everything(make))
    died = dying_at(world, number, crash, after=after)
    assert died or number > 7
    survives(world, COUNTS, crash)


@pytest.mark.parametrize("after", [False, True], ids=["before it is sent", "before its answer is seen"])
@pytest.mark.parametrize("number", range(9))
def test_death_at_every_call_of_a_second_apply(
    make_world: Any, make: Make, crash: type[BaseException], number: int, after: bool
) -> None:
    world = make_world()
    world.put(*everything(make))
    world.apply()
    world.put(*changed(make))
    assert dying_at(world, number, crash, after=after)
    survives(world, CHANGED, crash)


@pytest.mark.parametrize("after", [False, True], ids=["before it is sent", "before its answer is seen"])
@pytest.mark.parametrize("number", range(8))
def test_death_that_takes_state_and_journal_along(
    make_world: Any, make: Make, crash: type[BaseException], number: int, after: bool
) -> None:
    """docs/catalogue.md#a23: a container with its disk. Keys and titles find everything again."""
    world = make_world()
    world.put(*everything(make))
    assert dying_at(world, number, crash, after=after)
    world.forget()
    survives(world, COUNTS, crash)


@pytest.mark.parametrize("second", range(3))
@pytest.mark.parametrize("first", range(4))
def test_death_while_recovering_from_death(
    make_world: Any, make: Make, crash: type[BaseException], first: int, second: int
) -> None:
    """docs/catalogue.md#a21: a second crash while the first is mended."""
    world = make_world()
    world.put(*everything(make))
    assert dying_at(world, first, crash, after=True)
    assert dying_at(world, second, crash, after=bool(second % 2))
    survives(world, COUNTS, crash)


class DyingDisk(RealDisk):
    """A disk at whose n-th change the process dies, before or after the change."""

    def __init__(self, number: int, crash: type[BaseException]) -> None:
        self.left = number
        self.crash = crash

    def _step(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise self.crash

    def write(self, handle: int, data: bytes) -> None:
        if self.left == 0:  # torn: half of it is there
            super().write(handle, data[: len(data) // 2])
        self._step()
        super().write(handle, data)

    def fsync(self, handle: int) -> None:
        self._step()

    def fsync_dir(self, folder: Path) -> None:
        self._step()

    def replace(self, source: Path, target: Path) -> None:
        self._step()
        super().replace(source, target)

    def create(self, path: Path, mode: int | None) -> int:
        self._step()
        return super().create(path, mode)

    def append(self, path: Path, mode: int) -> int:
        self._step()
        return super().append(path, mode)


DISK_STEPS = [*range(24), *range(24, 120, 4)]
"""Enough of the steps of a run to meet every kind of step in every place: all of the first, every fourth after."""


@pytest.mark.parametrize("number", DISK_STEPS)
def test_death_at_every_step_of_the_disk(make_world: Any, make: Make, crash: type[BaseException], number: int) -> None:
    """Torn records, temporary files, a state that lags behind the journal: whatever is left, the next run copes."""
    world = make_world(flow_export=False)
    world.put(make.reason("won"), make.bundle("meter", closing_reasons=[{"ref": "won"}]), make.retention())
    quick, world.disk = world.disk, DyingDisk(number, crash)
    try:
        world.apply()
        died = False
    except crash:
        died = True
    assert died or number >= 72
    world.disk = quick
    survives(world, {"ClosingReason": 1, "FlowTemplate": 1, "AutomationFlow": 2, "RetentionConfig": 1}, crash)
