"""Live objects as manifests say them: kind by kind, whole."""

from __future__ import annotations

from typing import Any

import pytest

from syncer.diff.export_spec import NamedIds, NameIndex, spec_of
from syncer.kinds import KINDS
from syncer.manifests.create_schema import create_schema
from syncer.model.pulled_spec import PulledSpec
from syncer.model.unexpected_reply import UnexpectedReply

Json = Any
UUID = "5c1cb7c4-26f6-4d6e-9b9d-6f0e3a2f7f0{}"
NAMES = NameIndex(
    manifests={
        ("ClosingReason", "r1"): "won", ("EntitySchema", "contact"): "contact", ("AppInstallation", "app-1"): "checker",
    },
    titles={
        ("ClosingReason", "r2", ""): "Verloren",
        ("AutomationFlow", "auto-1", ""): "Mail ${x}",
        ("SavedView", "v1", "contact"): "Inaktive",
    },
    words={("ClosingReason", "r3"): "Doppelt"},
)  # fmt: skip


def pulled_spec(kind: str, *given: Any) -> PulledSpec:
    return spec_of(KINDS[kind], create_schema(KINDS[kind]), *given)


STATEMENT: Json = {
    "id": "s1",
    "source": {"id": UUID.format(1), "origin": "trigger", "origin_type": "entity", "schema": "contact",
               "attribute": "status", "attribute_type": "string", "attribute_repeatable": False},
    "operator": "equals",
    "values": ["${a}"],
    "value_type": "static",
}  # fmt: skip
FLOW: Json = {
    "id": "f1", "org_id": "1", "created_at": "x", "updated_at": "y", "name": "Umzug", "version": 2, "enabled": True,
    "description": "", "singleClosingReasonSelection": False, "_manifest": ["b"], "limit_warnings": [],
    "trigger": {"id": UUID.format(1), "type": "manual", "entity_schema": "contact"},
    "additional_triggers": [{"id": UUID.format(2), "type": "journey_submission", "journey_id": UUID.format(3),
                             "journey_name": "Anfrage", "automation_id": "auto-9"}],
    "closing_reasons": [{"id": "r1", "title": "Won", "status": "ACTIVE"}, {"id": "r2"}, {"id": "r3"}],
    "phases": [{"id": "p-1", "name": "Prüfung"}],
    "tasks": [
        {"id": "t1", "name": "Prüfung", "task_type": "AUTOMATION", "phase_id": "p-1",
         "automation_config": {"flow_id": "auto-1"}, "created_automatically": False},
        {"id": "t2", "name": "Weiter?", "task_type": "DECISION", "phase_id": "p-1", "trigger_mode": "automatic",
         "conditions": [
             {"id": "c1", "branch_name": "Ja", "logical_operator": "AND", "statements": [STATEMENT]},
             {"id": "none-met-9", "branch_name": "Sonst", "logical_operator": "AND", "statements": []},
         ]},
        {"id": "t3", "name": "Ende", "task_type": "MANUAL", "phase_id": "p-1", "assigned_to": ["77"],
         "due_date_config": {"duration": 1, "unit": "days", "type": "TASK_FINISHED", "task_id": "t1"},
         "journey": {"id": "own", "journeyId": UUID.format(3), "name": "Anfrage", "complete_task_automatically": True}},
    ],
    "edges": [
        {"id": "e1", "from_id": "trigger", "to_id": "p-1"}, {"id": "e2", "from_id": "p-1", "to_id": "t1"},
        {"id": "e3", "from_id": "t1", "to_id": "t2"},
        {"id": "e4", "from_id": "t2", "to_id": "t3", "condition_id": "c1"},
        {"id": "e5", "from_id": "t2", "to_id": "", "condition_id": "none-met-9", "none_met": True},
    ],
}  # fmt: skip
SAID: Json = {
    "name": "Umzug", "version": "v2", "enabled": True,
    "trigger": {"type": "manual", "entity_schema": {"ref": "contact"}},
    "additional_triggers": [
        {"id": "journey_submission", "type": "journey_submission", "journey_id": "${id.journey.anfrage}"}
    ],
    "closing_reasons": [{"ref": "won"}, {"lookup": "Verloren"}, {"id": "${id.closing_reason.doppelt}"}],
    "phases": [{"id": "pruefung-P", "name": "Prüfung"}],
    "tasks": [
        {"id": "pruefung-T", "name": "Prüfung", "task_type": "AUTOMATION", "phase_id": "pruefung-P",
         "automation_config": {"flow_id": {"lookup": "Mail $${x}"}}},
        {"id": "weiter", "name": "Weiter?", "task_type": "DECISION", "phase_id": "pruefung-P",
         "trigger_mode": "automatic",
         "conditions": [
             {"id": "ja", "branch_name": "Ja", "logical_operator": "AND", "statements": [
                 {"source": {"origin": "trigger", "origin_type": "entity", "schema": {"ref": "contact"},
                             "attribute": "status", "attribute_type": "string"},
                  "operator": "equals", "values": ["$${a}"]},
             ]},
             {"id": "sonst", "branch_name": "Sonst", "logical_operator": "AND"},
         ]},
        {"id": "ende", "name": "Ende", "task_type": "MANUAL", "phase_id": "pruefung-P",
         "assigned_to": ["${id.user.77}"],
         "due_date_config": {"duration": 1, "unit": "days", "type": "TASK_FINISHED", "task_id": "pruefung-T"},
         "journey": {"journeyId": "${id.journey.anfrage}"}},
    ],
    "edges": [
        {"from_id": "trigger", "to_id": "pruefung-P"}, {"from_id": "pruefung-P", "to_id": "pruefung-T"},
        {"from_id": "pruefung-T", "to_id": "weiter"}, {"from_id": "weiter", "to_id": "ende", "condition_id": "ja"},
        {"from_id": "weiter", "condition_id": "sonst", "none_met": True},
    ],
}  # fmt: skip


def _replaced(value: Json, words: dict[str, str]) -> Json:
    if isinstance(value, dict):
        return {name: _replaced(item, words) for name, item in value.items()}
    if isinstance(value, list):
        return [_replaced(item, words) for item in value]
    return words.get(value, value) if isinstance(value, str) else value


def names() -> NameIndex:
    return NameIndex(NAMES.manifests, NAMES.titles, NAMES.words, NamedIds({}))


def test_a_flow() -> None:
    """A phase and a task of one name get a piece of their ids each; everything refers to the keys."""
    from syncer.model.slugs import piece_of

    pulled = pulled_spec("FlowTemplate", FLOW, names())
    keys = {"pruefung-P": f"pruefung_{piece_of('p-1')}", "pruefung-T": f"pruefung_{piece_of('t1')}"}
    assert pulled.spec == _replaced(SAID, keys)
    assert pulled.parts == {
        "nodes": {keys["pruefung-P"]: "p-1", keys["pruefung-T"]: "t1", "weiter": "t2", "ende": "t3"},
        "conditions": {"ja": "c1", "sonst": "none-met-9"},
        "triggers": {"0": UUID.format(1), "journey_submission": UUID.format(2)},
    }


def test_keys_that_are_known_stay_and_bundled_automations_are_said() -> None:
    """What a manifest that is there calls its parts: for taking a change of the organisation over into it."""
    known = {
        "nodes": {"check": "p-1", "mail": "t1", "gone": "t9"}, "conditions": {"yes": "c1"},
        "automations": {"note": "auto-1"}, "inline": {"tasks/mail": "…"},
    }  # fmt: skip
    automation = {"id": "auto-1", "org_id": "1", "flow_name": "Mail", "enabled": True, "triggers": [], "actions": []}
    pulled = pulled_spec("FlowTemplate", FLOW, names(), known, {"automations 1": {"results": [automation]}})
    assert [each["id"] for each in pulled.spec["tasks"]] == ["mail", "weiter", "ende"]
    assert pulled.spec["tasks"][0]["automation_config"] == {"flow_id": {"automation": "note"}}
    assert pulled.spec["automations"] == {"note": {"flow_name": "Mail", "triggers": [], "actions": []}}
    assert pulled.spec["edges"][3] == {"from_id": "weiter", "to_id": "ende", "condition_id": "yes"}
    assert pulled.parts["nodes"] == {"check": "p-1", "mail": "t1", "weiter": "t2", "ende": "t3"}
    assert (pulled.parts["automations"], pulled.parts["inline"]) == ({"note": "auto-1"}, {"tasks/mail": "…"})


CASES: dict[str, tuple[str, Json, Json]] = {
    "a reason": (
        "ClosingReason",
        {"id": "r", "title": "Won ${x}", "status": "ACTIVE", "creationTime": "x"},
        {"title": "Won $${x}"},
    ),
    "an inactive one": (
        "ClosingReason", {"id": "r", "title": "Alt", "status": "INACTIVE"}, {"title": "Alt", "status": "INACTIVE"},
    ),
    "a retention config": (
        "RetentionConfig",
        {"id": "1", "entity_schema": "contact", "type": "deletion", "enabled": True, "created_at": "x",
         "query": {"saved_view_id": "v1", "include_deleted": "false", "filters": []}, "relations_for_deletion": [],
         "schedule": {"frequency": "interval", "interval_days": 7}},
        {"entity_schema": {"ref": "contact"}, "type": "deletion", "enabled": True,
         "query": {"saved_view_id": {"lookup": "Inaktive"}}, "schedule": {"frequency": "interval", "interval_days": 7}},
    ),
    "a schema": (
        "EntitySchema",
        {"id": "x", "version": 3, "slug": "site", "name": "Ort", "plural": "Orte", "source": {}, "published": True,
         "_manifest": ["b"],
         "group_settings": [
             {"id": UUID.format(1), "label": "Lage", "order": 0}, {"id": "own", "label": "Eigenes", "order": 2},
         ],
         "attributes": [
             {"id": "a", "name": "street", "label": "Straße", "type": "string", "group": UUID.format(1),
              "required": False},
             {"id": "b", "name": "who", "label": "Wer", "type": "relation", "allowedSchemas": ["contact", "order"],
              "_purpose": []},
             {"id": "c", "name": "state", "label": "Lage", "type": "select",
              "options": [None, {"value": "a"}, {"value": "b", "title": "B"}]},
         ],
         "capabilities": [{"id": "k", "name": "files", "app_id": "app-1"}]},
        {"slug": "site", "name": "Ort", "plural": "Orte", "published": True,
         "group_settings": [{"label": "Lage"}, {"id": "own", "label": "Eigenes", "order": 2}],
         "attributes": [
             {"name": "street", "label": "Straße", "type": "string", "group": "Lage"},
             {"name": "who", "label": "Wer", "type": "relation", "allowedSchemas": [{"ref": "contact"}, "order"]},
             {"name": "state", "label": "Lage", "type": "select", "options": [None, "a", {"value": "b", "title": "B"}]},
         ],
         "capabilities": [{"name": "files", "app_id": {"ref": "checker"}}]},
    ),
}  # fmt: skip


@pytest.mark.parametrize(("kind", "live", "said"), CASES.values(), ids=CASES)
def test_a_live_object_as_a_manifest_says_it(kind: str, live: Json, said: Json) -> None:
    pulled = pulled_spec(kind, live, names())
    assert (pulled.spec, pulled.secrets, pulled.notes, pulled.unsaid) == (said, (), (), ())


def _flow(**more: Json) -> Json:
    return {"id": "f", "name": "Umzug", "tasks": [], "edges": [], **more}


TASK: Json = {"id": "t", "name": "T", "task_type": "MANUAL"}
UNSAID: dict[str, tuple[str, Json, tuple[str, ...], tuple[str, ...]]] = {
    # what cannot be said: the kind, the live object, what forbids a manifest, what is only noted
    "a schema that is hidden from everybody": (
        "EntitySchema", {"slug": "site", "name": "Ort", "plural": "Orte", "enable_setting": []},
        ("an empty `enable_setting` hides it from everybody, which no manifest may say",), (),
    ),
    "an option of an earlier version": (
        "AppInstallation",
        {"app_id": "a", "components": [{"id": "k", "options": []}],
         "option_values": [{"component_id": "k", "options": [{"key": "old", "value": 1}]}]},
        (), ("option `old` of component `k` is left out: this version of the app has none",),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("kind", "live", "unsaid", "notes"), UNSAID.values(), ids=UNSAID)
def test_what_cannot_be_said(kind: str, live: Json, unsaid: tuple[str, ...], notes: tuple[str, ...]) -> None:
    pulled = pulled_spec(kind, live, names())
    assert (pulled.unsaid, pulled.notes) == (unsaid, notes)


DOUBLES: dict[str, tuple[str, Json, Json]] = {
    # what several items have, or none: live, and in a manifest, in the same order
    "attributes of one name": (
        "EntitySchema", {"slug": "site", "attributes": [{"name": "a"}, {"name": "a", "required": True}]},
        {"slug": "site", "attributes": [{"name": "a"}, {"name": "a", "required": True}]},
    ),
    "further triggers that nothing tells apart": (
        "FlowTemplate", _flow(additional_triggers=[{"type": "manual"}, {"type": "manual"}]),
        {"name": "Umzug", "enabled": True, "tasks": [], "edges": [],
         "additional_triggers": [{"type": "manual"}, {"type": "manual"}]},
    ),
    "an option without a key": (
        "AppInstallation", {"app_id": "a", "option_values": [{"component_id": "k", "options": [{"value": 1}]}]},
        {"app_id": "a", "option_values": [{"component_id": "k", "options": [{"value": 1}]}]},
    ),
}  # fmt: skip


@pytest.mark.parametrize(("kind", "live", "said"), DOUBLES.values(), ids=DOUBLES)
def test_what_a_key_does_not_tell_apart_is_said(kind: str, live: Json, said: Json) -> None:
    pulled = pulled_spec(kind, live, names())
    assert (pulled.spec, pulled.unsaid, pulled.notes) == (said, (), ())


OPTIONAL: dict[str, tuple[str, Json, Json]] = {
    # what the definitions leave to whoever makes the object: live, and in a manifest
    "further triggers without an id": (
        "FlowTemplate",
        _flow(additional_triggers=[{"type": "manual", "entity_schema": "contact"},
                                   {"type": "automation", "automation_id": "auto-1"}]),
        {"name": "Umzug", "enabled": True, "tasks": [], "edges": [],
         "additional_triggers": [{"type": "manual", "entity_schema": {"ref": "contact"}},
                                 {"type": "automation", "automation_id": {"lookup": "Mail $${x}"}}]},
    ),
    "a link to a journey without one": (
        "FlowTemplate", _flow(tasks=[{**TASK, "journey": {"journeyId": UUID.format(3)}}]),
        {"name": "Umzug", "enabled": True, "edges": [],
         "tasks": [{**TASK, "journey": {"journeyId": "${id.journey.t}"}}]},
    ),
    "a retention config that says of no switch": (
        "RetentionConfig", {"id": "1", "entity_schema": "contact", "type": "deletion", "query": {}},
        {"entity_schema": {"ref": "contact"}, "type": "deletion", "query": {}, "enabled": True},
    ),
    "an option of the app as a whole": (
        "AppInstallation",
        {"app_id": "app-1", "installed_version": "1", "components": [{"id": "k"}],
         "option_values": [{"component_id": "$app", "options": [{"key": "region", "value": "nord"}]}]},
        {"app_id": "app-1", "version": "1",
         "option_values": [{"component_id": "$app", "options": [{"key": "region", "value": "nord"}]}]},
    ),
}  # fmt: skip


@pytest.mark.parametrize(("kind", "live", "said"), OPTIONAL.values(), ids=OPTIONAL)
def test_what_is_optional(kind: str, live: Json, said: Json) -> None:
    pulled = pulled_spec(kind, live, names())
    assert (pulled.spec, pulled.notes, pulled.unsaid) == (said, (), ())


def test_what_has_a_form_that_nobody_knows() -> None:
    """An id that is no text would be taken for that of nothing: it is the object that is named then, not a bug."""
    with pytest.raises(UnexpectedReply, match=r"`\$\.edges\[0\]\.id` is no text"):
        pulled_spec("FlowTemplate", _flow(edges=[{"id": 5, "from_id": "trigger"}]), names())


def test_an_app_and_its_secrets() -> None:
    live = {
        "app_id": "app-1", "name": "Bonitätsprüfung", "installed_version": "1.2.0", "enabled": False,
        "components": [{"id": "k1", "options": [
            {"key": "region", "type": "text"}, {"key": "api_key", "type": "secret"},
            {"key": "login", "type": "object",
             "fields": [{"key": "user", "type": "text"}, {"key": "password", "type": "secret"}]},
        ]}],
        "option_values": [{"component_id": "k1", "options": [
            {"key": "region", "value": "DE"}, {"key": "api_key", "value": "canary-1"},
            {"key": "login", "value": {"user": "u", "password": "canary-2"}},
        ]}],
    }  # fmt: skip
    pulled = pulled_spec("AppInstallation", live, names())
    assert pulled.spec == {
        "app_id": "app-1",
        "version": "1.2.0",
        "option_values": [
            {
                "component_id": "k1",
                "options": [{"key": "region", "value": "DE"}, {"key": "login", "value": {"user": "u"}}],
            }
        ],
    }
    assert pulled.policy == {"allow_disabled": True}
    assert [(each.label, each.variable, each.line) for each in pulled.secrets] == [
        ("api_key", "SYNCER_BONITAETSPRUEFUNG_API_KEY",
         '{key: api_key, value: "${env.SYNCER_BONITAETSPRUEFUNG_API_KEY}"}'),
        ("login.password", "SYNCER_BONITAETSPRUEFUNG_LOGIN_PASSWORD",
         '{key: login, value: {password: "${env.SYNCER_BONITAETSPRUEFUNG_LOGIN_PASSWORD}"}}'),
    ]  # fmt: skip
    assert "canary" not in repr(pulled.spec) + repr(pulled.secrets)


def test_ids_that_have_a_name_already_keep_it() -> None:
    ids = NamedIds({"journey.offer": "j1", "user.planning": "77"})
    assert [ids.variable("journey", "j1", "Anderes"), ids.variable("agent", "77"), ids.variable("user", "8", "Ö")] == [
        "${id.journey.offer}", "${id.user.planning}", "${id.user.oe}",
    ]  # fmt: skip
    assert ids.variable("user", "9", "Ö").startswith("${id.user.oe_")
    assert ids.new.keys() >= {"user.oe"}
