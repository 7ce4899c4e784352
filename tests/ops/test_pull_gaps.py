"""Live objects in which something is missing or of another form, wherever it may be: a pull ends, all else is pulled,
and no manifest lacks what restricts its object. Replies are canned: what no sandbox would take is in them too."""

from __future__ import annotations

import copy
import os
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

from syncer.diff.list_keys import match
from syncer.diff.three_way_merge import same
from syncer.kinds import KINDS, lookup_kinds
from syncer.manifests.project import read_project
from syncer.model.field_rules import Shape, pattern_steps
from syncer.model.json_values import ABSENT
from syncer.ops.cached_reader import CachedReader
from syncer.ops.pull.options import PullOptions
from syncer.ops.pull.pull import PullPlan, prepare
from syncer.plan.inputs import IdIndex, context_of

Json, Path_ = Any, tuple[str | int, ...]
MANY = int(os.environ.get("SYNCER_EXAMPLES") or 16)
EACH = 10
"""Changes a test draws."""
PROJECT = 'version: 1\nmanifests: [config]\nenvironments:\n  test:\n    org_id: "739224"\n'
FORMS: tuple[Json, ...] = (ABSENT, ABSENT, None, 5, "x", [], [5], [{}])
U = "5c1cb7c4-26f6-4d6e-9b9d-6f0e3a2f7f0{}"
OF_TRIGGER = {"id": U.format(1), "origin": "trigger", "origin_type": "entity", "schema": "contact",
              "attribute": "state", "attribute_type": "status", "attribute_repeatable": False}  # fmt: skip
FLOW: Json = {
    "id": "f1", "org_id": "739224", "created_at": "x", "updated_at": "y", "name": "Umzug", "version": "v3",
    "enabled": True, "description": "lang", "singleClosingReasonSelection": True, "_manifest": ["b"], "linear": True,
    "due_date_config": {"duration": 9, "unit": "days", "type": "WORKFLOW_STARTED"}, "available_in_ecp": True,
    "assigned_to": ["77", {"variable": "{{x}}", "value": "y"}], "taxonomies": ["purpose:a"],
    "trigger": {"id": U.format(1), "type": "manual", "entity_schema": "contact"},
    "additional_triggers": [
        {"id": U.format(2), "type": "journey_submission", "journey_id": U.format(3), "automation_id": "auto-9"},
        {"id": U.format(4), "type": "automation", "automation_id": "auto-1", "input_entity": "first_email"},
        {"type": "manual", "entity_schema": "order"},
    ],
    "closing_reasons": [{"id": "r1", "title": "Won", "status": "ACTIVE"}, {"id": "r2"}],
    "phases": [{"id": "p-1", "name": "Prüfung", "assigned_to": ["77"], "taxonomies": ["purpose:a"],
                "due_date_config": {"duration": 1, "unit": "days", "type": "WORKFLOW_STARTED"}},
               {"id": "p-2", "name": "Bau"}],
    "tasks": [
        {"id": "t1", "name": "Mail", "task_type": "AUTOMATION", "phase_id": "p-1", "trigger_mode": "automatic",
         "automation_config": {"flow_id": "auto-1", "input_context": {"source": "trigger"}},
         "schedule": {"mode": "delayed", "duration": 2, "unit": "days"}},
        {"id": "t2", "name": "Weiter?", "task_type": "DECISION", "phase_id": "p-1", "trigger_mode": "automatic",
         "schedule": {"mode": "relative", "direction": "after", "duration": 1, "unit": "days",
                      "reference": {"origin": "all_preceding_tasks_completed"}},
         "allow_parallel_execution": False,
         "conditions": [
             {"id": "c1", "branch_name": "Ja", "logical_operator": "AND", "statements": [
                 {"id": "s1", "source": OF_TRIGGER, "operator": "equals", "values": ["a"], "value_type": "static"}]},
             {"id": "none-met-9", "branch_name": "Sonst", "logical_operator": "AND", "statements": []}]},
        {"id": "t3", "name": "Nochmal?", "task_type": "DECISION", "phase_id": "p-2", "trigger_mode": "manual",
         "conditions": [{"id": "c2", "branch_name": "Gut", "logical_operator": "AND", "statements": []},
                        {"id": "c3", "branch_name": "Wieder", "logical_operator": "AND", "statements": []}],
         "loop_config": {"loop_branch_id": "c3", "exit_branch_id": "c2", "max_iterations": 5}},
        {"id": "t4", "name": "Warten", "task_type": "MANUAL", "phase_id": "p-2", "taxonomies": ["purpose:a"],
         "requirements": [{"when": "TASK_FINISHED", "task_id": "t1"}], "assigned_to": ["77"],
         "description": {"enabled": True, "value": "<p>x</p>"}, "partner": {"enabled": True, "label": "P"},
         "journey": {"id": "own", "journeyId": U.format(3), "name": "Anfrage", "complete_task_automatically": False},
         "ecp": {"enabled": True, "label": "L", "journey": {"journeyId": U.format(3)}},
         "due_date_config": {"duration": 1, "unit": "days", "type": "TASK_FINISHED", "task_id": "t1"}},
        {"id": "t5", "name": "Agent", "task_type": "AI_AGENT", "phase_id": "p-2", "agent_config": {"agent_id": "a1"}},
        {"id": "t6", "name": "Ende", "task_type": "MANUAL", "phase_id": "p-2"},
        {"id": "t7", "name": "Sonst", "task_type": "MANUAL", "phase_id": "p-1"},
    ],
    "edges": [
        {"id": "e1", "from_id": "trigger", "to_id": "p-1"}, {"id": "e2", "from_id": "p-1", "to_id": "t1"},
        {"id": "e3", "from_id": "t1", "to_id": "t2"},
        {"id": "e4", "from_id": "t2", "to_id": "p-2", "condition_id": "c1"},
        {"id": "e5", "from_id": "t2", "to_id": "t7", "condition_id": "none-met-9", "none_met": True},
        {"id": "e6", "from_id": "p-2", "to_id": "t4"}, {"id": "e7", "from_id": "t4", "to_id": "t3"},
        {"id": "e8", "from_id": "t3", "to_id": "t5", "condition_id": "c2"},
        {"id": "loop-edge-1", "from_id": "t3", "to_id": "t4", "condition_id": "c3"},
        {"id": "e9", "from_id": "t5", "to_id": "t6"},
    ],
    "entity_sync": [{"trigger": {"event": "TaskCompleted", "filter": {"task_template_id": "t1"}},
                     "value": {"source": "custom_value", "value": "x"},
                     "target": {"entitySchema": "contact", "entityAttribute": "state"}}],
}  # fmt: skip
SHOWN_IF = {"render_condition": 'street = "x"', "feature_flag": "f", "settings_flag": [{"name": "n", "enabled": True}]}
SCHEMA: Json = {
    "id": "x", "version": 3, "slug": "site", "name": "Ort", "plural": "Orte", "published": True, "icon": "home",
    "feature_flag": "ff", "enable_setting": ["a"], "_purpose": ["purpose:a"], "title_template": "{{street}}",
    "group_settings": [{"id": U.format(1), "label": "Lage", "order": 1, "_purpose": ["purpose:a"], **SHOWN_IF}],
    "group_headlines": [{"id": "h", "name": "kopf", "label": "Kopf", "group": U.format(1), "type": "headline"}],
    "attributes": [
        {"id": "a", "name": "street", "label": "Straße", "type": "string", "group": U.format(1), "required": True,
         "readonly": True, "hidden": True, "constraints": {"max": 3}, "_purpose": ["purpose:a"], "default_value": "x",
         **SHOWN_IF, "render_condition": 'state = "a"', "edit_mode": "external",
         "edit_mode_config": {"match_strategy": "fuzzy", "fuzzy_config": {"type": "suffix", "suffix_length": 3}}},
        {"id": "b", "name": "who", "label": "Wer", "type": "relation", "allowedSchemas": ["contact"],
         "relation_type": "has_many", "relation_picker_filter": {"q": "a:b"},
         "actions": [{"action_type": "add_existing", "label": "L", "feature_flag": "f"}]},
        {"id": "c", "name": "state", "label": "Lage", "type": "select",
         "options": [None, {"value": "a"}, {"value": "b", "title": "B"}]},
        {"id": "d", "name": "doc", "label": "Doc", "type": "file", "allowed_extensions": ["pdf"], "multiple": True,
         "default_access_control": "private", "file_size_bytes": 5},
        {"id": "e", "name": "tab", "label": "T", "type": "table", "min_rows": 1, "max_rows": 3,
         "columns": [{"name": "c", "label": "C", "type": "number", "required": True}]},
    ],
    "capabilities": [
        {"id": "k", "name": "files", "title": "F", "feature_flag": "f", "schemas": [{"schema": "contact", "x": 1}],
         "attributes": [{"name": "ca", "label": "CA", "type": "string", "required": True}],
         "ui_hooks": [{"hook": "EntityDetailsV2:Tab", "title": "T", "disabled": True,
                       "render_condition": 'street = "x"', "requiredPermission": {"action": "a", "resource": "r"}}]},
    ],
    "conditions": [{"id": "3f2504e0-4f89-41d3-9a0c-0305e82c3301", "name": "sparte", "label": "Sparte",
                    "type": "select", "values": ["strom"]}],
    "ui_config": {"list_item": {"summary_attributes": ["street", {"label": "l", "value": "v", **SHOWN_IF}],
                                "quick_actions": [{"action": "a", "label": "l", "permission": "p"}]},
                  "table_view": {"view_type": "default",
                                 "row_actions": [{"action": "a", "label": "l", "permission": "p"}]}},
}  # fmt: skip
APP: Json = {
    "app_id": "112b87c2-ba9e-51c3-9fee-6cd85bb8f822", "enabled": True, "name": {"de": "App"},
    "installed_version": "1.0.0",
    "option_values": [{"component_id": "comp", "options": [
        {"key": "region", "value": "nord"}, {"key": "only", "value": [{"id": "1", "value": "a"}]},
        {"key": "login", "value": {"user": "u", "password": "***"}}]}],
    "components": [{"id": "comp", "name": {"de": "K"}, "options": [
        {"key": "region", "type": "text", "required": True}, {"key": "only", "type": "text", "repeatable": True},
        {"key": "login", "type": "object",
         "fields": [{"key": "user", "type": "text"}, {"key": "password", "type": "secret"}]}]}],
}  # fmt: skip
RETENTION: Json = {
    "id": "ret1", "entity_schema": "contact", "type": "deletion", "enabled": True, "created_at": "x",
    "query": {"saved_view_id": "v1", "include_deleted": "false", "filters": [
        {"type": "no_related_entities", "related_entity_schemas": ["order"]},
        {"type": "no_email_communication_since", "lookback_period_days": 700, "message_type": ["SENT"]},
        {"type": "entity_workflows_only_in_closed_or_cancelled_status", "workflow_status": ["CLOSED"]}]},
    "relations_for_deletion": ["order"],
    "schedule": {"frequency": "interval", "interval_days": 30, "start_date": "2099-01-01", "end_date": "2100-01-01"},
}  # fmt: skip
LIVE: dict[str, list[Json]] = {
    "FlowTemplate": [FLOW],
    "EntitySchema": [
        SCHEMA,
        {"slug": "contact", "name": "C", "plural": "Cs", "capabilities": [],
         "attributes": [{"name": "state", "label": "S", "type": "status", "options": ["a"]}]},
        {"slug": "order", "name": "O", "plural": "Os", "attributes": [], "capabilities": []},
    ],
    "AppInstallation": [APP],
    "RetentionConfig": [RETENTION],
    "ClosingReason": [{"id": "r1", "title": "Won", "status": "INACTIVE"}, {"id": "r2", "title": "Lost"}],
    "SavedView": [{"id": "v1", "name": "Inaktive", "slug": ["contact"], "shared": True, "ui_config": {}}],
    "AutomationFlow": [{"id": "auto-1", "flow_name": "Mail"}],
    "TaxonomyClassification": [],
}  # fmt: skip
ADDRESSES = {
    "AppInstallation/app", "ClosingReason/lost", "ClosingReason/won", "EntitySchema/contact", "EntitySchema/order",
    "EntitySchema/site", "FlowTemplate/umzug", "RetentionConfig/contact-deletion",
}  # fmt: skip
FIRST = {
    "FlowTemplate": ("FlowTemplate/umzug", "`f1`", "`Umzug`"), "EntitySchema": ("EntitySchema/site", "`site`", "`x`"),
    "AppInstallation": ("AppInstallation/app", APP["app_id"], "`App`"),
    "RetentionConfig": ("RetentionConfig/contact-deletion", "`ret1`", "RetentionConfig: `contact`"),
    "ClosingReason": ("ClosingReason/won", "r1", "Won"),
}  # fmt: skip
"""The address of the first object of each kind, and what it is called where it gets no manifest."""


class Canned:
    """An organisation that always answers the same."""

    organisations = frozenset({"739224"})

    def __init__(self, live: dict[str, list[Json]]) -> None:
        known = {**KINDS, **lookup_kinds()}
        self.lists = {(known[name].service, known[name].listing.path): objects for name, objects in live.items()}

    def list(self, service: str, listing: Json) -> list[Json]:
        return copy.deepcopy(self.lists[service, listing.path])

    def read(self, service: str, call: Json) -> Json:
        return copy.deepcopy(LIVE["SavedView"][0]) if call.path.startswith("/v1/entity/view/") else None


def pulled(folder: Path, live: dict[str, list[Json]]) -> PullPlan:
    """Everything of a pull but the writing."""
    (folder / "syncer.yaml").write_text(PROJECT, "utf-8")
    project = read_project(folder / "syncer.yaml")
    order = PullOptions(project, project.environments["test"], tuple(KINDS), (), {}, frozenset(), "s", "2026-03-02")
    reader = CachedReader(Canned(live), forgiving=True)
    return prepare(order, reader, lambda asks: [ask() for ask in asks], {})


def places(value: Json, path: Path_ = ()) -> Iterator[Path_]:
    """Every place in a value, itself left out."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, item in inside:
        yield (*path, step)
        yield from places(item, (*path, step))


def changed(value: Json, path: Path_, form: Json) -> Json:
    """The value with something else at a place, or nothing."""
    made = copy.deepcopy(value)
    holder = made
    for step in path[:-1]:
        holder = holder[step]
    if form is ABSENT:
        del holder[path[-1]]
    else:
        holder[path[-1]] = copy.deepcopy(form)
    return made


def unsaid(done: PullPlan, address: str) -> list[Path_]:
    """Where a restriction of the live object is not in its manifest, of all that is not left out as a whole item."""
    assert done.planned is not None
    sides = done.planned.sides
    desired = next(each for each in sides.desired if str(each.address) == address)
    kind = KINDS[desired.address.kind]
    prepared = kind.prepare(context_of(desired, sides, IdIndex(KINDS, sides)))
    have = copy.deepcopy(prepared.have)
    for trigger in (have.get("trigger"), *(have.get("additional_triggers") or ())):
        if isinstance(trigger, dict) and trigger.get("type") == "journey_submission":
            trigger.pop("automation_id", None)  # the platform's own
    return [
        path
        for pattern in kind.restrictions
        for path in _missing(have, prepared.want, pattern_steps(pattern), kind.shape)
    ]


def _missing(have: Json, want: Json, steps: tuple[str, ...], shape: Shape, path: Path_ = ()) -> Iterator[Path_]:
    if not steps:
        yield from () if same(_whole(have), _whole(want), shape) else (path,)
    elif steps[0] == "[]" and isinstance(have, list):
        keyed = shape.rule.form == "keyed"
        theirs = want if isinstance(want, list) else []
        pairs = match(have, theirs, shape.rule)[0] if keyed else {n: n for n in range(min(len(have), len(theirs)))}
        for index, other in pairs.items():  # an item that is left out takes along what restricts it
            yield from _missing(have[index], theirs[other], steps[1:], shape.item(), (*path, index))
    elif isinstance(have, dict) and steps[0] in have:
        there = want.get(steps[0], ABSENT) if isinstance(want, dict) else ABSENT
        if there is not ABSENT or "[]" not in steps:
            yield from _missing(have[steps[0]], there, steps[1:], shape.at(steps[0]), (*path, steps[0]))


def _whole(value: Json) -> Json:
    """Without what says nothing: `null`, and a mapping in which nothing else stands."""
    if isinstance(value, dict):
        inside = {name: _whole(item) for name, item in value.items()}
        return {name: item for name, item in inside.items() if item is not None} or None
    return [_whole(item) for item in value] if isinstance(value, list) else value


def test_as_it_is(tmp_path: Path) -> None:
    done = pulled(tmp_path, LIVE)
    assert {str(each.new.address) for each in done.drafts} == ADDRESSES
    assert (done.left_out, done.mistakes, done.incomplete) == ([], [], False)
    assert [each for each in ADDRESSES if unsaid(done, each)] == []


@pytest.mark.parametrize("number", range(MANY))
def test_whatever_is_missing_or_of_another_form(number: int, tmp_path: Path) -> None:
    dice = Random(number)
    for _ in range(EACH):
        kind = dice.choice([*FIRST, "FlowTemplate", "EntitySchema"])
        first, form = LIVE[kind][0], dice.choice(FORMS)
        path = dice.choice(list(places(first)))
        address = FIRST[kind][0]
        where = f"{kind} {path} {form!r}"
        done = pulled(tmp_path, {**LIVE, kind: [changed(first, path, form), *LIVE[kind][1:]]})
        found = {str(each.new.address) for each in done.drafts}
        said = " ".join(each.message for each in done.left_out)
        assert done.mistakes == [], where
        mine = {each for each in found - ADDRESSES if each.startswith(kind)}  # what is named otherwise now
        others = ADDRESSES - {address}
        others -= {"FlowTemplate/umzug"} if (kind, path) == ("ClosingReason", ("id",)) else set()  # it refers to that
        assert others <= found, where
        if address not in found and not mine:
            assert done.incomplete, where
            assert any(each in said for each in (*FIRST[kind], f"`{form}`")), (where, said)
        for each in {address} & found | mine:
            assert "has none" in said or unsaid(done, each) == [], (where, unsaid(done, each))


STALE = {"key": "old", "value": 1}
OF_ALL = {"component_id": "$app", "options": [{"key": "region", "value": "nord"}]}
APPS: dict[str, tuple[Json, bool, str, str]] = {
    # what is odd about an app: what it is, whether it gets a manifest, rule and words of what is said
    "a value of an earlier version, which has no effect": (
        {"option_values": [{"component_id": "comp", "options": [*APP["option_values"][0]["options"], STALE]}]},
        True, "left-out-of-manifest",
        "AppInstallation/app: option `old` of component `comp` is left out: this version of the app has none",
    ),
    "a value of the app as a whole, which may have one": (
        {"option_values": [*APP["option_values"], OF_ALL]}, False, "not-pulled",
        f"AppInstallation `{APP['app_id']}` (`{APP['app_id']}`) is left out, for no sound manifest says it: "
        "`$app` is no component of this version of the app",
    ),
    "what can be said, and not be planned": (
        {"components": [5]}, False, "unreadable-live",
        "AppInstallation/app: the platform answered in a form that syncer does not know",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("odd", "written", "rule", "said"), APPS.values(), ids=APPS)
def test_an_odd_app(tmp_path: Path, odd: Json, written: bool, rule: str, said: str) -> None:
    done = pulled(tmp_path, {**LIVE, "AppInstallation": [{**APP, **odd}]})
    assert {str(each.new.address) for each in done.drafts} == ADDRESSES - (
        set() if written else {"AppInstallation/app"}
    )
    assert [(each.rule, each.message.partition(" (TypeError")[0]) for each in done.left_out] == [(rule, said)]
    assert done.incomplete
