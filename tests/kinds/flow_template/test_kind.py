"""Flow templates: which calls in which order, what is no difference, what is never sent twice, and what is at stake."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from syncer.kinds.flow_template.inline_automations import InlineConfiguration, digests
from syncer.kinds.flow_template.kind import KIND
from syncer.kinds.flow_template.part_keys import stable_id
from syncer.model.address import Address
from syncer.model.calls import Objection
from syncer.model.field_change import FieldChange, Item
from syncer.model.json_values import ABSENT, Part, Ref, Secret
from syncer.model.kind import CascadedObject, CascadeQuery
from syncer.model.secret_text import secret_text

Json = Any
TEMPLATES = "/v2/flows/templates"
PATH = f"{TEMPLATES}/f1"
ENFORCED = "enforce_limits=true"
TRIGGER = {"id": "5f0c2b1e-8a1d-4b58-9c1f-3f0d6a7b9e01", "type": "manual", "entity_schema": "contact"}
LIVE = {
    "id": "f1",
    "org_id": "739224",
    "created_at": "2026-03-02T09:14:03.120Z",
    "updated_at": "2026-03-09T16:40:55.871Z",
    "name": "Meter",
    "version": "v3",
    "enabled": True,
    "trigger": TRIGGER,
    "additional_triggers": [],
    "assigned_to": [],
    "phases": [{"id": "p", "name": "Phase"}],
    "tasks": [
        {"id": "a", "name": "Call", "task_type": "MANUAL", "phase_id": "p", "assigned_to": ["1"]},
        {
            "id": "b",
            "name": "Mail",
            "task_type": "AUTOMATION",
            "phase_id": "p",
            "automation_config": {"flow_id": "auto-b"},
            "created_automatically": False,
        },
    ],
    "edges": [
        {"id": "e1", "from_id": "trigger", "to_id": "p"},
        {"id": "e2", "from_id": "p", "to_id": "a"},
        {"id": "e3", "from_id": "a", "to_id": "b"},
    ],
    "closing_reasons": [{"id": "r1", "title": "Won", "status": "ACTIVE", "creationTime": "2024"}],
    "taxonomies": [],
    "_manifest": ["m"],
    "limit_warnings": [{"message": "many"}],
    "keep_task_automations_in_sync": True,
}
SERVER_SET = ("id", "org_id", "limit_warnings")


def live(**other: Json) -> Json:
    return {**copy.deepcopy(LIVE), **other}


def want(**other: Json) -> Json:
    """The manifest that says what is live, in its own words."""
    return {
        "name": "Meter",
        "version": "v3",
        "enabled": True,
        "trigger": {"type": "manual", "entity_schema": "contact"},
        "phases": [{"id": "p", "name": "Phase"}],
        "tasks": [
            {"id": "a", "name": "Call", "task_type": "MANUAL", "phase_id": "p", "assigned_to": ["1"]},
            {
                "id": "b",
                "name": "Mail",
                "task_type": "AUTOMATION",
                "phase_id": "p",
                "automation_config": {"flow_id": "auto-b"},
            },
        ],
        "edges": [{"from_id": "trigger", "to_id": "p"}, {"from_id": "p", "to_id": "a"}, {"from_id": "a", "to_id": "b"}],
        "closing_reasons": [{"id": "r1"}],
        **other,
    }


def with_task(spec: Json, id: str, **fields: Json) -> Json:
    """The spec with fields of one task replaced; None takes one away."""
    tasks = [{**each, **fields} if each["id"] == id else each for each in spec["tasks"]]
    return {**spec, "tasks": [{name: value for name, value in each.items() if value is not None} for each in tasks]}


@pytest.fixture
def bench(on_bench):
    return on_bench("FlowTemplate")


# --- the PUT


def test_a_put_is_the_live_document_with_ours_laid_over_it_and_its_lock(bench) -> None:
    body = {name: value for name, value in live(name="Zähler").items() if name not in SERVER_SET}
    body["closing_reasons"] = [{"id": "r1", "title": "Won", "status": "ACTIVE"}]
    ran = bench.update(want(name="Zähler"), live(), [live(), live(name="Zähler")])
    assert ran.steps == [("save", f"PUT {PATH}?{ENFORCED}", body), ("read back", f"GET {PATH}", None)]
    assert (ran.written.live_id, ran.written.notices, ran.asked[0].once) == ("f1", ("many",), False)
    assert ran.written.parts == {
        "nodes": {"p": "p", "a": "a", "b": "b"},
        "triggers": {"0": TRIGGER["id"]},
        "edges": {"trigger||p": "e1", "p||a": "e2", "a||b": "e3"},
    }


def test_titles_of_reasons_come_from_where_they_are_known_best(bench) -> None:
    names = {("ClosingReason", "r1"): {"title": "Gained", "status": "INACTIVE", "creationTime": "x"}}
    sent = bench.update(want(name="Other", closing_reasons=[{"id": "r1"}, {"id": "r2"}]), live(), names=names).steps[0][
        2
    ]
    assert sent["closing_reasons"] == [{"id": "r1", "title": "Gained", "status": "INACTIVE"}, {"id": "r2"}]


def test_older_definitions_get_no_null_and_no_number(bench) -> None:
    have = live(version=3)
    have["edges"][2]["to_id"] = None
    have["tasks"][0] |= {"task_type": "DECISION", "conditions": [{"id": "c", "branch_name": "B", "statements": None}]}
    sent = bench.update({"name": "Other"}, have).steps[0][2]
    assert (sent["version"], sent["edges"][2]["to_id"], sent["tasks"][0]["conditions"][0]["statements"]) == (
        "v3",
        "",
        [],
    )


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda flow: flow["edges"].pop(), "edge `a` → `b`"),
        (lambda flow: flow["tasks"].pop(0), "task `Call`"),
        (lambda flow: flow["phases"].pop(), "phase `Phase`"),
        (lambda flow: flow["tasks"][1]["automation_config"].clear(), "the automation of task `Mail`"),
    ],
)
def test_what_the_platform_drops_is_noticed(bench, change, said) -> None:
    after = live(name="Other")
    change(after)
    with pytest.raises(Objection, match=f"^the platform dropped {said} without saying so$"):
        bench.update(want(name="Other"), live(), [after, after])


def test_removing(bench) -> None:
    assert bench.remove(live(), [None, None]).steps == [
        ("delete", f"DELETE {PATH}", None),
        ("read back", f"GET {PATH}", None),
    ]
    assert bench.remove(live(), [None, live()]).complaint == "the flow is still there when it is read back"


# --- the create


def test_a_new_flow_is_made_disabled_read_back_and_then_enabled(bench) -> None:
    spec = want(closing_reasons=[{"id": "r1"}])
    ids = {
        "trigger": stable_id(bench.context(spec).address, "trigger", "0"),
        **{text: stable_id(bench.context(spec).address, "edge", text) for text in ("trigger||p", "p||a", "a||b")},
    }
    body = {
        **spec,
        "enabled": False,
        "trigger": {**spec["trigger"], "id": ids["trigger"]},
        "edges": [{**edge, "id": ids[f"{edge['from_id']}||{edge['to_id']}"]} for edge in spec["edges"]],
    }
    made = {**body, "id": "f9", "created_at": "t0", "updated_at": "t1", "_manifest": []}
    ran = bench.create(spec, [made, made, None, {**made, "enabled": True}])
    assert ran.steps == [
        ("create", f"POST {TEMPLATES}?{ENFORCED}", body),
        ("read back", f"GET {TEMPLATES}/f9", None),
        (
            "enable",
            f"PUT {TEMPLATES}/f9?{ENFORCED}",
            {**body, "created_at": "t0", "updated_at": "t1", "_manifest": [], "enabled": True},
        ),
        ("read back", f"GET {TEMPLATES}/f9", None),
    ]
    assert ([step.once for step in ran.asked], ran.asked[0].seek.value) == ([True, False, False, False], "Meter")
    assert bench.create(want(enabled=False)).writes == [("create", f"POST {TEMPLATES}?{ENFORCED}")]
    dropped = {**made, "edges": made["edges"][:2]}
    with pytest.raises(Objection, match="edge `a` → `b` without saying so; the flow stays disabled"):
        bench.create(spec, [made, dropped])


MAIL = {
    "flow_name": "Mail",
    "triggers": [{"type": "flows_trigger"}],
    "actions": [{"type": "send-email", "config": {"id": "m"}}],
}
START = {
    "flow_name": "Start",
    "triggers": [{"type": "activity"}],
    "actions": [{"type": "trigger-workflow", "config": {"target_workflow": Ref("FlowTemplate", "thing")}}],
}


def bundle(**other: Json) -> Json:
    spec = with_task(want(enabled=False), "b", automation_config={"flow_id": Part("automations", "mail")})
    return {
        **spec,
        "trigger": {"type": "automation", "automation_id": Part("automations", "start")},
        "automations": {"mail": MAIL, "start": START},
        **other,
    }


def test_bundled_automations_are_imported_under_ids_of_ours_that_the_platform_replaces(bench) -> None:
    address = bench.context({"name": "x"}).address
    flow, mail, start = (
        stable_id(address, "flow"),
        *(stable_id(address, "automation", key) for key in ("mail", "start")),
    )
    plan = bench.create(bundle())
    [(name, call, document), *_] = plan.steps
    assert (name, call, document["id"]) == ("import", f"POST {TEMPLATES}/import", flow)
    assert document["trigger"]["automation_id"] == start
    assert document["tasks"][1]["automation_config"] == {"flow_id": mail}
    assert document["_resolved_automations"][mail] == {**MAIL, "id": mail}
    assert document["_resolved_automations"][start]["actions"][0]["config"] == {"target_workflow": flow}
    made = {name: value for name, value in document.items() if name != "_resolved_automations"} | {"id": "f9"}
    made["tasks"] = [{**each, "id": f"new-{each['id']}"} for each in made["tasks"]]
    made["tasks"][1]["automation_config"] = {"flow_id": "live-mail"}
    made["trigger"] = {**made["trigger"], "automation_id": "live-start"}
    for edge in made["edges"]:
        edge |= {end: f"new-{edge[end]}" for end in ("from_id", "to_id") if edge[end] in "ab"}
    mappings = {"task_ids": {"a": "new-a", "b": "new-b"}, "automation_ids": {mail: "live-mail", start: "live-start"}}
    pointed = {
        **START,
        "id": "live-start",
        "actions": [{"type": "trigger-workflow", "config": {"target_workflow": "f9"}}],
    }
    ran = bench.create(bundle(), [{"flow": made, "_id_mappings": mappings}, made, pointed])
    assert ran.writes == [("import", f"POST {TEMPLATES}/import")]
    assert ran.written.parts["nodes"] == {"p": "p", "a": "new-a", "b": "new-b"}
    assert ran.written.parts["automations"] == {"mail": "live-mail", "start": "live-start"}
    found = bench.create(bundle(), [{"flow": made}, made, pointed])  # the answer was lost: no mapping, but names
    assert found.written.parts == ran.written.parts
    again = bench.changes(
        bundle(),
        made,
        parts=ran.written.parts,
        answers={"automations 1": {"results": [{**MAIL, "id": "live-mail"}, pointed]}},
    )
    assert again == []


def test_where_there_is_no_import_automations_come_first_and_are_pointed_at_the_flow_afterwards(bench) -> None:
    plan = bench.create(bundle())
    sent = plan.steps[0][2]
    made = {name: value for name, value in sent.items() if name != "_resolved_automations"} | {"id": "f9"}
    made["trigger"] = {**made["trigger"], "automation_id": "s-1"}
    made["tasks"][1]["automation_config"] = {"flow_id": "m-1"}
    bare = {**START, "id": "s-1", "actions": [{"type": "trigger-workflow", "config": {}}]}
    ran = bench.create(bundle(), [None, {"id": "m-1"}, {"id": "s-1"}, made, made, bare, None])
    assert ran.writes == [
        ("import", f"POST {TEMPLATES}/import"),
        ("automation mail", "POST /v1/automation/flows"),
        ("automation start", "POST /v1/automation/flows"),
        ("create", f"POST {TEMPLATES}?{ENFORCED}"),
        ("point start at the flow", "PUT /v1/automation/flows/s-1"),
    ]
    assert [step.part for step in ran.asked if step.part] == [("automations", "mail"), ("automations", "start")]
    assert ran.asked[-1].call.body["actions"] == [{"type": "trigger-workflow", "config": {"target_workflow": "f9"}}]
    assert ran.asked[0].may_lack


def test_a_part_that_a_run_made_before_it_was_cut_off_is_not_made_again(bench) -> None:
    answers = {"automations 1": {"results": [{**MAIL, "id": "m-1"}]}}
    ran = bench.create(bundle(), parts={"automations": {"mail": "m-1"}}, answers=answers)
    assert [name for name, _ in ran.writes] == ["automation start", "create", "point start at the flow"]


# --- bundled automations of a flow that is there

BUNDLED = {
    "id": "auto-b",
    **MAIL,
    "enabled": True,
    "runs": 9,
    "org_id": "1",
    "actions": [{**MAIL["actions"][0], "id": "x", "outputs": {}}],
}
KNOWN = {"automations": {"mail": "auto-b"}}


def mailing(**mail: Json) -> Json:
    spec = with_task(want(), "b", automation_config={"flow_id": Part("automations", "mail")})
    return {**spec, "automations": {"mail": {**MAIL, **mail}}}


def test_a_changed_automation_is_put_whole_and_the_flow_left_alone(bench) -> None:
    answers = {"automations 1": {"results": [BUNDLED]}}
    assert bench.changes(mailing(), live(), answers=answers, parts=KNOWN) == []
    assert bench.changes(mailing(), live(), answers=answers) == []
    spec = mailing(flow_name="Other")
    assert bench.changes(spec, live(), answers=answers) == ["automations.mail.flow_name: 'Mail' → 'Other'"]
    ran = bench.update(spec, live(), [None, live()], answers=answers, parts=KNOWN)
    body = {**MAIL, "flow_name": "Other", "enabled": True, "actions": [{**MAIL["actions"][0], "id": "x"}]}
    assert ran.steps == [
        ("automation mail", "PUT /v1/automation/flows/auto-b", body),
        ("read back", f"GET {PATH}", None),
    ]


def test_an_automation_that_is_gone_is_made_again_and_the_task_uses_it(bench) -> None:
    ran = bench.update(mailing(), live(), answers={"automations 1": {"results": []}}, parts=KNOWN)
    assert ran.writes == [("automation mail", "POST /v1/automation/flows"), ("save", f"PUT {PATH}?{ENFORCED}")]
    assert ran.asked[1].call.body["tasks"][1]["automation_config"] == {"flow_id": "… mail"}


def test_an_automation_that_is_no_longer_bundled_goes_on_and_is_remembered(bench) -> None:
    answers, last = {"automations 1": {"results": [BUNDLED]}}, mailing()
    bare = {name: value for name, value in mailing().items() if name != "automations"}
    bare = with_task(bare, "b", automation_config={"flow_id": "auto-b"})
    prepared = bench.prepare(bare, live(), answers=answers, parts=KNOWN, last=last)
    assert prepared.notices == (
        "automation `mail` is no longer declared: it stays in the organisation as it is, and goes on running until "
        "somebody switches it off there",
    )
    assert prepared.parts["automations"] == {"mail": "auto-b"}
    later = bench.prepare(bare, live(), parts=KNOWN, last=bare)  # nobody asks any more
    assert (later.notices, later.parts["automations"]) == ((), {"mail": "auto-b"})
    gone = bench.prepare(bare, live(), answers={"automations 1": {"results": []}}, parts=KNOWN, last=last)
    assert (gone.notices, gone.parts.get("automations")) == ((), None)
    with_its_task = {**bare, "tasks": bare["tasks"][:1], "edges": bare["edges"][:2]}
    assert bench.prepare(with_its_task, live(), answers=answers, parts=KNOWN, last=last).notices == ()


def test_an_automation_that_the_platform_switched_off_is_reported_and_stays_off(bench) -> None:
    off = {**BUNDLED, "enabled": False, "disable_details": {"disabled_by": "system"}}
    answers = {"automations 1": {"results": [off]}}
    for spec in (mailing(), mailing(enabled=True)):
        assert bench.changes(spec, live(), answers=answers, parts=KNOWN) == []
        assert bench.prepare(spec, live(), answers=answers, parts=KNOWN).notices == (
            "automation `mail` was switched off by the platform itself, as it does with one that runs hot: it stays "
            "off until somebody has looked at it and enables it in epilot",
        )
        (stop,) = bench.prepare(spec, live(), answers=answers, parts=KNOWN).stopped
        assert stop[:4] == (("automations", "mail", "enabled"), True, False, "drift")
    agreed_off = bench.prepare(mailing(enabled=False), live(), answers=answers, parts=KNOWN)
    assert (agreed_off.stopped, agreed_off.notices) == ((), ())
    sent = bench.update(mailing(flow_name="Other", enabled=True), live(), answers=answers, parts=KNOWN).steps[0][2]
    assert sent["enabled"] is False
    by_hand = {"automations 1": {"results": [{**off, "disable_details": {"disabled_by": "user"}}]}}
    assert bench.changes(mailing(enabled=True), live(), answers=by_hand, parts=KNOWN) == [
        "automations.mail.enabled: False → True"
    ]


def test_automations_are_asked_for_where_they_matter_a_few_at_a_time(bench) -> None:
    def ids(spec: Json, have: Json = None, **more: Json) -> list[list[str]]:
        return [call.body["ids"] for call in KIND.asks(bench.context(spec, have, **more)).values()]

    assert (ids(want(), live()), ids(mailing()), ids(mailing(), live())) == ([], [], [["auto-b"]])
    assert ids(mailing(), parts={"automations": {"mail": "m-1"}}) == [["m-1"]]
    many = {"automations": {f"k{number}": f"a{number:02}" for number in range(30)}}
    assert [len(each) for each in ids(mailing(), parts=many)] == [25, 5]


# --- configurations that are never given back

SEND = {"type": "send-email", "name": "Mail", "config": {"email_template_id": "m-1"}}
OTHER = {**SEND, "config": {"email_template_id": "m-2"}}
DOES = {
    "id": "auto-b",
    "flow_name": "Mail",
    "triggers": [{"id": "1", "type": "flows_trigger"}],
    "actions": [{"id": "x", **SEND, "outputs": 1}],
}
SHOWN = {"automations 1": {"results": [DOES]}}


def inline(config: Json = SEND, **other: Json) -> Json:
    return with_task(want(**other), "b", automation_config={"action_config": config})


@pytest.fixture
def memory(bench) -> Json:
    """What state holds after `inline()` has been applied."""
    return bench.update(inline(name="Before"), live(), [None, live()], answers=SHOWN).written.parts


def test_a_new_flow_sends_its_configurations_and_remembers_digests_of_them(bench) -> None:
    spec = inline(enabled=False)
    spec["trigger"] = {"type": "automation", "trigger_config": [{"type": "activity"}]}
    body = bench.create(spec).steps[0][2]
    made = copy.deepcopy(body) | {"id": "f9"}
    made["tasks"][1]["automation_config"] = {"flow_id": "new-b"}
    made["trigger"] = {
        **{name: value for name, value in made["trigger"].items() if name != "trigger_config"},
        "automation_id": "new-t",
    }
    ran = bench.create(spec, [made, made])
    assert (body["tasks"][1]["automation_config"], body["trigger"]["trigger_config"]) == (
        {"action_config": SEND},
        [{"type": "activity"}],
    )
    assert sorted(ran.written.parts["inline"]) == ["tasks/b", "triggers/0"]
    assert all(len(each) == 32 for each in ran.written.parts["inline"].values())
    assert (
        bench.changes(spec, made, parts=ran.written.parts),
        bench.prepare(spec, made, parts=ran.written.parts).notices,
    ) == ([], ())
    unmade = copy.deepcopy(made)
    unmade["tasks"][1]["automation_config"] = {}
    with pytest.raises(Objection, match="the automation of task `Mail`"):
        bench.create(spec, [unmade, unmade])


def test_what_was_sent_already_is_neither_compared_nor_sent_again(bench, memory) -> None:
    assert bench.changes(inline(), live(), parts=memory) == []
    ran = bench.update(inline(name="Other"), live(), [None, live(name="Other")], parts=memory)
    assert ran.steps[0][2]["tasks"][1]["automation_config"] == {"flow_id": "auto-b"}
    assert ran.written.parts == memory
    assert KIND.asks(bench.context(inline(), live(), parts=memory)) == {}


def test_a_changed_configuration_is_a_change_and_goes_with_the_automations_id(bench, memory) -> None:
    last = inline()
    assert bench.changes(inline(OTHER), live(), parts=memory, last=last) == [
        f"tasks[b].automation_config.action_config: {SEND!r} → {OTHER!r}"
    ]
    ran = bench.update(inline(OTHER), live(), [None, live()], parts=memory)
    assert ran.writes == [("save", f"PUT {PATH}?{ENFORCED}")]
    assert ran.steps[0][2]["tasks"][1]["automation_config"] == {"flow_id": "auto-b", "action_config": OTHER}
    assert bench.changes(inline(OTHER), live(), parts=ran.written.parts) == []
    assert bench.risks(inline(OTHER), live(), parts=memory, last=last) == [
        ("risky", "a task's automation does something else", "")
    ]


def test_a_lost_answer_is_settled_by_the_lock(bench, memory) -> None:
    [step, *_] = bench.update(inline(OTHER), live(), parts=memory).asked
    assert step.reread.title == f"GET {PATH}"
    assert [step.achieved(each) for each in (live(), live(updated_at="later"), live(updated_at="later", name="x"))] == [
        False,
        True,
        False,
    ]


UNTOLD = "whether the automation of task `b` was made from what is declared is not known any more; it is left as it is"
UNKNOWN: dict[str, tuple[Json, Json, Json, list[str], list[str]]] = {
    # case: manifest, live, answers → changed fields, notices
    "the automation shows it": (inline(), live(), SHOWN, [], []),
    "the automation does something else": (
        inline(OTHER),
        live(),
        SHOWN,
        [f"tasks[b].automation_config.action_config: {DOES['actions'][0]!r} → {OTHER!r}"],
        [],
    ),
    "the automation cannot be read": (
        inline(),
        live(),
        {"automations 1": {"results": []}},
        [],
        [UNTOLD],
    ),
    "a copy cannot be told": (
        with_task(want(), "b", automation_config={"duplicated_flow_id": "auto-0"}),
        live(),
        SHOWN,
        [],
        [UNTOLD],
    ),
    "none has been made": (
        inline(),
        with_task(live(), "b", automation_config={}),
        {},
        [f"tasks[b].automation_config.action_config: ABSENT → {SEND!r}"],
        [],
    ),
}


@pytest.mark.parametrize(("spec", "have", "answers", "changes", "notices"), UNKNOWN.values(), ids=UNKNOWN)
def test_without_state_the_automation_itself_is_looked_at(bench, spec, have, answers, changes, notices) -> None:
    prepared = bench.prepare(spec, have, answers=answers)
    assert (bench.changes(spec, have, answers=answers), list(prepared.notices)) == (changes, notices)
    assert ("inline" in prepared.parts) is not bool(changes)
    if not changes:  # remembered from the next apply on
        assert bench.prepare(spec, have, parts=prepared.parts).notices == ()


def test_a_secret_in_a_configuration_is_sent_and_never_shown(bench) -> None:
    secret = {"type": "trigger-webhook", "config": {"token": Secret("SYNCER_HOOK", "hush-hush")}}
    shown = {"automations 1": {"results": [{**DOES, "actions": [{"config": {"token": "hush-before"}}]}]}}
    prepared = bench.prepare(inline(secret), live(), answers=shown)
    assert [(each.before, each.after) for each in prepared.extra] == [(ABSENT, secret)]
    assert "hush" not in repr((prepared.extra, prepared.parts, prepared.notices))
    sent = bench.update(inline(secret), live(), answers=shown).steps[0][2]
    assert sent["tasks"][1]["automation_config"] == {"flow_id": "auto-b", "action_config": secret}


def test_another_host_is_another_configuration_though_the_secret_is_the_same() -> None:
    def remembered(host: str, value: str) -> dict[str, str]:
        config = {"action_config": {"url": secret_text([f"https://{host}/?k=", Secret("SYNCER_HOOK", value)])}}
        return digests({"tasks/b": InlineConfiguration("tasks/b", (), config, "")})

    assert remembered("a.example", "one") == remembered("a.example", "another")
    assert remembered("a.example", "one") != remembered("b.example", "one")


def test_an_automation_that_is_gone_is_not_made_again_unasked(bench, memory) -> None:
    gone = with_task(live(), "b", automation_config={})
    assert bench.changes(inline(), gone, parts=memory) == []
    assert bench.prepare(inline(), gone, parts=memory).notices == (
        "the automation of task `b` is gone; it is made anew once its configuration changes",
    )
    ran = bench.update(inline(name="Other"), gone, [None, with_task(live(), "b", automation_config={})], parts=memory)
    assert ran.steps[0][2]["tasks"][1]["automation_config"] == {}


def test_a_trigger_keeps_its_automation_when_its_configuration_changes(bench) -> None:
    own = {"type": "automation", "trigger_config": [{"type": "activity"}]}
    have = live(trigger={"id": TRIGGER["id"], "type": "automation", "automation_id": "auto-t"})
    shown = {
        "automations 1": {
            "results": [
                {"id": "auto-t", "triggers": [{"id": "1", "type": "activity", "configuration": {}}], "actions": []}
            ]
        }
    }
    first = bench.prepare(want(trigger=own), have, answers=shown)
    assert (first.extra, first.notices, list(first.parts["inline"])) == ((), (), ["triggers/0"])
    spec = want(trigger={**own, "trigger_config": [{"type": "received_email"}]})
    sent = bench.update(spec, have, parts=first.parts).steps[0][2]["trigger"]
    assert sent == {**have["trigger"], "trigger_config": [{"type": "received_email"}]}
    assert bench.risks(spec, have, parts=first.parts) == [("risky", "the flow starts otherwise", "")]


# --- what is no difference

STATEMENT = {
    "id": "s",
    "operator": "any_of",
    "values": ["a", "b"],
    "source": {"id": TRIGGER["id"], "origin": "trigger", "attribute": "x"},
}
BRANCH = {"id": "c1", "branch_name": "B", "logical_operator": "AND", "statements": [STATEMENT]}
ELSE = {"id": "none-met-1", "branch_name": "E", "logical_operator": "AND", "statements": []}
DECIDES = {
    **live(),
    "tasks": [
        {"id": "d", "name": "D", "task_type": "DECISION", "trigger_mode": "automatic", "conditions": [BRANCH, ELSE]}
    ],
    "edges": [
        {"id": "e1", "from_id": "trigger", "to_id": "d"},
        {"id": "e2", "from_id": "d", "to_id": None, "condition_id": "c1"},
        {"id": "e3", "from_id": "d", "to_id": "", "condition_id": "none-met-1", "none_met": True},
    ],
}


def deciding(*branches: Json, **other: Json) -> Json:
    return {
        "name": "Meter",
        "tasks": [{"id": "d", "name": "D", "task_type": "DECISION", "conditions": list(branches), **other}],
        "edges": [
            {"from_id": "trigger", "to_id": "d"},
            {"from_id": "d", "condition_id": "yes"},
            {"from_id": "d", "condition_id": "else", "none_met": True},
        ],
    }


YES = {"id": "yes", "branch_name": "B", "logical_operator": "AND"}
DEFAULT = {"id": "else", "branch_name": "E", "logical_operator": "AND"}
ASKED = {"operator": "any_of", "values": ["b", "a"], "source": {"origin": "trigger", "attribute": "x"}}
ACCOUNT = {"type": "manual", "entity_schema": "account"}
OF_X = {"type": "automation", "automation_id": "x"}
ALL_BEFORE = "all_preceding_tasks_completed"
MINE, SECOND = (stable_id(Address("FlowTemplate", "thing"), "trigger", each) for each in ("mine", "2"))


def with_statement(source: Json) -> Json:
    """The live decision whose one statement looks there."""
    branch = {**BRANCH, "statements": [{**STATEMENT, "source": source}]}
    return with_task(DECIDES, "d", conditions=[branch, ELSE])


SAME: dict[str, tuple[Json, Json]] = {
    "as it is": (want(), live()),
    "partly declared": ({"name": "Meter"}, live()),
    "the platform's": (want(), live(limit_warnings=[], updated_at="later", _manifest=["other"], org_id="2")),
    "defaults spelt out": (
        with_task(
            want(
                description="",
                available_in_ecp=False,
                singleClosingReasonSelection=False,
                linear=False,
                assigned_to=[],
                additional_triggers=[],
                entity_sync=[],
                taxonomies=[],
            ),
            "b",
            created_automatically=False,
            schedule={},
            requirements=[],
        ),
        live(),
    ),
    "version as a number": (want(version="v3"), live(version=3)),
    "another order of tasks, phases and edges": (
        want(tasks=want()["tasks"][::-1], edges=want()["edges"][::-1]),
        live(),
    ),
    "sets": (
        want(
            closing_reasons=[{"id": "r2"}, {"id": "r1"}],
            taxonomies=["b", "a"],
            assigned_to=["2", {"variable": "{{entity.owner}}"}],
        ),
        live(
            closing_reasons=[{"id": "r1", "title": "x"}, {"id": "r2"}],
            taxonomies=["a", "b"],
            assigned_to=[{"variable": "{{entity.owner}}", "value": ["7"]}, "2"],
        ),
    ),
    "rules in another order": (
        want(entity_sync=[{"trigger": {"event": "B"}}, {"trigger": {"event": "A"}}]),
        live(entity_sync=[{"trigger": {"event": "A"}}, {"trigger": {"event": "B"}}]),
    ),
    "requirements in another order": (
        with_task(
            want(),
            "b",
            requirements=[{"when": "PHASE_FINISHED", "phase_id": "p"}, {"when": "TASK_FINISHED", "task_id": "a"}],
        ),
        with_task(
            live(),
            "b",
            requirements=[{"when": "TASK_FINISHED", "task_id": "a"}, {"when": "PHASE_FINISHED", "phase_id": "p"}],
        ),
    ),
    "the name of a journey": (
        with_task(want(), "a", journey={"journeyId": "j", "complete_task_automatically": True}),
        with_task(live(), "a", journey={"id": "local", "journeyId": "j", "name": "Offer"}),
    ),
    "journeys in portals": (
        with_task(want(), "a", ecp={"enabled": True, "journey": {"journeyId": "j", "name": "Mine"}}),
        with_task(live(), "a", ecp={"enabled": True, "journey": {"id": "local", "journeyId": "j", "name": "Offer"}}),
    ),
    "triggers": (
        want(trigger={"type": "automation", "input_entity": "thread"}),
        live(trigger={"id": "t", "type": "automation", "automation_id": "auto-t"}),
    ),
    "the name of a trigger's journey": (
        want(trigger={"type": "journey_submission", "journey_id": "j"}),
        live(
            trigger={
                "id": "t",
                "type": "journey_submission",
                "journey_id": "j",
                "journey_name": "Offer",
                "automation_id": "x",
            }
        ),
    ),
    "a link to a journey that has no id of its own": (
        with_task(want(), "a", journey={"journeyId": "j"}, ecp={"journey": {"journeyId": "k"}}),
        with_task(live(), "a", journey={"journeyId": "j", "name": "Offer"}, ecp={"journey": {"journeyId": "k"}}),
    ),
    "further triggers without an id": (
        want(additional_triggers=[ACCOUNT, OF_X, {"type": "manual", "entity_schema": "order"}]),
        live(
            additional_triggers=[
                OF_X,
                {"type": "manual", "entity_schema": "order", "id": "t-9"},
                {**ACCOUNT, "_manifest": ["m"]},
            ]
        ),
    ),
    "a source that names no trigger": (
        deciding({**YES, "statements": [ASKED]}, DEFAULT),
        with_statement({"origin": "trigger", "attribute": "x"}),
    ),
    "a schedule after all tasks before": (
        with_task(want(), "b", schedule={"mode": "relative", "reference": {"origin": ALL_BEFORE}}),
        with_task(live(), "b", schedule={"mode": "relative", "reference": {"origin": ALL_BEFORE}}),
    ),
    "a decision": (deciding({**YES, "statements": [ASKED]}, {**DEFAULT, "statements": []}), DECIDES),
    "a decision's defaults": (
        deciding(
            {
                **YES,
                "statements": [
                    {**ASKED, "value_type": "static", "source": {**ASKED["source"], "attributes_match": "any"}}
                ],
            },
            {**DEFAULT, "statements": None},
            allow_parallel_execution=True,
        ),
        DECIDES,
    ),
    "rounds of a loop": (
        deciding(YES, DEFAULT, loop_config={"max_iterations": 3, "loop_branch_id": "else", "exit_branch_id": "yes"}),
        with_task(DECIDES, "d", loop_config={"loop_branch_id": "none-met-1", "exit_branch_id": "c1"}),
    ),
}


@pytest.mark.parametrize(("spec", "have"), SAME.values(), ids=SAME)
def test_nothing_to_change(bench, spec, have) -> None:
    assert (bench.changes(spec, have), bench.prepare(spec, have).findings) == ([], ())


CHANGES: dict[str, tuple[Json, Json, list[str]]] = {
    "order of branches": (
        deciding(DEFAULT, YES),
        DECIDES,
        ["tasks[d].conditions.(order): ['c1', 'none-met-1'] → ['none-met-1', 'c1']"],
    ),
    "order of other values": (
        deciding({**YES, "statements": [{**ASKED, "operator": "equals"}]}, DEFAULT),
        DECIDES,
        [
            "tasks[d].conditions[c1].statements[s].operator: 'any_of' → 'equals'",
            "tasks[d].conditions[c1].statements[s].values: ['a', 'b'] → ['b', 'a']",
        ],
    ),
    "a task goes": (
        {**want(), "tasks": want()["tasks"][:1], "edges": want()["edges"][:2]},
        live(),
        [f"tasks[b]: {LIVE['tasks'][1]!r} → ABSENT", f"edges[e3]: {LIVE['edges'][2]!r} → ABSENT"],
    ),
    "a rerouted edge": (
        want(edges=[*want()["edges"][:2], {"from_id": "a", "to_id": ""}]),
        live(),
        ["edges[e3].to_id: 'b' → ''"],
    ),
    "a schedule at once": (
        with_task(want(), "b", schedule={"mode": "immediate"}),
        with_task(live(), "b", schedule={"mode": "delayed", "duration": 2, "unit": "hours"}),
        [
            "tasks[b].schedule.mode: 'delayed' → 'immediate'",
            "tasks[b].schedule.duration: 2 → ABSENT",
            "tasks[b].schedule.unit: 'hours' → ABSENT",
        ],
    ),
    "a due date after the start": (
        want(due_date_config={"duration": 1, "unit": "days", "type": "WORKFLOW_STARTED"}),
        live(due_date_config={"duration": 1, "unit": "days", "type": "TASK_FINISHED", "task_id": "a"}),
        ["due_date_config.type: 'TASK_FINISHED' → 'WORKFLOW_STARTED'", "due_date_config.task_id: 'a' → ABSENT"],
    ),
    "another trigger": (
        want(trigger={"type": "journey_submission", "journey_id": "j"}),
        live(),
        [
            "trigger.type: 'manual' → 'journey_submission'",
            "trigger.journey_id: ABSENT → 'j'",
            "trigger.entity_schema: 'contact' → ABSENT",
        ],
    ),
    "another journey behind a link without an id": (
        with_task(want(), "a", journey={"journeyId": "k"}),
        with_task(live(), "a", journey={"journeyId": "j"}),
        [
            "tasks[a].journey.journeyId: 'j' → 'k'",
            f"tasks[a].journey.id: ABSENT → {stable_id(Address('FlowTemplate', 'thing'), 'journey', 'k')!r}",
        ],
    ),
    "a further trigger without an id goes": (
        want(additional_triggers=[]),
        live(additional_triggers=[ACCOUNT]),
        [f"additional_triggers[account]: {ACCOUNT!r} → ABSENT"],
    ),
    "another beside one without an id": (
        want(additional_triggers=[ACCOUNT, ACCOUNT]),
        live(additional_triggers=[ACCOUNT]),
        [f"additional_triggers[{SECOND}]: ABSENT → { {'type': 'manual', 'entity_schema': 'account', 'id': SECOND}!r}"],
    ),
    "a manifest that has a key for one without an id": (
        want(additional_triggers=[{"id": "mine", **ACCOUNT}]),
        live(additional_triggers=[ACCOUNT]),
        [
            f"additional_triggers[{MINE}].id: ABSENT → {MINE!r}",
        ],
    ),
    "a statement that looks at another trigger": (
        deciding({**YES, "statements": [{**ASKED, "source": {**ASKED["source"], "id": "other"}}]}, DEFAULT),
        with_statement({"origin": "trigger", "attribute": "x"}),
        ["tasks[d].conditions[c1].statements[s].source.id: ABSENT → 'other'"],
    ),
    "a task of another kind": (
        with_task(want(), "b", task_type="MANUAL", automation_config=None),
        live(),
        ["tasks[b].task_type: 'AUTOMATION' → 'MANUAL'", "tasks[b].automation_config: {'flow_id': 'auto-b'} → ABSENT"],
    ),
    "another attribute": (
        deciding({**YES, "statements": [{**ASKED, "source": {"origin": "trigger", "attribute": "y"}}]}, DEFAULT),
        {
            **DECIDES,
            "tasks": [
                {
                    **DECIDES["tasks"][0],
                    "conditions": [
                        {
                            **BRANCH,
                            "statements": [
                                {**STATEMENT, "source": {**STATEMENT["source"], "attribute_sub_field": "city"}}
                            ],
                        },
                        ELSE,
                    ],
                }
            ],
        },
        [
            "tasks[d].conditions[c1].statements[s].source.attribute: 'x' → 'y'",
            "tasks[d].conditions[c1].statements[s].source.attribute_sub_field: 'city' → ABSENT",
        ],
    ),
}


@pytest.mark.parametrize(("spec", "have", "changes"), CHANGES.values(), ids=CHANGES)
def test_what_is_a_change(bench, spec, have, changes) -> None:
    assert sorted(bench.changes(spec, have)) == sorted(changes)


def test_unclear_parts_stop_the_plan(bench) -> None:
    have = live()
    have["tasks"] = [{**each, "id": f"x{number}", "name": "Call"} for number, each in enumerate(have["tasks"])]
    assert [each.rule for each in bench.prepare(want(), have).findings] == ["parts-unclear"]


# --- what goes along, and who uses it

STARTED = {"id": "t", "type": "automation", "automation_id": "auto-t"}
BUSY = live(trigger=STARTED, additional_triggers=[{**STARTED, "id": "u", "automation_id": "auto-u"}])
OURS = {"workflow_context": {"workflow_id": "f1"}}
THEIRS = {"workflow_context": {"workflow_id": "f2"}}
TASK = {"flow": [{"steps": [{"automationConfig": {"flowId": "auto-b"}}]}, {"automationConfig": {"flowId": "auto-t"}}]}


def automations(*found: Json, total: int | None = None) -> Json:
    return {"automations": {"total": len(found) if total is None else total, "results": list(found)}}


def without(*ids: str) -> Json:
    return {**BUSY, "tasks": [each for each in BUSY["tasks"] if each["id"] not in ids]}


def along(
    id: str, name: str = "", item: str = "", *, sure: bool = False, users: tuple[str, ...] = ()
) -> CascadedObject:
    return CascadedObject("AutomationFlow", id, name, item, sure, users)


TAKEN: dict[str, tuple[Json, Json, Json, list[CascadedObject]]] = {
    # goal, parts, answers → what goes along with the change of BUSY
    "nothing changes": (BUSY, {}, {}, []),
    "a task goes": (without("b"), {}, {}, [along("auto-b", item="tasks/Mail")]),
    "another task goes": (without("a"), {}, {}, []),
    "a task that its manifest bundled goes": (
        without("b"),
        KNOWN,
        {"automations 1": {"results": [BUNDLED]}},
        [along("auto-b", "Mail", "tasks/Mail", sure=True)],
    ),
    "a task becomes another": (
        {**BUSY, "tasks": [{**each, "task_type": "MANUAL"} for each in BUSY["tasks"]]},
        {},
        {"automations 1": {"results": [{**BUNDLED, **OURS}]}},
        [along("auto-b", "Mail", "tasks/Mail", sure=True)],
    ),
    "a task goes that runs another flow's": (without("b"), {}, {"automations 1": {"results": [BUNDLED | THEIRS]}}, []),
    "the trigger becomes another": ({**BUSY, "trigger": TRIGGER}, {}, {}, [along("auto-t", item="trigger")]),
    "the trigger is given another": (
        {**BUSY, "trigger": {**STARTED, "automation_id": Part("automations", "start")}},
        {},
        {},
        [along("auto-t", item="trigger")],
    ),
    "a further trigger goes": ({**BUSY, "additional_triggers": []}, {}, {}, [along("auto-u", item="trigger")]),
    "one trigger for another": (
        {**BUSY, "trigger": BUSY["additional_triggers"][0], "additional_triggers": [STARTED]},
        {},
        {},
        [],
    ),
    "the flow goes": (None, {}, {}, [along("auto-t"), along("auto-u"), along("auto-b")]),
    "the flow goes, and what was made for it and no task names": (
        None,
        {"automations": {"mail": "auto-b", "once": "auto-o", "gone": "auto-g"}},
        automations(
            {"id": "auto-b", "flow_name": "Mail"},
            {"id": "auto-o", "flow_name": "Once", **OURS},
            {"id": "auto-t", "flow_name": "Shared", **THEIRS},
            {"id": "auto-x", "flow_name": "Orphan", **OURS},
            {"id": "auto-y", "flow_name": "Other"},
        ),
        [
            along("auto-b", "Mail", sure=True),
            along("auto-u"),
            along("auto-o", "Once", sure=True),
            along("auto-x", "Orphan", sure=True),
        ],
    ),
    "the flow goes, and the list is not whole": (
        None,
        {"automations": {"once": "auto-o"}},
        automations(total=251),
        [along("auto-t"), along("auto-u"), along("auto-b"), along("auto-o", "once", sure=True)],
    ),
    "the flow goes, and older workflows use its automations": (
        None,
        {},
        {"definitions": [{"id": "d1", "name": "Alt", **TASK}, {"id": "d2", "flow": []}, {"id": "d3"}]},
        [
            along("auto-t", users=("the older workflow `Alt`",)),
            along("auto-u"),
            along("auto-b", users=("the older workflow `Alt`",)),
        ],
    ),
}


@pytest.mark.parametrize(("goal", "parts", "answers", "expected"), TAKEN.values(), ids=TAKEN)
def test_what_goes_along(goal, parts, answers, expected) -> None:
    found = KIND.takes_along(CascadeQuery("f1", KIND.spec_of(BUSY), goal, parts, answers))
    assert sorted(found) == sorted(expected)


def test_who_uses_a_flow_that_goes_is_asked_and_said() -> None:
    assert {name: f"{call.method} {call.path}" for name, call in KIND.removal_asks("f1").items()} == {
        "automations": "GET /v1/automation/flows?include_flows=true&size=250",
        "definitions": "GET /v1/workflows/definitions",
    }
    starts = {"actions": [{"config": {"target_workflow": "f1"}}]}
    answers = automations(
        {"id": "1", "flow_name": "Nightly", **starts},
        {"id": "auto-b", "flow_name": "Its own task", **starts},
        {"id": "2", "flow_name": "Its own", **starts, **OURS},
        {"id": "3", "flow_name": "Another", "actions": [{"config": {"target_workflow": "f2"}}, {}]},
        total=9,
    )
    assert KIND.removal_reasons(live(), answers) == (
        "automations start it: `Nightly`",
        "only 4 of 9 automations were looked at",
    )
    assert KIND.removal_reasons(live(), automations({"id": "3"})) == ()
    assert KIND.removal_reasons(live(), {"automations": None, "definitions": None}) == ()


# --- what is at stake

T = ("tasks", Item("b"))
AUTO = {
    "trigger": {"type": "automation", "automation_id": "x"},
    "additional_triggers": [{"id": "t", "type": "automation", "automation_id": "y"}],
    "tasks": [{"id": "b", "name": "Mail"}],
}
MANUAL = {"trigger": {"type": "manual"}, "additional_triggers": [{"id": "t", "type": "manual"}]}
RISKS: dict[str, tuple[tuple[Any, ...], Json, Json, Json, tuple[str, str, str] | None]] = {
    # path, before, after, live → level, reason, item
    "automation task removed": (
        T,
        {"name": "Mail", "task_type": "AUTOMATION"},
        ABSENT,
        {},
        ("destructive", "task `Mail` goes, and the platform deletes its automation", "tasks/Mail"),
    ),
    "task removed": (
        T,
        {"name": "Call", "task_type": "MANUAL"},
        ABSENT,
        {},
        ("risky", "task `Call` goes: running executions lose it, and reports that follow it end here", ""),
    ),
    "phase removed": (
        ("phases", Item("p")),
        {"name": "P"},
        ABSENT,
        {},
        ("risky", "phase `P` goes: running executions lose it, and reports that follow it end here", ""),
    ),
    "task added": (T, ABSENT, {"name": "x"}, {}, None),
    "edge removed": (("edges", Item("e")), {}, ABSENT, {}, None),
    "renamed": ((*T, "name"), "a", "b", {}, None),
    "no automation any more": (
        (*T, "task_type"),
        "AUTOMATION",
        "MANUAL",
        AUTO,
        (
            "destructive",
            "task `Mail` is no automation any more, and the platform may delete its automation",
            "tasks/Mail",
        ),
    ),
    "another kind": ((*T, "task_type"), "MANUAL", "AI_AGENT", {}, ("risky", "a task becomes one of another kind", "")),
    "another automation": (
        (*T, "automation_config", "flow_id"),
        "x",
        "y",
        {},
        ("risky", "a task's automation does something else", ""),
    ),
    "trigger of another type": (
        ("trigger", "type"),
        "automation",
        "manual",
        AUTO,
        ("destructive", "the trigger's automation is replaced", "trigger"),
    ),
    "trigger of another automation": (
        ("trigger", "automation_id"),
        "x",
        "z",
        AUTO,
        ("destructive", "the trigger's automation is replaced", "trigger"),
    ),
    "trigger of another schema": (
        ("trigger", "entity_schema"),
        "a",
        "b",
        MANUAL,
        ("risky", "the flow starts otherwise", ""),
    ),
    "trigger's input": (
        ("trigger", "input_entity"),
        "thread",
        "first_email",
        AUTO,
        ("risky", "the flow starts otherwise", ""),
    ),
    "additional trigger removed": (
        ("additional_triggers", Item("t")),
        {},
        ABSENT,
        AUTO,
        ("destructive", "the trigger's automation is replaced", "trigger"),
    ),
    "additional trigger without an id removed": (
        ("additional_triggers", Item("y")),
        {},
        ABSENT,
        {"additional_triggers": [{"type": "automation", "automation_id": "y"}]},
        ("destructive", "the trigger's automation is replaced", "trigger"),
    ),
    "additional manual trigger removed": (
        ("additional_triggers", Item("t")),
        {},
        ABSENT,
        MANUAL,
        ("risky", "the flow starts otherwise", ""),
    ),
    "branch removed": (
        (*T, "conditions", Item("c")),
        {"branch_name": "Yes"},
        ABSENT,
        {},
        ("risky", "branch `Yes` goes, and running executions lose it", ""),
    ),
    **{
        f"an operator turned round{when}": (
            (*T, "conditions", Item("c"), "statements", Item("s"), "operator"),
            "equals",
            "not_equals",
            have,
            expected,
        )
        for when, have, expected in (
            ("", {}, ("risky", "a branch is taken on `not_equals` where it was on `equals`", "")),
            (", of a flow that is off", {"enabled": False}, None),
        )
    },
    **{
        f"default branch, {how}": (
            ("edges", Item("e"), *rest),
            before,
            after,
            {},
            ("risky", "another branch is taken where no condition is met", ""),
        )
        for how, rest, before, after in (
            ("moved", ("none_met",), False, True),
            ("gone", (), {"none_met": True}, ABSENT),
            ("new", (), ABSENT, {"none_met": True}),
        )
    },
    "disabled": (
        ("enabled",),
        True,
        False,
        {},
        ("destructive", "the flow starts no more; running ones go on", "enabled"),
    ),
    "enabled": (("enabled",), False, True, {}, ("risky", "the flow goes live", "")),
    "bundled automation": (
        ("automations", "mail", "actions"),
        [],
        [1],
        {},
        ("risky", "an automation does something else", ""),
    ),
}


@pytest.mark.parametrize(("path", "before", "after", "have", "expected"), RISKS.values(), ids=RISKS)
def test_risks(path, before, after, have, expected) -> None:
    found = KIND.risk(FieldChange(path, before, after), have, {})
    assert ((found.level, found.reason, found.item) if found else None) == expected


def test_a_flow_that_is_created_enabled_goes_live() -> None:
    assert KIND.create_risk({"enabled": False}) is None
    assert [KIND.create_risk(spec).reason for spec in ({"enabled": True}, {})] == ["the flow goes live"] * 2


def test_the_generation_of_a_live_flow_stays() -> None:
    said = [each.message for each in KIND.objections((FieldChange(("version",), "v2", "v3"),), {}, {})]
    assert said == ["version `v2` of a live flow cannot become `v3`"]
    assert KIND.objections((FieldChange(("version",), ABSENT, "v3"), FieldChange(("name",), "a", "b")), {}, {}) == []


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (None, ()),
        ({"currentNoOfWorkflows": 9, "maxAllowed": 10}, ()),
        (
            {"currentNoOfWorkflows": 10, "maxAllowed": 10},
            ("10 of 10 flows are enabled: the platform may refuse to enable another",),
        ),
    ],
)
def test_the_quota_of_enabled_flows(answer, said) -> None:
    assert KIND.notices(None, {"limits": answer}, {}) == said
    assert KIND.asks_if_changed("")["limits"].title == "GET /v1/workflows/limits/max-allowed"
