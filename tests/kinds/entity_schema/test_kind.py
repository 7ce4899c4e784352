"""Entity schemas: a PUT loses nothing, what equals absent is no change, what breaks data is said
(docs/platform.md#comparing-schemas, #what-breaks-data)."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from syncer.kinds.entity_schema.declared_parts import CORE_SLUGS
from syncer.kinds.entity_schema.kind import KIND
from syncer.kinds.entity_schema.risks import objections, risk
from syncer.model.field_change import FieldChange, Item
from syncer.model.json_values import ABSENT

Json = Any
M = ["97b17719-b229-43f0-8553-23eb21c4b346"]
SUBJECT = {
    "id": "9ed8da80",
    "name": "subject",
    "label": "Subject",
    "type": "string",
    "group": "Case",
    "required": True,
    "hidden": False,
    "deprecated": False,
    "sortable": True,
    "settings_flag": [],
    "_purpose": [],
    "_manifest": M,
    "hintHelperText": "",
}
STATE = {
    "id": "2195de64",
    "name": "state",
    "label": "State",
    "type": "status",
    "group": "g-1",
    "options": ["new", {"value": "done", "title": "Done"}],
}
CONTACT = {
    "id": "0dfa78c1",
    "name": "contact",
    "label": "Contact",
    "type": "relation",
    "allowedSchemas": ["contact"],
    "reverse_attributes": {},
    "actions": [],
    "enable_relation_picker": True,
    "relation_picker_filter": {"q": None},
}
TAB = {"hook": "EntityDetailsV2:Tab", "component": "EntityOverview", "order": 0, "width": 3}
LIVE = {
    "id": "0f6d3a7e",
    "created_at": "2025-11-03T09:12:44.120Z",
    "updated_at": "2026-02-17T14:05:10.002Z",
    "version": 7,
    "latest": True,
    "source": {"id": "b8f8ad0e", "type": "blueprint"},
    "comment": "",
    "draft": False,
    "blueprint": "b-1",
    "slug": "service_case",
    "name": "Service case",
    "plural": "Service cases",
    "published": True,
    "_purpose": [],
    "_manifest": M,
    "futuristic": {"a": [1]},
    "group_headlines": [],
    "group_settings": [{"id": "g-1", "label": "Case", "order": 0, "expanded": True, "_manifest": M, "colour": "red"}],
    "attributes": [SUBJECT, STATE, CONTACT],
    "capabilities": [
        {"id": "79758729", "name": "attributes", "title": "Attributes", "ui_hooks": [TAB], "_manifest": M}
    ],
}
PATH = "/v1/entity/schemas/service_case"
SERVER_SET = {"id", "created_at", "updated_at", "version", "latest", "source", "comment", "draft"}


def want(**other: Json) -> Json:
    return {"slug": "service_case", **other}


def attribute(name: str = "subject", **other: Json) -> Json:
    return want(attributes=[{"name": name, **other}])


def live(**other: Json) -> Json:
    return {**LIVE, **other}


def of_type(kind: str, **other: Json) -> Json:
    """A live schema with one attribute `a`."""
    return live(attributes=[{"id": "1", "name": "a", "label": "A", "type": kind, **other}])


@pytest.fixture
def bench(on_bench):
    return on_bench("EntitySchema")


# --- the PUT


def test_a_put_is_the_live_object_with_ours_laid_over_it(bench) -> None:
    new = {"name": "note", "label": "Note", "type": "string"}
    spec = want(
        plural="Cases",
        attributes=[{"name": "state", "label": "Status"}, new],
        capabilities=[{"name": "attributes", "ui_hooks": [{**TAB, "order": 5}]}],
        group_settings=[{"id": "g-1", "label": "Fall"}],
    )
    ran = bench.update(spec, LIVE, [LIVE, LIVE])
    expected = {name: value for name, value in LIVE.items() if name not in SERVER_SET} | {
        "plural": "Cases",
        "attributes": [SUBJECT, {**STATE, "label": "Status"}, CONTACT, new],
        "capabilities": [{**LIVE["capabilities"][0], "ui_hooks": [{**TAB, "order": 5}]}],
        "group_settings": [{**LIVE["group_settings"][0], "label": "Fall"}],
    }
    assert ran.steps == [("put", f"PUT {PATH}", expected), ("read back", f"GET {PATH}?latest=true", None)]
    assert (ran.written.live_id, ran.asked[0].once) == ("service_case", False)


def test_a_new_schema_is_published_and_lists_its_capabilities(bench) -> None:
    spec = want(name="Case", plural="Cases", attributes=[])
    assert bench.create(spec).steps[0] == ("put", f"PUT {PATH}", {**spec, "published": True, "capabilities": []})
    hidden = {**spec, "published": False, "capabilities": [{"name": "files"}]}
    assert bench.create(hidden).steps[0][2] == hidden


@pytest.mark.parametrize("published", [True, False, None])
def test_published_is_never_changed_by_absence(bench, published) -> None:
    have = {
        name: value for name, value in live(published=published).items() if published is not None or name != "published"
    }
    body = bench.update(want(plural="Cases"), have).steps[0][2]
    assert body.get("published") is published


SETTINGS: dict[str, tuple[Json, Json, Json, list[str]]] = {
    # live, manifest, in the body, changes
    "kept": (["a"], ABSENT, ["a"], []),
    "added": (ABSENT, ["a"], ["a"], ["enable_setting: ABSENT → ['a']"]),
    "another order": (["a", "b"], ["b", "a"], ["a", "b"], []),
    "empty live, which nobody declares, goes back": ([], ABSENT, [], []),
    "empty live gains one": ([], ["a"], ["a"], ["enable_setting: [] → ['a']"]),
    "nothing live": (None, ABSENT, ABSENT, []),
    "emptied": (["a"], [], ABSENT, ["enable_setting: ['a'] → ABSENT"]),
    "taken away": (["a"], None, ABSENT, ["enable_setting: ['a'] → ABSENT"]),
    "empty live is emptied": ([], None, ABSENT, ["enable_setting: [] → ABSENT"]),
}


@pytest.mark.parametrize(("have", "wanted", "sent", "changes"), SETTINGS.values(), ids=SETTINGS)
def test_an_empty_enable_setting_is_sent_only_as_it_is_live(bench, have, wanted, sent, changes) -> None:
    there = LIVE if have is ABSENT else live(enable_setting=have)
    spec = want(plural="Cases", **({} if wanted is ABSENT else {"enable_setting": wanted}))
    assert bench.update(spec, there).steps[0][2].get("enable_setting", ABSENT) == sent
    assert bench.changes(spec, there) == ["plural: 'Service cases' → 'Cases'", *changes]


def test_a_schema_that_is_not_there_when_it_is_read_back(bench) -> None:
    assert (
        bench.update(want(plural="Cases"), LIVE, [LIVE, None]).complaint
        == "the schema `service_case` is not there when it is read back"
    )


def test_removing(bench) -> None:
    assert bench.remove(LIVE, [None, None]).steps == [
        ("delete", f"DELETE {PATH}", None),
        ("read back", f"GET {PATH}?latest=true", None),
    ]
    assert bench.remove(LIVE, [None, LIVE]).complaint == "the schema is still there when it is read back"


REMOVALS: dict[str, tuple[str, Json, str]] = {
    "empty": ("service_case", {"entities": {"hits": 0, "results": []}}, ""),
    "in use": ("service_case", {"entities": {"hits": 3}}, "entities of `service_case` exist (3)"),
    "unknown": ("service_case", {}, "whether entities of `service_case` exist could not be learnt"),
    "the platform's": (
        "contact",
        {"entities": {"hits": 0}},
        "`contact` is a schema of the platform itself and is never deleted",
    ),
}


@pytest.mark.parametrize(("slug", "answers", "said"), REMOVALS.values(), ids=REMOVALS)
def test_a_schema_with_entities_is_not_removed(slug, answers, said) -> None:
    assert KIND.removal_objection(slug, answers) == said
    [(name, call)] = KIND.removal_asks(slug).items()
    assert (name, call.title, call.body) == (
        "entities",
        "POST /v1/entity:list",
        {"filter": [{"term": {"_schema": slug}}], "size": 0, "hydrate": False},
    )


@pytest.mark.parametrize("slug", sorted(CORE_SLUGS))
def test_no_core_schema_is_removed(slug) -> None:
    assert KIND.removal_objection(slug, {"entities": {"hits": 0}}) != ""


def test_a_relation_to_a_new_schema_can_be_written_later() -> None:
    other = {"name": "x", "type": "relation", "allowedSchemas": ["other", "contact"]}
    back = {"name": "y", "type": "relation", "reverse_attributes": {"other": "z"}}
    spec = want(
        attributes=[SUBJECT, other, back], capabilities=[{"name": "c", "attributes": [other, STATE]}, {"name": "d"}]
    )
    assert KIND.without(spec, frozenset({"other"})) == want(
        attributes=[SUBJECT], capabilities=[{"name": "c", "attributes": [STATE]}, {"name": "d"}]
    )
    assert KIND.without(spec, frozenset({"nowhere"})) == spec


# --- what is no difference

EQUAL: dict[str, tuple[Json, Json]] = {
    **{
        f"{name} is {value!r} by default": ({"type": kind, name: value}, {"type": kind})
        for kind, name, value in [
            *(
                (kind, name, False)
                for kind, name in itertools.product(
                    ["string"],
                    [
                        "hidden",
                        "required",
                        "readonly",
                        "deprecated",
                        "entity_builder_disable_edit",
                        "explicit_searchable",
                        "exclude_from_search",
                        "variant_overridable",
                    ],
                )
            ),
            ("string", "sortable", True),
            ("number", "show_separator", True),
            ("number", "data_type", "string"),
            ("boolean", "display_type", "switch"),
            ("relation", "enable_relation_picker", True),
            ("relation", "enable_relation_tags", True),
            ("relation", "repeatable", True),
            ("computed", "computed", True),
            ("table", "min_rows", 0),
            ("string", "edit_mode", "direct"),
            ("relation_user", "multiple", False),
            ("relation", "details_view_mode_enabled", False),
            ("currency", "currency_selector_only", False),
            ("table", "transposed", False),
            ("string", "_purpose", []),
            ("string", "settings_flag", []),
            ("relation", "actions", []),
            ("relation", "summary_fields", []),
            ("address", "default_address_fields", []),
            ("relation", "reverse_attributes", {}),
            ("string", "constraints", {}),
            ("string", "default_value", None),
            ("string", "icon", None),
        ]
    },
    "an option as a text": (
        {"options": [{"value": "a"}, "b", None]},
        {"type": "select", "options": ["a", {"value": "b", "title": ""}, None]},
    ),
    "columns": (
        {"columns": [{"name": "y", "label": "Y", "type": "string", "required": False, "bold": False}]},
        {"type": "table", "columns": [{"name": "y", "label": "Y"}]},
    ),
    "sets": (
        {"allowed_extensions": ["pdf", "png"], "_purpose": ["b", "a"]},
        {"type": "file", "allowed_extensions": ["png", "pdf"], "_purpose": ["a", "b"]},
    ),
    "identifiers": ({"identifiers": ["x", "y"]}, {"type": "consent", "identifiers": ["y", "x"]}),
    "flags by name": (
        {"settings_flag": [{"name": "b", "enabled": True}, {"name": "a", "enabled": True}]},
        {"settings_flag": [{"name": "a", "enabled": True}, {"name": "b", "enabled": True}]},
    ),
    "currencies": (
        {"currency": [{"code": "CHF"}, {"code": "EUR"}]},
        {"type": "currency", "currency": [{"code": "EUR"}, {"code": "CHF"}]},
    ),
    "fields to ignore": (
        {"edit_mode_config": {"match_strategy": "exact", "fuzzy_config": {"fields_to_ignore": ["b", "a"]}}},
        {"edit_mode_config": {"fuzzy_config": {"fields_to_ignore": ["a", "b"]}}},
    ),
}


@pytest.mark.parametrize(("ours", "theirs"), EQUAL.values(), ids=EQUAL)
def test_what_equals_absent_and_sets_are_no_change(bench, ours, theirs) -> None:
    there = of_type(theirs.get("type", "string"), **theirs)
    assert bench.changes(attribute("a", **{"type": theirs.get("type", "string"), **ours}), there) == []


DIFFERENT: dict[str, tuple[Json, Json, list[str]]] = {
    "order of options": (
        {"options": ["b", "a"]},
        {"options": ["a", "b"]},
        ["attributes[a].options.(order): ['a', 'b'] → ['b', 'a']"],
    ),
    "no empty choice": ({"options": ["a"]}, {"options": [None, "a"]}, ["attributes[a].options: [None, 'a'] → ['a']"]),
    "order of schemas": (
        {"allowedSchemas": ["b", "a"]},
        {"allowedSchemas": ["a", "b"]},
        ["attributes[a].allowedSchemas: ['a', 'b'] → ['b', 'a']"],
    ),
    "three values of show_in_table": ({"show_in_table": False}, {}, ["attributes[a].show_in_table: ABSENT → False"]),
    "a relation to one": (
        {"type": "relation", "repeatable": False},
        {"type": "relation"},
        ["attributes[a].repeatable: ABSENT → False"],
    ),
    "repeatable elsewhere": ({"repeatable": True}, {}, ["attributes[a].repeatable: ABSENT → True"]),
    "order of columns": (
        {"columns": [{"name": "b"}, {"name": "a"}]},
        {"columns": [{"name": "a"}, {"name": "b"}]},
        ["attributes[a].columns.(order): ['a', 'b'] → ['b', 'a']"],
    ),
    "emptied": ({"icon": None}, {"icon": "x"}, ["attributes[a].icon: 'x' → ABSENT"]),
}


@pytest.mark.parametrize(("ours", "theirs", "changes"), DIFFERENT.values(), ids=DIFFERENT)
def test_what_is_a_change(bench, ours, theirs, changes) -> None:
    assert bench.changes(attribute("a", **ours), of_type(**{"kind": theirs.pop("type", "string"), **theirs})) == changes


WHOLE: dict[str, tuple[Json, Json]] = {
    "what the platform sets": (want(), LIVE),
    "blueprints' marks": (want(_manifest=[], blueprint="other"), LIVE),
    "item ids": (attribute("subject", id="other", _manifest=None), LIVE),
    "group defaults": (want(group_settings=[{"id": "g-1", "label": "Case", "order": 0, "expanded": True}]), LIVE),
    "no headlines": (
        want(group_headlines=[], description=""),
        {name: LIVE[name] for name in LIVE if name != "group_headlines"},
    ),
    "views": (
        want(
            ui_config={
                "table_view": {"enable_thumbnails": False, "navbar_actions": []},
                "list_item": {"quick_actions": []},
            }
        ),
        live(ui_config={"table_view": {}, "list_item": {}}),
    ),
    "search mappings": (
        want(explicit_search_mappings={"a": {"type": "keyword", "index": True}}),
        live(explicit_search_mappings={"a": {"type": "keyword"}, "b": {"type": "text"}}),
    ),
    "capabilities in another order": (
        want(capabilities=[{"name": "b"}, {"name": "attributes"}]),
        live(capabilities=[*LIVE["capabilities"], {"name": "b"}, {"name": "c"}]),
    ),
}


@pytest.mark.parametrize(("wanted", "have"), WHOLE.values(), ids=WHOLE)
def test_nothing_to_change(bench, wanted, have) -> None:
    assert bench.changes(wanted, have) == []


def test_two_live_items_of_one_name_are_not_guessed(bench) -> None:
    from syncer.diff.three_way_merge import merge

    prepared = bench.prepare(attribute("subject", label="Other"), live(attributes=[SUBJECT, {**SUBJECT, "id": "2"}]))
    merged = merge(prepared.have, prepared.want, {}, KIND.shape)
    assert (merged.refused, merged.changes) == ([(("attributes",), "name `subject`")], [])


# --- groups and conditions

GROUPS: dict[str, tuple[Json, Json, list[str]]] = {
    # what the manifest says: live attributes are in `Case` (a label) and in `g-1` (the id of the same group)
    "by id": ({"group_settings": [{"id": "g-1", "label": "Case"}]}, "g-1", []),
    "by label": ({"group_settings": [{"label": "Case"}]}, "Case", []),
    "by an id of our own": ({"group_settings": [{"id": "main", "label": "Case"}]}, "main", []),
    "not declared, by id": ({}, "g-1", []),
    "not declared, by label": ({}, "Case", []),
    "another label": (
        {"group_settings": [{"id": "g-1", "label": "Fall"}]},
        "g-1",
        ["group_settings[g-1].label: 'Case' → 'Fall'"],
    ),
}


@pytest.mark.parametrize("name", ["subject", "state"])
@pytest.mark.parametrize(("groups", "group", "changes"), GROUPS.values(), ids=GROUPS)
def test_a_group_may_be_called_by_id_or_label(bench, groups, group, changes, name) -> None:
    spec = want(**groups, attributes=[{"name": name, "group": group}], group_headlines=[])
    assert bench.changes(spec, LIVE) == changes


def test_a_live_group_without_an_id_is_given_none(bench) -> None:
    """`id` is optional in the definition; two of them without one are told apart by their labels."""
    groups = [{"label": "Case", "order": 1}, {"label": "Money"}]
    have = live(group_settings=groups, group_headlines=[], attributes=[{"name": "a", "group": "Case"}])
    said = [{"label": "Case"}, {"label": "Money", "order": 2}]
    spec = want(group_settings=said, attributes=[{"name": "a", "group": "Case"}])
    assert bench.changes(spec, have) == ["group_settings[Money].order: ABSENT → 2"]


def test_new_groups_have_an_id_and_their_attributes_point_at_it(bench) -> None:
    spec = want(
        group_settings=[{"label": "Money"}, {"id": "more", "label": "More"}],
        attributes=[{"name": "a", "group": "Money"}, {"name": "b", "group": "More"}],
        capabilities=[{"name": "c", "attributes": [{"name": "d", "group": "More"}]}],
        group_headlines=[{"name": "h", "group": "Money"}],
    )
    prepared = bench.prepare(spec, LIVE)
    assert [group["id"] for group in prepared.want["group_settings"]] == ["Money", "more"]
    assert [item["group"] for item in prepared.want["attributes"]] == ["Money", "more"]
    assert prepared.want["capabilities"][0]["attributes"][0]["group"] == "more"
    assert prepared.want["group_headlines"][0]["group"] == "Money"


def test_a_moved_attribute_gets_the_id_of_its_new_group(bench) -> None:
    have = live(group_settings=[*LIVE["group_settings"], {"id": "g-2", "label": "Money"}])
    assert bench.changes(attribute("state", group="Money"), have) == ["attributes[state].group: 'g-1' → 'g-2'"]


def test_two_live_groups_of_one_label_are_told_apart_by_id_only(bench) -> None:
    have = live(group_settings=[{"id": "g-1", "label": "Case"}, {"id": "g-2", "label": "Case"}])
    assert bench.prepare(want(group_settings=[{"id": "own", "label": "Case"}]), have).want["group_settings"] == [
        {"id": "own", "label": "Case"}
    ]


def test_a_condition_keeps_its_live_id(bench) -> None:
    have = live(conditions=[{"id": "u-1", "name": "size", "label": "Size", "type": "number"}])
    assert (
        bench.changes(want(conditions=[{"id": "u-2", "name": "size", "label": "Size", "type": "number"}]), have) == []
    )
    renamed = want(conditions=[{"id": "u-1", "name": "extent"}])
    assert bench.changes(renamed, have) == ["conditions[u-1].name: 'size' → 'extent'"]


# --- what is at stake

A = ("attributes", Item("a"))
RISKS: dict[str, tuple[tuple[Any, ...], Json, Json, tuple[str, str, str] | None]] = {
    # path, before, after → level, reason, item
    "attribute removed": (
        A,
        {"name": "a"},
        ABSENT,
        ("destructive", "attribute `a` goes: its values are no longer seen, searched or exported", "a"),
    ),
    "attribute of a capability removed": (
        ("capabilities", Item("c"), "attributes", Item("a")),
        {},
        ABSENT,
        ("destructive", "attribute `a` goes: its values are no longer seen, searched or exported", "c/a"),
    ),
    "attribute added": (A, ABSENT, {"name": "a"}, None),
    "required one added": (
        A,
        ABSENT,
        {"name": "a", "required": True},
        ("risky", "attribute `a` is required: forms and imports without it may fail", ""),
    ),
    "type": (
        (*A, "type"),
        "string",
        "number",
        ("destructive", "attribute `a` becomes a `number`: stored values no longer fit", "a"),
    ),
    "type of the same shape": ((*A, "type"), "select", "radio", ("risky", "attribute `a` becomes a `radio`", "")),
    "repeatable": (
        (*A, "repeatable"),
        ABSENT,
        True,
        ("destructive", "attribute `a`: values are stored in another shape", "a"),
    ),
    "repeatable, cosmetic": ((*A, "repeatable"), ABSENT, False, None),
    "data_type": (
        (*A, "data_type"),
        ABSENT,
        "number",
        ("destructive", "attribute `a`: numbers are stored as another type", "a"),
    ),
    "multiple": (
        (*A, "multiple"),
        True,
        False,
        ("destructive", "attribute `a`: values are stored in another shape", "a"),
    ),
    "option removed": (
        (*A, "options"),
        ["x", "y"],
        ["x"],
        ("risky", "attribute `a`: entities may hold an option that goes", ""),
    ),
    "option that goes": (
        (*A, "options", Item("x")),
        {"value": "x", "title": "X"},
        ABSENT,
        ("risky", "attribute `a`: entities may hold an option that goes", ""),
    ),
    "option renamed in place": (
        (*A, "options", 0, "value"),
        "x",
        "z",
        ("risky", "attribute `a`: entities may hold an option that goes", ""),
    ),
    "option retitled": ((*A, "options", 0, "title"), "X", "Z", None),
    "option added": ((*A, "options"), ["x"], ["x", {"value": "y"}], None),
    "required": (
        (*A, "required"),
        False,
        True,
        ("risky", "attribute `a` becomes required: forms and imports without it may fail", ""),
    ),
    "not required": ((*A, "required"), True, False, None),
    "reverse attributes": (
        (*A, "reverse_attributes", "b"),
        "x",
        "y",
        ("risky", "attribute `a`: back-references may break", ""),
    ),
    "allowed schemas": (
        (*A, "allowedSchemas"),
        ["b"],
        ["c"],
        ("risky", "attribute `a`: pickers and back-references may break", ""),
    ),
    "affinity": (
        (*A, "relation_affinity_mode"),
        "weak",
        "strong",
        ("risky", "attribute `a`: what happens to related entities on delete and duplicate may differ", ""),
    ),
    "relation type": (
        (*A, "relation_type"),
        "has_many",
        "has_one",
        ("risky", "attribute `a`: values of many may not fit into one", ""),
    ),
    "edit mode": (
        (*A, "edit_mode"),
        "direct",
        "approval",
        ("risky", "attribute `a`: integrations' writes may be parked until somebody approves them", ""),
    ),
    "edit mode back": (
        (*A, "edit_mode"),
        "approval",
        "direct",
        ("risky", "attribute `a`: values are written without anybody's approval from now on", ""),
    ),
    "label": ((*A, "label"), "A", "B", None),
    "built in": (
        ("attributes", Item("p"), "label"),
        "A",
        "B",
        ("risky", "attribute `p` is built into the platform", ""),
    ),
    "owned by a blueprint": (
        ("attributes", Item("m"), "label"),
        "A",
        "B",
        ("risky", "attribute `m` is owned by a blueprint", ""),
    ),
    "built in and more": (
        ("attributes", Item("p"), "required"),
        False,
        True,
        (
            "risky",
            "attribute `p` becomes required: forms and imports without it may fail; it is built into the platform",
            "",
        ),
    ),
    **{
        f"a table's {what}": (
            ("attributes", Item("n"), "columns", Item("x"), *rest),
            before,
            after,
            ("destructive", f"attribute `n`: column `x` {why}", "n"),
        )
        for what, rest, before, after, why in (
            ("column removed", (), {"name": "x"}, ABSENT, "goes: its values are no longer seen"),
            ("column retyped", ("type",), "string", "number", "becomes a `number`"),
        )
    },
    "a table's columns taken away": (
        ("attributes", Item("n"), "columns"),
        [{"name": "x"}],
        ABSENT,
        ("destructive", "attribute `n`: every column goes: its values are no longer seen", "n"),
    ),
    "a table's column relabelled": (("attributes", Item("n"), "columns", Item("x"), "label"), "a", "b", None),
    **{
        f"{field} {before} → {after}": (
            ("attributes", Item("n"), field, *rest),
            before,
            after,
            ("risky", f"attribute `n`: {why}", "") if why else None,
        )
        for field, rest, before, after, why in (
            ("max_rows", (), 5, 3, "entities may hold more rows than `max_rows` allows"),
            ("max_rows", (), ABSENT, 3, "entities may hold more rows than `max_rows` allows"),
            ("max_rows", (), 3, 5, ""),
            ("max_rows", (), 3, ABSENT, ""),
            (
                "currency",
                (Item("CHF"),),
                {"code": "CHF"},
                ABSENT,
                "entities may hold an amount in a currency that goes",
            ),
            ("currency", (Item("CHF"),), ABSENT, {"code": "CHF"}, ""),
            (
                "default_access_control",
                (),
                "private",
                "public-read",
                "new files can be read by everybody who has their address",
            ),
            ("default_access_control", (), "public-read", "private", ""),
            ("data_classification", (), "pii", "public", "what is personal data, and handled as such, may differ"),
            ("data_classification", (), ABSENT, "pii", ""),
            ("edit_mode", (), "approval", "direct", "values are written without anybody's approval from now on"),
            ("edit_mode", (), "external", ABSENT, "values are written without anybody's approval from now on"),
            ("topic", (), "A", "B", "consents that were given were given for another topic"),
        )
    },
    "capability removed": (
        ("capabilities", Item("c")),
        {"name": "c"},
        ABSENT,
        ("risky", "capability `c` goes, with its tabs and widgets", "c"),
    ),
    "an app's capability removed": (
        ("capabilities", Item("c")),
        {"app_id": "x"},
        ABSENT,
        ("destructive", "capability `c` goes, with its tabs and widgets", "c"),
    ),
    "group removed": (
        ("group_settings", Item("g")),
        {},
        ABSENT,
        ("risky", "group `g` goes: its attributes lose their place, and role grants on them detach", ""),
    ),
    "group's id": (
        ("group_settings", Item("g"), "id"),
        "x",
        "g",
        ("risky", "group `g` gets another id: its attributes lose their place, and grants detach", ""),
    ),
    "search mapping": (
        ("explicit_search_mappings", "a", "type"),
        "text",
        "keyword",
        ("risky", "the search index may have to be built anew", ""),
    ),
    "condition removed": (
        ("conditions", Item("u")),
        {},
        ABSENT,
        ("destructive", "condition `u` goes, and variants that use it", "conditions/u"),
    ),
    **{
        f"condition's {name}": (
            ("conditions", Item("u"), name),
            "x",
            "y",
            ("destructive", "condition `u` is fixed once saved: variants are lost", "conditions/u"),
        )
        for name in ("name", "type", "format")
    },
    "condition's label": (("conditions", Item("u"), "label"), "x", "y", None),
    "unpublished": (
        ("published",),
        True,
        False,
        ("destructive", "the schema disappears from the platform's pages", "published"),
    ),
    "published": (("published",), False, True, None),
    "flag set": (
        ("feature_flag",),
        ABSENT,
        "x",
        ("destructive", "the schema disappears where the setting is not on", "feature_flag"),
    ),
    "flag taken away": (("feature_flag",), "x", ABSENT, None),
    "settings set": (
        ("enable_setting",),
        ABSENT,
        ["x"],
        ("destructive", "the schema disappears where the setting is not on", "enable_setting"),
    ),
    "settings taken away": (("enable_setting",), ["x"], ABSENT, None),
    "titles": (("title_template",), "a", "b", ("risky", "entities get other titles", "")),
    "a name": (("name",), "a", "b", None),
}
OWNED = {
    "attributes": [{"name": "p", "protected": True}, {"name": "m", "_manifest": M}, {"name": "n", "_manifest": []}]
}


@pytest.mark.parametrize(("path", "before", "after", "expected"), RISKS.values(), ids=RISKS)
def test_risks(path, before, after, expected) -> None:
    found = risk(FieldChange(path, before, after), OWNED, {})
    assert ((found.level, found.reason, found.item) if found else None) == expected


OBJECTIONS: dict[str, tuple[tuple[Any, ...], Json, list[str]]] = {
    "built in, removed": (
        ("attributes", Item("p")),
        ABSENT,
        ["attribute `p` is built into the platform and is not removed"],
    ),
    "blueprint's, removed": (
        ("attributes", Item("m")),
        ABSENT,
        ["attribute `m` is owned by a blueprint and is not removed"],
    ),
    "built in, another type": (
        ("attributes", Item("p"), "type"),
        "number",
        ["attribute `p` is built into the platform and is not given another type"],
    ),
    "ours, removed": (("attributes", Item("n")), ABSENT, []),
    "built in, another label": (("attributes", Item("p"), "label"), "x", []),
}


@pytest.mark.parametrize(("path", "after", "said"), OBJECTIONS.values(), ids=OBJECTIONS)
def test_protected_attributes_are_not_removed_or_given_another_type(path, after, said) -> None:
    assert [each.message for each in objections((FieldChange(path, "x", after),), OWNED, {})] == said


@pytest.mark.parametrize("last", [ABSENT, {"name": "m"}], ids=["pruned", "declared before"])
def test_what_blueprints_own_is_let_go_with_a_line(last) -> None:
    have = {"attributes": [{"name": "m", "type": "string", "_manifest": M}]}
    (found,) = objections((FieldChange(("attributes", Item("m")), {}, ABSENT, last=last),), have, {})
    line = "write `- {name: m, type: string}` among `attributes`: that keeps it, and lets go of all else that it is"
    prune = "; or leave `attributes` out of `metadata.policy.prune`"
    assert found.hint == line + (prune if last is ABSENT else "")


# --- notices

NOTICES: dict[str, tuple[Json, Json, list[str]]] = {
    "nothing": ({"slug": "x"}, {"versions": {"versions": [], "versions_more": False}}, []),
    "new": (None, {"versions": None}, []),
    "frozen": (
        {"slug": "x"},
        {"versions": {"frozen_version": "u"}},
        ["the schema is frozen: the change is stored, and not served to anybody until it is unfrozen"],
    ),
    "frozen, and the frozen version is all that is given": (
        {"slug": "x", "id": "u"},
        {"versions": {"frozen_version": "u", "versions": [{"id": "w"}]}},
        [
            "the schema is frozen, and the platform gives the frozen version although the latest was asked for: the "
            "change is made from that one, and what was written since is lost; unfreeze it first"
        ],
    ),
    "the latest version is the frozen one": (
        {"slug": "x", "id": "u"},
        {"versions": {"frozen_version": "u", "versions": [{"id": "u"}]}},
        ["the schema is frozen: the change is stored, and not served to anybody until it is unfrozen"],
    ),
    "blueprint's": ({"_manifest": M}, {}, ["a blueprint owns this schema as well and may write it again"]),
    "empty setting": (
        {"enable_setting": []},
        {},
        ["an empty `enable_setting` hides the schema from everybody: so it stays unless the manifest says null there"],
    ),
}


@pytest.mark.parametrize(("have", "answers", "said"), NOTICES.values(), ids=NOTICES)
def test_notices(have, answers, said) -> None:
    assert list(KIND.notices(have, answers, {})) == said
    assert KIND.asks_if_changed("x")["versions"].path == "/v1/entity/schemas/x/versions?versions_size=1"


def test_reading_takes_the_latest_version_not_the_frozen_one() -> None:
    assert KIND.read("a b", None).path == "/v1/entity/schemas/a%20b?latest=true"
    assert KIND.listing.path == "/v2/entity/schemas?full=true&latest=true"
