"""Each rule of an entity schema once, with its whole finding, and what partial schemas may leave open."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from syncer.kinds.entity_schema.checks.relations import check_beside_schemas
from syncer.kinds.entity_schema.checks.spec import RULES, check_schema
from syncer.kinds.entity_schema.expression_syntax import (
    condition_fault,
    condition_names,
    template_fault,
    template_names,
)
from syncer.model.diagnostic import Finding

Spec = dict[str, Any]

ATTRIBUTES: list[Spec] = [
    {"name": "title", "label": "Title", "type": "string", "group": "main"},
    {"name": "price", "label": "Price", "type": "currency", "group": "Main data"},
    {"name": "email", "label": "Email", "type": "email"},
]


def schema(*attributes: Spec, **fields: Any) -> Spec:
    """A whole schema of our own with three attributes and these."""
    whole: Spec = {"slug": "project", "name": "Project", "plural": "Projects", "capabilities": []}
    whole["group_settings"] = [{"id": "main", "label": "Main data"}]
    return copy.deepcopy({**whole, "attributes": [*ATTRIBUTES, *attributes], **fields})


def part(*attributes: Spec, **fields: Any) -> Spec:
    """A part of the built-in contact."""
    return {"slug": "contact", "attributes": list(attributes), **fields}


def text(name: str = "note", **fields: Any) -> Spec:
    return {"name": name, "label": name, "type": "string", **fields}


def relation(**fields: Any) -> Spec:
    return {"name": "owner", "label": "Owner", "type": "relation", **fields}


def fuzzy(attribute: Spec, rule: str) -> Spec:
    config = {"match_strategy": "fuzzy", "fuzzy_config": {"type": rule}}
    return {**attribute, "edit_mode": "external", "edit_mode_config": config}


CASES: dict[str, tuple[Spec, list[Finding]]] = {
    "sound": (schema(), []),
    "part": (part(text(group="anything")), []),
    "attribute twice": (
        schema(text("title")),
        [
            Finding(
                "schema-duplicate",
                "attribute `title` stands twice",
                ("attributes", 3, "name"),
                "`spec.attributes[0].name` has it already; rename or remove one",
            )
        ],
    ),
    "attribute of a capability twice": (
        schema(capabilities=[{"name": "c", "attributes": [text(), text()]}]),
        [
            Finding(
                "schema-duplicate",
                "attribute `note` stands twice",
                ("capabilities", 0, "attributes", 1, "name"),
                "`spec.capabilities[0].attributes[0].name` has it already; rename or remove one",
            )
        ],
    ),
    "capability twice": (
        schema(capabilities=[{"name": "c"}, {"name": "d"}, {"name": "c"}]),
        [
            Finding(
                "schema-duplicate",
                "capability `c` stands twice",
                ("capabilities", 2, "name"),
                "`spec.capabilities[0].name` has it already; rename or remove one",
            )
        ],
    ),
    "group id twice": (
        schema(group_settings=[{"id": "main", "label": "Main data"}, {"id": "main", "label": "B"}]),
        [
            Finding(
                "schema-duplicate",
                "group `main` stands twice",
                ("group_settings", 1, "id"),
                "`spec.group_settings[0].id` has it already; rename or remove one",
            ),
        ],
    ),
    "group label twice, without ids": (
        part(group_settings=[{"label": "A"}, {"label": "A"}]),
        [
            Finding(
                "schema-duplicate",
                "group `A` stands twice",
                ("group_settings", 1, "label"),
                "`spec.group_settings[0].label` has it already; rename or remove one",
            )
        ],
    ),
    "headline twice in a group": (
        schema(group_headlines=[{"name": "h", "group": "main"}, {"name": "h", "group": "main"}]),
        [
            Finding(
                "schema-duplicate",
                "headline `h` stands twice",
                ("group_headlines", 1, "name"),
                "`spec.group_headlines[0].name` has it already; rename or remove one",
            )
        ],
    ),
    "headline of one name in two groups": (
        part(group_headlines=[{"name": "h", "group": "a"}, {"name": "h", "group": "b"}]),
        [],
    ),
    "condition twice": (
        schema(conditions=[{"id": "1", "name": "a"}, {"id": "1", "name": "b"}, {"id": "2", "name": "b"}]),
        [
            Finding(
                "schema-duplicate",
                "condition `1` stands twice",
                ("conditions", 1, "id"),
                "`spec.conditions[0].id` has it already; rename or remove one",
            ),
            Finding(
                "schema-duplicate",
                "condition `b` stands twice",
                ("conditions", 2, "name"),
                "`spec.conditions[1].name` has it already; rename or remove one",
            ),
        ],
    ),
    "name taken by a currency": (
        schema(text("price_currency")),
        [
            Finding(
                "schema-currency-name",
                "attribute `price_currency` takes the name that currency `price` stores a part of its value under",
                ("attributes", 3, "name"),
                "rename one of the two",
            )
        ],
    ),
    "names of an odd form": (
        part(text("14a_relevant"), text("_acl.view"), text("_purpose"), text("Name")),
        [
            Finding(
                "schema-attribute-name",
                "attribute name `14a_relevant` is not made of small letters, digits and `_` alone",
                ("attributes", 0, "name"),
                "such names work badly in templates and searches; the name can't be changed later without losing data",
                "warning",
            ),
            Finding(
                "schema-attribute-name",
                "attribute name `_acl.view` is not made of small letters, digits and `_` alone",
                ("attributes", 1, "name"),
                "such names work badly in templates and searches; the name can't be changed later without losing data",
                "warning",
            ),
            Finding(
                "schema-attribute-name",
                "attribute name `Name` is not made of small letters, digits and `_` alone",
                ("attributes", 3, "name"),
                "such names work badly in templates and searches; the name can't be changed later without losing data",
                "warning",
            ),
        ],
    ),
    "condition name of an odd form": (
        schema(conditions=[{"id": "1", "name": "Kind"}]),
        [
            Finding(
                "schema-condition-name",
                "condition name `Kind` is not made of small letters, digits and `_` alone",
                ("conditions", 0, "name"),
                "the platform demands it, and never lets it change",
            )
        ],
    ),
    "empty enable_setting": (
        schema(enable_setting=[]),
        [
            Finding(
                "schema-enable-setting",
                "`enable_setting` is empty, which makes the schema disappear for everybody",
                ("enable_setting",),
                "leave it out, or name a setting",
            )
        ],
    ),
    "unknown group": (
        schema(text(group="mian"), group_headlines=[{"name": "h", "group": "other"}]),
        [
            Finding(
                "schema-unknown-group",
                "attribute `note` stands in `mian`, which is no group of this schema",
                ("attributes", 3, "group"),
                "did you mean `main`?",
            ),
            Finding(
                "schema-unknown-group",
                "headline `h` stands in `other`, which is no group of this schema",
                ("group_headlines", 0, "group"),
                "there are `Main data`, `main`",
            ),
        ],
    ),
    "unknown group in a part": (
        part(text(group="mian"), group_settings=[{"id": "main", "label": "Main"}]),
        [
            Finding(
                "schema-unknown-group",
                "attribute `note` stands in `mian`, which is no group of this schema",
                ("attributes", 0, "group"),
                "did you mean `main`? It may exist live only",
                "warning",
            )
        ],
    ),
    "render condition that can't be read": (
        schema(text(render_condition='title = "a" AND price = "1" OR email = "b"')),
        [
            Finding(
                "schema-render-condition",
                "the render condition can't be read: AND and OR are mixed",
                ("attributes", 3, "render_condition"),
                'the platform reads `attribute = "value"`, with AND or OR, and ignores what it can\'t read',
            )
        ],
    ),
    "render condition that is unusual": (
        schema(group_settings=[{"id": "main", "label": "Main data", "render_condition": "title = true"}]),
        [
            Finding(
                "schema-render-condition",
                "the render condition is unusual: the value true stands without double quotes",
                ("group_settings", 0, "render_condition"),
                'the platform reads `attribute = "value"`, with AND or OR, and ignores what it can\'t read',
                "warning",
            )
        ],
    ),
    "render condition on an unknown attribute": (
        schema(
            capabilities=[
                {"name": "c", "ui_hooks": [{"hook": "x", "render_condition": 'titel = "a" AND _system = "b"'}]}
            ]
        ),
        [
            Finding(
                "schema-condition-attribute",
                "the render condition asks for `titel`, which is no attribute of this schema",
                ("capabilities", 0, "ui_hooks", 0, "render_condition"),
                "did you mean `title`?",
            )
        ],
    ),
    "render condition on an unknown attribute of a part": (part(text(render_condition='customer_type = "a"')), []),
    "template broken": (
        schema(title_template="{{title"),
        [
            Finding(
                "schema-template",
                "the template is broken: the braces `{{` and `}}` don't match",
                ("title_template",),
                "",
                "warning",
            )
        ],
    ),
    "templates with unknown attributes": (
        schema(
            text("c", type="computed", value_formatter="{{item.pric}}", preview_value_formatter="{{sum}}"),
            title_template="{{titel}}",
        ),
        [
            Finding(
                "schema-template-attribute",
                "the template reads `titel`, which is no attribute of this schema",
                ("title_template",),
                "did you mean `title`?",
                "warning",
            ),
            Finding(
                "schema-template-attribute",
                "the template reads `pric`, which is no attribute of this schema",
                ("attributes", 3, "value_formatter"),
                "did you mean `price`?",
                "warning",
            ),
            Finding(
                "schema-template-attribute",
                "the template reads `sum`, which is no attribute of this schema",
                ("attributes", 3, "preview_value_formatter"),
                "there are `c`, `email`, `price`, `price_currency`, `price_decimal`, `title`",
                "warning",
            ),
        ],
    ),
    "template with unknown attributes of a part": (part(title_template="{{first_name}}"), []),
    "unknown summary attributes": (
        schema(
            ui_config={
                "edit_view": {"summary_attributes": ["title", "emial"]},
                "list_item": {
                    "summary_attributes": [{"label": "T", "value": "{{item.titel}}", "render_condition": "x ="}]
                },
            }
        ),
        [
            Finding(
                "schema-render-condition",
                'the render condition can\'t be read: expected `attribute = "value"` at `x =`',
                ("ui_config", "list_item", "summary_attributes", 0, "render_condition"),
                'the platform reads `attribute = "value"`, with AND or OR, and ignores what it can\'t read',
            ),
            Finding(
                "schema-template-attribute",
                "the template reads `titel`, which is no attribute of this schema",
                ("ui_config", "list_item", "summary_attributes", 0, "value"),
                "did you mean `title`?",
                "warning",
            ),
            Finding(
                "schema-summary-attribute",
                "`emial` is no attribute of this schema",
                ("ui_config", "edit_view", "summary_attributes", 1),
                "did you mean `email`?",
                "warning",
            ),
        ],
    ),
    "option twice": (
        schema(text(type="select", options=[None, "a", {"value": "a", "title": "A"}, {"value": "b"}, None])),
        [
            Finding(
                "schema-duplicate-option",
                "option `a` of attribute `note` stands twice",
                ("attributes", 3, "options", 2),
                "keep it once",
            ),
            Finding(
                "schema-duplicate-option",
                "option `null` of attribute `note` stands twice",
                ("attributes", 3, "options", 4),
                "keep it once",
            ),
        ],
    ),
    "column and currency twice": (
        schema(
            text(type="table", columns=[{"name": "a"}, {"name": "a"}]),
            text("c", type="currency", currency=[{"code": "EUR"}, {"code": "EUR"}]),
        ),
        [
            Finding(
                "schema-duplicate-option",
                "column `a` of attribute `note` stands twice",
                ("attributes", 3, "columns", 1, "name"),
                "keep it once",
            ),
            Finding(
                "schema-duplicate-option",
                "currency `EUR` of attribute `c` stands twice",
                ("attributes", 4, "currency", 1, "code"),
                "keep it once",
            ),
        ],
    ),
    "more rows than allowed": (
        schema(text(type="table", min_rows=3, max_rows=2)),
        [
            Finding(
                "schema-rows",
                "table `note` needs at least 3 rows, but takes at most 2",
                ("attributes", 3, "min_rows"),
                "swap `min_rows` and `max_rows`",
            )
        ],
    ),
    "fuzzy rule of another type": (
        schema(
            fuzzy(text(), "relation_set"),
            fuzzy(text("m", type="email", repeatable=True), "regex"),
            fuzzy(relation(), "suffix"),
        ),
        [
            Finding(
                "schema-fuzzy",
                "`relation_set` can't compare attribute `note`, which is a text",
                ("attributes", 3, "edit_mode_config", "fuzzy_config", "type"),
                "the platform accepts `suffix`, `digits_only`, `regex` there",
            ),
            Finding(
                "schema-fuzzy",
                "`regex` can't compare attribute `m`, which is a repeatable attribute",
                ("attributes", 4, "edit_mode_config", "fuzzy_config", "type"),
                "the platform accepts `set_equivalent`, `entry_match`, `ignore_fields`, `normalize_phone` there",
            ),
            Finding(
                "schema-fuzzy",
                "`suffix` can't compare attribute `owner`, which is a relation",
                ("attributes", 5, "edit_mode_config", "fuzzy_config", "type"),
                "the platform accepts `relation_set` there",
            ),
        ],
    ),
    "what variants can't override": (
        schema(
            text(overridable_attribute=True),
            text("m", overridable_attribute=True, hidden=True, readonly=False, repeatable=True),
            relation(overridable_attribute=True, readonly=True),
            text("_x", overridable_attribute=True),
            {"name": "c", "label": "C", "type": "computed", "value_formatter": "x", "overridable_attribute": True},
            text("n", overridable_attribute=False, hidden=True),
        ),
        [
            Finding(
                "schema-overridable",
                f"variants can't override attribute `{name}`: it is {reason}",
                ("attributes", index, "overridable_attribute"),
                "remove `overridable_attribute`",
            )
            for index, name, reason in (
                (4, "m", "`hidden` and `repeatable`"),
                (5, "owner", "`readonly`"),
                (6, "_x", "the system's own, by its name"),
                (7, "c", "`computed`"),
            )
        ],
    ),
    "defaults of another type": (
        schema(
            text("a", type="number", default_value="1_000"),
            text("b", type="boolean", default_value="yes"),
            text("c", default_value=True),
            text("d", type="select", default_value=7),
            text("e", type="number", data_type="number", default_value="7"),
            text("f", repeatable=True, default_value=["x", 1.5]),
            text("g", type="boolean", default_value=[True]),
            text("h", type="currency", default_value=False),
            text("i", type="date", default_value={"day": 1}),
        ),
        [
            Finding(
                "schema-default-type",
                f"`default_value` of attribute `{name}`, of type `{kind}`, is {shown}, which is no {form}",
                ("attributes", index, "default_value"),
                hint,
                "warning",
            )
            for index, name, kind, shown, form, hint in (
                (3, "a", "number", '"1_000"', "number", "write it in digits: `1000`"),
                (4, "b", "boolean", '"yes"', "boolean", "write `true` or `false`"),
                (5, "c", "string", "true", "text", "put it in quotes"),
                (6, "d", "select", "7", "text", "put it in quotes"),
                (7, "e", "number", '"7"', "number", "write it in digits: `1000`"),
                (8, "f", "string", "1.5", "text", "put it in quotes"),
                (9, "g", "boolean", "[true]", "boolean", "write `true` or `false`"),
                (10, "h", "currency", "false", "number", "write it in digits: `1000`"),
                (11, "i", "date", '{"day": 1}', "text", "put it in quotes"),
            )
        ],
    ),
    "defaults that fit": (
        schema(
            text("a", type="number", default_value="-7.5"),
            text("b", type="boolean", default_value=False),
            text("c", default_value="yes"),
            text("d", type="number", data_type="number", default_value=7),
            text("e", type="number", default_value="{{amount}}"),
            text("f", type="boolean", default_value="${var.on}"),
            text("g", default_value=None),
            text("h", type="multiselect", default_value=["x"]),
            text("i", type="link", default_value={"title": "x"}),
            text("j", repeatable=True, default_value=["x", "y"]),
        ),
        [],
    ),
    "fuzzy rules that fit": (
        schema(
            fuzzy(text(), "regex"),
            fuzzy(text("m", type="email", repeatable=True), "entry_match"),
            fuzzy(relation(), "relation_set"),
            fuzzy(text("p", type="phone"), "normalize_phone"),
        ),
        [],
    ),
    "matching rules without external edits": (
        schema(text(edit_mode="direct", edit_mode_config={"match_strategy": "any"})),
        [
            Finding(
                "schema-edit-mode",
                "attribute `note` has an `edit_mode_config`, but its `edit_mode` is `direct`",
                ("attributes", 3, "edit_mode_config"),
                "write `edit_mode: external`, or remove the config",
                "warning",
            )
        ],
    ),
    "consent by an unknown attribute": (
        schema(text(type="consent", topic="T", identifiers=["email[*].email", "phone[*].phone"])),
        [
            Finding(
                "schema-identifier",
                "consent `note` is identified by `phone[*].phone`, but `phone` is no attribute",
                ("attributes", 3, "identifiers", 1),
                "there are `email`, `note`, `price`, `price_currency`, `price_decimal`, `title`",
                "warning",
            )
        ],
    ),
    "reverse attribute where the relation doesn't lead": (
        schema(relation(allowedSchemas=["contact"], reverse_attributes={"contact": "p", "account": "p"})),
        [
            Finding(
                "schema-reverse-schema",
                "relation `owner` has a reverse attribute on `account`, but doesn't lead there",
                ("attributes", 3, "reverse_attributes", "account"),
                "`allowedSchemas` has `contact`",
                "warning",
            )
        ],
    ),
    "reverse attribute with a reference among the schemas": (
        schema(relation(allowedSchemas=[{"ref": "x"}], reverse_attributes={"account": "p"})),
        [],
    ),
}


@pytest.mark.parametrize(("spec", "expected"), CASES.values(), ids=CASES)
def test_findings(spec: Spec, expected: list[Finding]) -> None:
    assert check_schema(spec) == expected


def test_every_rule_has_a_case_and_a_sentence() -> None:
    shown = {finding.rule for _, expected in CASES.values() for finding in expected}
    shown |= {finding.rule for _, expected in TOGETHER.values() for found in expected.values() for finding in found}
    assert shown == set(RULES)
    assert [rule for rule, sentence in RULES.items() if not sentence.endswith(".")] == []


MISSHAPEN: list[Any] = [None, 1, "x", [], {}, [None, 1, "x", [], {}], [{"name": 1}], [{"id": None, "group": {}}], True]
FIELDS = [
    "attributes",
    "capabilities",
    "group_settings",
    "group_headlines",
    "conditions",
    "ui_config",
    "title_template",
]


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("value", MISSHAPEN, ids=str)
def test_a_misshapen_field_is_another_checks_business(field: str, value: Any) -> None:
    assert {type(found) for found in check_schema(schema(**{field: value}))} <= {Finding}


EXAMPLES = Path(__file__).parents[3] / ".." / "shared" / "api" / "entity.md"


@pytest.mark.parametrize("title", ["### 14.1", "### 14.2"])
@pytest.mark.skipif(
    not EXAMPLES.exists(), reason="the notes on the API with their examples are not beside this repository"
)
def test_the_published_examples_are_sound(title: str) -> None:
    section = EXAMPLES.read_text("utf-8").partition(title)[2]
    assert check_schema(json.loads(section.partition("```json")[2].partition("```")[0])) == []


def sides(back: Spec | None, **fields: Any) -> dict[str, Spec]:
    """A project with an owner, and a whole schema `firm` that has this attribute or none."""
    firm = {"slug": "firm", "name": "Firm", "plural": "Firms", "capabilities": [], "attributes": [back] if back else []}
    owner = relation(allowedSchemas=["firm"], reverse_attributes={"firm": "projects"})
    return {"project": schema(owner), "firm": {**firm, **fields}}


PLACE = ("attributes", 3, "reverse_attributes", "firm")
BACK = {"name": "projects", "label": "Projects", "type": "relation"}
MISSING = "relation `owner` names `projects` on schema `firm`, which has no such attribute"
RULE = "schema-reverse-attribute"

TOGETHER: dict[str, tuple[dict[str, Spec], dict[str, list[Finding]]]] = {
    "leads back": (sides({**BACK, "allowedSchemas": ["project"]}), {}),
    "leads back to a manifest": (sides({**BACK, "allowedSchemas": [{"ref": "project"}]}), {}),
    "doesn't say where it leads": (sides(BACK), {}),
    "other schema not managed": ({"project": sides(None)["project"]}, {}),
    "other schema in parts": ({**sides(None), "firm": {"slug": "firm", "attributes": []}}, {}),
    "missing": (sides(None), {"project": [Finding(RULE, MISSING, PLACE, "", "warning")]}),
    "misspelt": (
        sides({**BACK, "name": "project"}),
        {"project": [Finding(RULE, MISSING, PLACE, "did you mean `project`?", "warning")]},
    ),
    "no relation": (
        sides({**BACK, "type": "string"}),
        {
            "project": [
                Finding(
                    RULE,
                    "`projects` of schema `firm` is of type `string`, not a relation",
                    PLACE,
                    "name the relation of `firm` that leads back to `project`",
                )
            ]
        },
    ),
    "leads elsewhere": (
        sides({**BACK, "allowedSchemas": ["contact"]}),
        {
            "project": [
                Finding(
                    RULE,
                    "`projects` of schema `firm` doesn't lead back to `project`",
                    PLACE,
                    "its `allowedSchemas` has `contact`",
                    "warning",
                )
            ]
        },
    ),
}


@pytest.mark.parametrize(("schemas", "expected"), TOGETHER.values(), ids=TOGETHER)
def test_findings_of_schemas_together(schemas: dict[str, Spec], expected: dict[str, list[Finding]]) -> None:
    found = {slug: check_beside_schemas(spec, schemas) for slug, spec in schemas.items()}
    assert {slug: findings for slug, findings in found.items() if findings} == expected


CONDITIONS = {
    # expression: (what is wrong, whether it can't be read, the attributes it asks for)
    'kind = "business"': ("", False, ["kind"]),
    'a != "1" AND b >= "2" AND a < "3"': ("", False, ["a", "b"]),
    'a = "x" OR b = "y"': ("", False, ["a", "b"]),
    'customer.kind = "a \\"b\\""': ("", False, ["customer"]),
    ' a="x" ': ("", False, ["a"]),
    "a = 'x'": ("the value 'x' stands without double quotes", False, ["a"]),
    "a = true": ("the value true stands without double quotes", False, ["a"]),
    'a = "x" and b = "y"': ("`and` is written in small letters", False, ["a", "b"]),
    'a = "x" AND b = "y" OR c = "z"': ("AND and OR are mixed", True, ["a", "b", "c"]),
    'a == "x"': ('expected `attribute = "value"` at `a == "x"`', True, []),
    'a = "x" AND': ("it breaks off", True, ["a"]),
    'a = "x" b = "y"': ('expected AND or OR at `b = "y"`', True, ["a"]),
    '(a = "x")': ('expected `attribute = "value"` at `(a = "x")`', True, []),
    "": ("it breaks off", True, []),
}


@pytest.mark.parametrize(("expression", "expected"), CONDITIONS.items())
def test_a_render_condition_is_read(expression: str, expected: tuple[str, bool, list[str]]) -> None:
    assert (*condition_fault(expression), condition_names(expression)) == expected


TEMPLATES = {
    # template: (what is wrong, the attributes it reads)
    "plain": ("", []),
    "{{first_name}} {{ last_name }}": ("", ["first_name", "last_name"]),
    "{{{html}}}": ("", ["html"]),
    "{{item.price.amount}} {{entity.title}}": ("", ["price", "title"]),
    "{{formatDate birthday 'dd.MM.yyyy'}}": ("", ["birthday"]),
    "{{#if vip}}a{{else}}b{{/if}}": ("", ["vip"]),
    "{{#each lines}}{{amount}}{{/each}}{{sum}}": ("", ["lines", "sum"]),
    "{{! a note }}{{> partial}}{{@root.x}}{{../y}}{{this}}": ("", []),
    "{{emails.[0].email}}": ("", ["emails"]),
    "{{first_name": ("the braces `{{` and `}}` don't match", []),
    "{{#if vip}}a": ("`{{#if}}` is never closed", ["vip"]),
    "a{{/if}}": ("`{{/if}}` closes nothing", []),
}


@pytest.mark.parametrize(("template", "expected"), TEMPLATES.items())
def test_a_template_is_read(template: str, expected: tuple[str, list[str]]) -> None:
    assert (template_fault(template), template_names(template)) == expected
