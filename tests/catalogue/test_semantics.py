"""The catalogue's rows C01 to C26 (docs/catalogue.md#the-platforms-answers): what the platform's APIs do, and what must
be seen."""

from __future__ import annotations

import contextlib
import inspect
import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from syncer.model.diagnostic import InvalidInput, PlatformError, Refused
from syncer.plan.safety import Consent
from tests.api import test_client
from tests.ops import test_plan, test_scheduler, test_unknown_outcome
from tests.support.catalogue import told

Check = Callable[..., None]
REASONS, REASON = "/v1/workflows/closing-reasons", "/v2/workflows/closing-reasons"


def lists(row: str) -> Check:
    """The lists of test_api that name the row."""

    def check() -> None:
        good = [case for name, case in test_client.LISTS.items() if name.startswith(row)]
        bad = [case for name, case in test_client.BAD_LISTS.items() if name.startswith(row)]
        assert good or bad
        for listing, handler, ids in good:
            test_client.test_a_list(listing, handler, ids)
        for listing, handler, message in bad:
            test_client.test_part_of_a_list_is_never_given_for_the_whole(listing, handler, message)

    return check


def late(world: Any, make: Any) -> None:
    """C03: what was just made cannot be read for a moment: it is waited for, not made again."""
    world.put(make.reason("won"))
    hidden = iter([True, True])

    def hide(request: httpx.Request, response: httpx.Response) -> httpx.Response:
        if request.method == "GET" and request.url.path.startswith(f"{REASON}/") and next(hidden, False):
            return httpx.Response(404, json={"message": "not found"})
        return response

    world.wire.after = hide
    run = world.apply()
    assert (run.calls, run.code, world.time.slept) == ([f"POST {REASONS}"], 0, [0.3, 1.0])
    world.converges()


def absent_from_lists(world: Any, *titles: str) -> Callable[[httpx.Request, httpx.Response], httpx.Response]:
    """A list that does not show some objects."""

    def hide(request: httpx.Request, response: httpx.Response) -> httpx.Response:
        if request.method == "GET" and request.url.path == REASONS:
            body = json.loads(b"".join(response.stream))  # type: ignore[arg-type]
            body["reasons"] = [each for each in body["reasons"] if each["title"] not in titles]
            return httpx.Response(200, json=body)
        return response

    return hide


def flapping(world: Any, make: Any) -> None:
    """C03, C04: a list that lacks, shows and lacks a linked object: it is read by its id, and nothing is planned."""
    world.put(make.reason("won"), make.reason("lost"))
    world.apply()
    for titles in (("Won",), (), ("Won", "Lost"), ()):
        world.wire.after = absent_from_lists(world, *titles)
        assert world.changes() == {}
        assert world.apply().calls == []
    assert len(world.state().entries) == 2


def said_twice(world: Any, make: Any) -> None:
    """C07: the one in state is kept, the other is named in a warning."""
    world.put(make.reason("won"))
    world.apply()
    ours = world.one("ClosingReason")["id"]
    world.seed({"closing_reasons": [{"id": "B" * 21, "title": "Won"}]})
    planned = world.plan()
    assert ([each.severity for each in planned.problems], planned.plan.changes) == (["warning"], ())
    assert planned.problems[0].message == (
        f"ClosingReason/won is `{ours}`, and the organisation has another of the title `Won`: `{'B' * 21}`"
    )
    assert world.apply().calls == []


def gone_from_lists(number: int, left: int, refused: bool) -> Check:
    """C10: of so many remembered, so many are listed and can be read."""

    def check(world: Any, make: Any) -> None:
        world.put(*[make.reason(f"r{each}") for each in range(number)])
        world.apply()
        for each in range(left, number):
            world.ask(f"DELETE {REASON}/{world.one('ClosingReason', title=f'R{each}')['id']}")
        if not refused:
            assert world.apply(consent=Consent()).code == 0
            return
        with pytest.raises(Refused) as refusal:
            world.apply(consent=Consent())
        assert [each.rule for each in refusal.value.problems] == ["mass-missing"]
        assert "--allow-missing ClosingReason lifts this" in refusal.value.problems[0].hint
        assert len(world.listed("ClosingReason")) == left
        assert world.apply(consent=Consent(allow_missing=frozenset({"ClosingReason"}))).code == 0
        world.converges()

    return check


def taken(make_world: Any, make: Any) -> None:
    """C12: the title is taken by the time of the create: 409, nothing sent again; the next run adopts what is there."""
    world = make_world(name_unique=True)
    world.put(make.reason("won"))

    def first(request: httpx.Request) -> None:
        if request.method == "POST" and not world.listed("ClosingReason"):
            world.ask(f"POST {REASONS}", {"title": "Won", "status": "ACTIVE"})

    world.wire.before = first
    run = world.apply()
    assert (run.code, run.calls.count(f"POST {REASONS}"), world.open_intents()) == (6, 2, [])  # theirs and ours
    assert "409 Conflict" in run.problems[0]
    world.well_again()
    assert (world.apply().code, len(world.listed("ClosingReason"))) == (0, 1)
    world.converges()


def lost_and_taken(make_world: Any, make: Any) -> None:
    """C12: our own create, its answer lost, on a platform that refuses a second: found, not sent again."""
    world = make_world(name_unique=True)
    world.put(make.reason("won"))
    world.fault(method="POST", path=REASONS, drop=True, after_commit=True)
    run = world.apply()
    assert (run.code, run.calls) == (0, [f"POST {REASONS}"])
    world.converges()


def upsert_refused(world: Any, make: Any) -> None:
    """C13: an upsert that the platform cannot decide is a conflict; nothing is made or changed."""
    world.put(make.retention())
    world.fault(method="POST", path="/data-governance/*", status=409, body={"message": "several match"})
    run = world.apply()
    assert (run.code, world.listed("RetentionConfig")) == (6, [])
    assert "409 Conflict: several match" in run.problems[0]
    assert world.apply().code == 0
    world.converges()


def modified(world: Any, make: Any) -> None:
    """C14: the platform sees that the flow moved since it was read: 409, not written over, a new plan is asked for."""
    world.put(make.flow("house"))
    world.apply()
    world.put(make.flow("house", description="ours"))
    id = world.one("FlowTemplate")["id"]
    meddled = []

    def meddle(request: httpx.Request) -> None:
        if request.method == "PUT" and not meddled:
            meddled.append(request)
            world.time.pass_by(5)
            world.ask(f"PUT /v2/flows/templates/{id}", {**world.one("FlowTemplate"), "name": "Von Hand"})

    world.wire.before = meddle
    run = world.apply()
    assert (run.ends, run.code) == ({"FlowTemplate/house": "failed"}, 6)
    (failed,) = [each.problem for each in run.events if hasattr(each, "problem")]
    assert ("409 Conflict" in failed.message, failed.hint) == (True, "somebody changed it meanwhile: plan again")
    assert world.one("FlowTemplate")["name"] == "Von Hand"
    assert world.apply().code == 0
    world.converges()


def refused_content(world: Any, make: Any) -> None:
    """C16: the platform's words are held against the manifest: file, line, field."""
    world.put(make.reason("won"), make.retention())
    said = {"message": "body/schedule/interval_days must be >= 10"}
    world.fault(method="POST", path="/data-governance/*", status=422, body=said)
    world.fault(method="POST", path=REASONS, status=400, body={"message": "unheard of"})
    run = world.apply()
    found = {str(each.change.address): each.problem for each in run.events if hasattr(each, "problem")}
    placed, first = found["RetentionConfig/old-contacts"], found["ClosingReason/won"]
    assert placed.path == "$.spec.schedule.interval_days"
    at = placed.at
    text = (world.folder / at.file).read_text("utf-8").splitlines()[at.line - 1]
    assert text[at.column - 1 :].startswith("7")
    assert "if `syncer validate` does, please report it" in placed.hint
    assert (first.path, first.at.file) == ("$.spec", "config/ClosingReason-won.json")
    gone = "body/attributes: x relates to schema site, which does not exist"
    world.fault(method="POST", path=REASONS, status=400, body={"message": gone})
    (lost,) = [each.problem for each in world.apply().events if hasattr(each, "problem")]
    assert (gone in lost.message, "report" in lost.hint) == (True, False)
    assert lost.hint.startswith("make what is missing again, or take what refers to it out")


def odd_types(world: Any, make: Any) -> None:
    """C17: one field of a listed object after the other becomes something else: a plan, or a typed error."""
    world.put(make.reason("won"), make.flow("house"), make.schema("site", make.text("a")), make.checker())
    world.apply()
    kinds = {REASONS: "reasons", "/v2/flows/templates": "results", "/v2/entity/schemas": "results", "/v1/app": "apps"}
    for path, items in kinds.items():
        for name in sorted(_fields(world, path, items)):
            for value in (None, "true", 5, [], {}, [None], "gone"):
                world.wire.after = _spoilt(path, items, name, value)
                with contextlib.suppress(PlatformError, InvalidInput):  # anything else is a traceback
                    world.plan()


def _fields(world: Any, path: str, items: str) -> set[str]:
    return {name for each in world.ask(f"GET {path}")[items] for name in each}


def _spoilt(path: str, items: str, name: str, value: Any) -> Callable[..., httpx.Response]:
    def spoil(request: httpx.Request, response: httpx.Response) -> httpx.Response:
        if request.method != "GET" or request.url.path != path:
            return response
        body = json.loads(b"".join(response.stream))  # type: ignore[arg-type]
        for each in body[items]:
            if value == "gone":
                each.pop(name, None)
            else:
                each[name] = value
        return httpx.Response(200, json=body)

    return spoil


def nobody_there(world: Any, make: Any) -> None:
    """C18: a title that nothing has is found in the plan, before anything is written."""
    world.put(make.reason("won"), make.flow("house", closing_reasons=[{"lookup": "Kein Interesse"}]))
    with pytest.raises(InvalidInput) as caught:
        world.apply()
    assert [each.rule for each in caught.value.problems] == ["lookup"]
    assert world.listed("ClosingReason") == []


def delete_in_use(world: Any, make: Any) -> None:
    """C20: somebody began to use it between plan and delete: said with the platform's words; what is left stays."""
    world.put(make.schema("site", make.text("a")), make.schema("house", make.text("a")), make.reason("won"))
    world.apply()
    world.drop("EntitySchema/site", "EntitySchema/house")
    said = {"error": "schema is used by 3 entities"}
    world.fault(method="DELETE", path="/v1/entity/schemas/site", status=409, body=said)
    run = world.apply()
    assert (run.ends, run.code) == ({"EntitySchema/site": "failed", "EntitySchema/house": "done"}, 5)
    assert "409 Conflict: schema is used by 3 entities" in run.problems[0]
    assert len(world.listed("ClosingReason")) == 1
    assert world.apply().code == 0
    world.converges()


def limit_reached(world: Any, make: Any) -> None:
    """C21: so many are made and remembered, the next run goes on with the rest; none is made twice."""
    world.put(*[make.reason(f"r{each}") for each in range(8)])
    world.fault(method="POST", path=REASONS, status=403, skip=3, times=None, body={"message": "limit reached"})
    run = world.apply()
    assert (run.code, len(world.listed("ClosingReason")), len(world.state().entries)) == (5, 3, 3)
    assert "limit reached" in run.problems[0]
    world.well_again()
    again = world.apply()
    assert (again.code, len(again.calls), len(world.listed("ClosingReason"))) == (0, 5, 8)
    world.converges()


def new_words(world: Any, make: Any) -> None:
    """C22: a value and a field that syncer does not know stay as they are, through a change of something else."""
    world.put(make.schema("site", make.text("a")))
    world.apply()

    def tomorrow(body: Any) -> Any:
        later = {"name": "later", "label": "L", "type": "string", "depth": 3}
        return {**body, "attributes": [*body["attributes"], later], "mood": "calm"}

    world.stored("schema", "site", tomorrow)
    world.seed({"closing_reasons": [{"id": "P" * 21, "title": "Pause"}]})
    world.stored("closing_reason", "P" * 21, lambda body: {**body, "status": "PAUSED"})
    metadata = {"titles": ["Pause"]}
    world.put(make.schema("site", make.text("a", label="Neu")), make.reason("pause", metadata, title="Rest"))
    run = world.apply()
    (sent,) = [each["body"] for each in run.requests if each["method"] == "PATCH"]
    assert (sent["status"], run.ends) == ("PAUSED", {"ClosingReason/pause": "failed", "EntitySchema/site": "done"})
    live = world.ask("GET /v1/entity/schemas/site")
    found = {each["name"]: each for each in live["attributes"]}
    assert (found["later"]["depth"], live["mood"]) == (3, "calm")
    assert "EntitySchema/site" not in world.changes()


def masked(make_world: Any, make: Any) -> None:
    """C23: what the platform shows of a secret is no drift, and is never sent back."""
    world = make_world(app_secrets="masked")
    world.put(make.installation())
    assert world.apply().code == 0
    assert world.changes() == {}
    world.put(make.installation(options=[{"key": "region", "value": "DE-BY"}]))
    run = world.apply()
    assert run.code == 0
    sent = json.dumps([each["body"] for each in run.requests if each["method"] in ("PATCH", "POST", "PUT")])
    assert "***" not in sent
    world.converges()


HOSTILE = {
    "escape": "\x1b]52;c;ZXZpbA==\x07\x9b2J",
    "1000": "x" * 1000,
    "rtl": "\u202eabc\u2066",
    "emoji": "⚡🔌" * 20,
    "marks": "a" + "\u0301" * 200,
    "command": "::error::x\n##[add-mask]a",
    "nul": "a\0b",
}


def written(text: str) -> str:
    """The text in YAML's double quotes."""
    return '"' + "".join(each if ord(each) > 0xFFFF else json.dumps(each)[1:-1] for each in text) + '"'


def hostile(live: Any, sandbox: Any) -> None:
    """C24: names that somebody gave live objects: harmless in every output, and no obstacle."""
    reasons = [{"id": f"H{number}".ljust(21, "x"), "title": text} for number, text in enumerate(HOSTILE.values())]
    sandbox.seed({"closing_reasons": reasons})
    for number, text in enumerate(HOSTILE.values()):
        name = f"h{number}"
        head = f"apiVersion: syncer/v1\nkind: ClosingReason\nmetadata: {{name: {name}, titles: [{written(text)}]}}\n"
        if "\0" not in text:
            live.write(f"config/{name}.yaml", f"{head}spec: {{title: New {number}}}\n")
    for args in (["plan"], ["plan", "-v"], ["apply", "--yes", "--first-contact"]):
        said = live.run(*args)
        assert said.code == 0, said.all
        assert not [each for each in said.all if each != "\n" and not each.isprintable()]
        assert not [line for line in said.all.splitlines() if line.lstrip().startswith("::") or "##[" in line]
    assert live.run("plan", "--detailed-exitcode").code == 0


def odd_id(world: Any, make: Any) -> None:
    """C24: an id that would be another path is no object's; nothing is sent with it."""
    for id in ("..", "a/b", "a?b", "a#b", "a%2fb", "\n"):
        world.seed({"closing_reasons": [{"id": id, "title": "Won"}]})
        world.put(make.reason("won"))
        with pytest.raises(PlatformError, match="something that is no ClosingReason"):
            world.plan()
        store = world.app.extensions["sandbox"]
        store.delete("739224", "closing_reason", id)


def server_clock(world: Any, make: Any) -> None:
    """C25: what the platform says of its time goes back as it came, whatever this machine's clock says."""
    world.put(make.flow("house"))
    world.apply()
    world.put(make.flow("house", description="x"))
    stamp = world.one("FlowTemplate")["updated_at"]
    world.time.pass_by(86_400)
    run = world.apply()
    (sent,) = [each["body"] for each in run.requests if each["method"] == "PUT"]
    assert (sent["updated_at"], run.code) == (stamp, 0)


def accepted(world: Any, make: Any) -> None:
    """C26: a create that is only accepted names no object: it is looked for while it comes about; unknown in the end,
    not failed, and the next run finds it."""
    world.put(make.reason("won"))
    world.fault(method="POST", path=REASONS, status=202, body={"job_id": "j-1"})
    run = world.apply()
    assert (run.code, world.open_intents()) == (7, ["ClosingReason/won create"])
    world.ask(f"POST {REASONS}", {"title": "Won", "status": "ACTIVE"})
    assert (world.apply().code, len(world.listed("ClosingReason"))) == (0, 1)
    world.converges()


def several_candidates(world: Any, make: Any) -> None:
    """C06: each way to have several; the ids are named, and nothing is adopted."""
    for live, titles, ids in (
        (["Won", "Won"], [], ["A", "B"]),
        (["Gewonnen", "Erledigt"], ["Gewonnen", "Erledigt"], ["C", "D"]),
    ):
        test_plan.test_several_of_a_title_are_refused_with_the_candidates(world, make, live, titles, ids)
        for id in ids:
            world.ask(f"DELETE {REASON}/{id * 21}")


ROWS: dict[str, Check] = {
    "C01": lists("C01"),
    "C01-moves": test_client.test_c01_a_list_that_moves_is_read_again,
    "C02": lists("C02"),
    "C03": late,
    "C03-a-create": test_unknown_outcome.test_a_create_that_is_committed_late_is_found,
    "C04": flapping,
    "C05": test_scheduler.test_a_read_back_that_is_late_is_waited_for,
    "C06": several_candidates,
    "C07": said_twice,
    "C08": test_plan.test_unknown_fields_survive_every_put,
    "C09": test_scheduler.test_a_value_that_the_platform_changes_is_named,
    "C10-none": gone_from_lists(4, 0, refused=True),
    "C10-half": gone_from_lists(6, 3, refused=True),
    "C10-some": gone_from_lists(6, 4, refused=False),
    "C10-forbidden": lists("C10"),
    "C12": taken,
    "C12-ours": lost_and_taken,
    "C13": upsert_refused,
    "C13-several": test_plan.test_two_configs_of_a_schema_are_refused,
    "C14": modified,
    "C16": refused_content,
    "C17": odd_types,
    "C17-lists": lists("C17"),
    "C18": nobody_there,
    "C19": test_scheduler.test_two_new_schemas_that_refer_to_each_other,
    "C19-three": test_scheduler.test_three_in_a_circle_and_two_circles_in_one,
    "C20": delete_in_use,
    "C20-planned": test_plan.test_a_schema_with_entities_is_not_deleted,
    "C21": limit_reached,
    "C22": new_words,
    "C23": masked,
    "C23-unverified": test_plan.test_a_secret_unknown_to_state_is_said_and_sent_only_when_asked,
    "C24": hostile,
    "C24-id": odd_id,
    "C25": server_clock,
    "C26": accepted,
}

NOT_APPLICABLE = {
    "C11": "syncer sends no batch: every writing call of the table of routes is about one object",
    "C15": "syncer makes, changes and deletes no entities: no such call is in the table of routes",
}


def test_every_row_is_here_or_does_not_apply() -> None:
    found = {name.partition("-")[0] for name in ROWS}
    assert found | set(NOT_APPLICABLE) == {f"C{number:02}" for number in range(1, 27)}
    assert found & set(NOT_APPLICABLE) == set()


@pytest.mark.parametrize("check", ROWS.values(), ids=told(ROWS))
def test_semantics(check: Check, request: pytest.FixtureRequest) -> None:
    check(**{name: request.getfixturevalue(name) for name in inspect.signature(check).parameters})
