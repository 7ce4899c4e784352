"""The plan for people: whole texts in `golden/`, and what must hold for every plan."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from syncer.model.address import Address
from syncer.model.diagnostic import Problem
from syncer.model.json_values import ABSENT, Json, Lookup, Part, Ref, Secret
from syncer.model.secret_text import secret_text
from syncer.plan.plan import HIDDEN, Change, Field, Link, Notice, Plan, Release
from syncer.render.escape import disarmed
from syncer.render.plan_text import duration, render_plan, summary_line
from syncer.render.terminal import Terminal, cells

NEEDS = (
    Problem("removals", "3 objects would be removed; production allows none", hint="give `--allow-delete=3`"),
    Problem("confirm", "production asks to be confirmed", hint="give `--confirm production`"),
)
TEXTS = {
    # golden file: (terminal, verbose)
    "plan-100.txt": (Terminal(width=100), False),
    "plan-40-ascii.txt": (Terminal(width=40, unicode=False), False),
    "plan-120-verbose.txt": (Terminal(width=120), True),
}


@pytest.mark.parametrize(("name", "how"), TEXTS.items(), ids=TEXTS)
def test_the_whole_text(
    everything: Plan, golden: Callable[[str, str], None], name: str, how: tuple[Terminal, bool]
) -> None:
    terminal, verbose = how
    golden(name, render_plan(everything, terminal, needs=NEEDS, writes_per_minute=400, verbose=verbose))


def test_colours_change_no_text(everything: Plan, golden: Callable[[str, str], None]) -> None:
    coloured = render_plan(everything, Terminal(True, 100), needs=NEEDS, writes_per_minute=400)
    golden("plan-100-colour.txt", coloured)
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == render_plan(
        everything, Terminal(False, 100), needs=NEEDS, writes_per_minute=400
    )


def test_nothing_to_do(nothing: Plan) -> None:
    assert render_plan(nothing, Terminal()) == (
        "Plan for production: organisation 739224 at https://api.example.epilot.io\n"
        "\n"
        "2 links rebuilt:\n"
        "  ClosingReason/lost is x12 (by title)\n"
        "  FlowTemplate/house-connection is f-1 (by link)\n"
        "\n"
        "No changes. 2 links rebuilt.\n"
    )


def test_many_links_are_counted(nothing: Plan) -> None:
    links = tuple(Link(Address("ClosingReason", f"r{number:02}"), f"x{number}", "title", True) for number in range(41))
    text = render_plan(replace(nothing, links=links), Terminal())
    assert text.endswith("  ClosingReason/r11 is x11 (by title)\n  … 29 more\n\nNo changes. 41 links rebuilt.\n")


def test_a_partial_plan_says_so(nothing: Plan) -> None:
    assert render_plan(replace(nothing, partial=True, links=()), Terminal()) == (
        "Plan for production: organisation 739224 at https://api.example.epilot.io\n"
        "only a part of the manifests was looked at (--only, --except)\n"
        "\n"
        "No changes.\n"
    )


AGES = {59: "less than a minute", 60: "1 minute", 7_200: "2 hours", 86_399: "23 hours", 3 * 86_400 + 7: "3 days"}


@pytest.mark.parametrize(("seconds", "words"), AGES.items(), ids=AGES.values())
def test_a_plan_against_a_recording_tells_its_age(nothing: Plan, seconds: int, words: str) -> None:
    about = {"recorded_at": "2026-11-19T08:00:00Z", "age_seconds": seconds}
    said = render_plan(replace(nothing, against=about, links=()), Terminal()).splitlines()[1]
    assert said == f"against a recording of {nothing.environment}, {words} old (2026-11-19 08:00 UTC)"


def test_the_same_plan_is_the_same_text(everything: Plan) -> None:
    turned = replace(everything, changes=tuple(reversed(everything.changes)))
    assert render_plan(turned, Terminal()) == render_plan(everything, Terminal())


def test_removals_come_first(everything: Plan) -> None:
    text = render_plan(everything, Terminal())
    assert re.findall(r"^. (\w+/[\w-]+)  ", text, re.MULTILINE) == [
        "AppInstallation/old",
        "EntitySchema/old",
        "ClosingReason/zu-teuer",
        "EntitySchema/contact",
        "RetentionConfig/old-contacts",
        "AppInstallation/mail-sender",
        "RetentionConfig/old-orders",
        "ClosingReason/won",
        "EntitySchema/meter-reading",
        "FlowTemplate/house-connection",
    ]


def test_no_secret_is_in_it(everything: Plan) -> None:
    for verbose in (False, True):
        text = render_plan(everything, Terminal(), verbose=verbose)
        assert "canary" not in text
        assert "(hidden) → (secret EPILOT_SMTP)" in text


def one(*fields: Field, action: str = "update") -> Plan:
    address = Address("EntitySchema", "contact")
    change = Change(address, action, "safe", (), fields, (), (), "", "x", "contact")
    return Plan("id", "sandbox", "1", "https://x", (change,), (), (), (), {})


def lines_of(field: Field, terminal: Terminal, *, verbose: bool = False) -> list[str]:
    """The lines of the one field of a plan."""
    text = render_plan(one(field), terminal, verbose=verbose)
    start = text.index("EntitySchema/contact  safe\n") + len("EntitySchema/contact  safe\n")
    return text[start : text.index("\n\n", start)].split("\n")


LONG = "Bitte beachten Sie, dass Ihr Antrag erst bearbeitet wird, wenn alle Unterlagen vorliegen."
SCHEDULE = {"mode": "relative", "unit": "days", "number": 3}
FIELDS = {
    # case: (before, after, lines at a width of 60)
    "number": (3, 5, ["    f  3 → 5"]),
    "switch": (False, True, ["    f  false → true"]),
    "null is a value": (None, ABSENT, ["    f  null → (none)"]),
    "a text that says (none)": ("(none)", ABSENT, ['    f  "(none)" → (none)']),
    "quotes": ('a"b', 'a"c', ['    f  "a\\"b" → "a\\"c"']),
    "reference": ("x1", Ref("ClosingReason", "won"), ['    f  "x1" → ClosingReason/won']),
    "lookup": (ABSENT, Lookup("SavedView", "Alle", "contact"), ['    f  (none) → (SavedView "Alle" of contact)']),
    "part": ("a", Part("automations", "mail"), ['    f  "a" → automations[mail]']),
    "secret": (HIDDEN, Secret("EPILOT_X", "canary"), ["    f  (hidden) → (secret EPILOT_X)"]),
    "text with a secret": (
        HIDDEN, secret_text(["https://a.example/?k=", Secret("EPILOT_X", "canary")]),
        ['    f  (hidden) → "https://a.example/?k=(secret EPILOT_X)"'],
    ),
    "text with a secret, too long for a line": (
        HIDDEN, secret_text(["https://shop.example/hooks?k=", Secret("EPILOT_X", "canary"), "&n=" + "1" * 40]),
        ["    f", "        - (hidden)", '        + "https://shop.example/hooks?k=(secret EPILOT_X)&n…'],
    ),
    "the id of a reference": ({"id": "x1"}, {"id": Ref("ClosingReason", "won")}, ['    f  "x1" → ClosingReason/won']),
    "composed or not": ("Gr\u00fcn", "Gru\u0308n", ['    f  "Gr\\xfcn" → "Gru\\u0308n"']),
    "odd space": ("10 %", "10\u00a0%", ['    f  "10 %" → "10\\xa0%"']),
    "trailing space": ("Zu teuer", "Zu teuer ", ['    f  "Zu teuer" → "Zu teuer "']),
    "too long for a line": (
        "Hausanschluss Strom beauftragen", "Hausanschluss Gas beauftragen",
        ["    f", '        - "Hausanschluss Strom beauftragen"', '        + "Hausanschluss Gas beauftragen"'],
    ),
    "a long text": (
        LONG, LONG.replace("alle", "sämtliche"),
        [
            "    f  text of 89 characters, now 94",
            "        - …tet wird, wenn alle Unterlagen vorliegen.",
            "        + …tet wird, wenn sämtliche Unterlagen vorliegen.",
        ],
    ),
    "a long text gone": (LONG, ABSENT, [
        "    f", '        - "Bitte beachten Sie, dass Ihr A…" (89 characters)', "        + (none)",
    ]),
    "lines": ("a\nb\nc\nd\ne", "a\nb\nx\nd\ne", [
        "    f  1 line added, 1 removed", "        @@ -2,3 +2,3 @@", "          b", "        - c", "        + x",
        "          d",
    ]),
    "a space at a line's end": ("a\nb", "a\nb ", [
        "    f  1 line added, 1 removed", "        @@ -1,2 +1,2 @@", "          a", "        - b", "        + b\\x20",
    ]),
    "elements": (["a", "b"], ["b", "c"], ["    f  1 added, 1 removed", '        - "a"', '        + "c"']),
    "order": (["a", "b", "c"], ["c", "a", "b"], ["    f  another order", '        ~ "c" first']),
    "short list appears": (ABSENT, ["a", "b"], ['    f  (none) → ["a", "b"]']),
    "mapping appears": (ABSENT, SCHEDULE, ['  + f  {mode: "relative", unit: "days", number: 3}']),
    "large mapping appears": (ABSENT, {**SCHEDULE, "reference": {"origin": "flow", "schema": "contact"}}, [
        "  + f  4 fields: mode, unit, number, reference", '        mode: "relative"', '        unit: "days"',
        "        number: 3", '        reference.origin: "flow"', '        reference.schema: "contact"',
    ]),
    "mapping goes": (SCHEDULE, ABSENT, ['  - f  {mode: "relative", unit: "days", number: 3}']),
    "inside": (
        [{"id": "a", "due": SCHEDULE, "name": "A"}, {"id": "b"}, {"id": "c"}],
        [{"id": "c"}, {"id": "a", "due": {**SCHEDULE, "number": 5}, "name": "A"}, {"id": "d"}],
        ["    f  3 differences inside", "        ~ [a].due.number  3 → 5", '        - [b]  "b"', '        + [d]  "d"'],
    ),
    "only the order inside": ([{"a": 1}, {"a": 2}], [{"a": 2}, {"a": 1}], ["    f  another order"]),
    "scalar to mapping": (3, {"unit": "days"}, ['    f  3 → {unit: "days"}']),
}  # fmt: skip


@pytest.mark.parametrize(("before", "after", "expected"), FIELDS.values(), ids=FIELDS)
def test_fields(before: Json, after: Json, expected: list[str]) -> None:
    assert lines_of(Field("f", before, after, "ours"), Terminal(width=60)) == expected


def test_what_goes_and_comes_as_the_same_is_a_change_of_its_id() -> None:
    """A branch becomes the way out of a loop: the platform wants another id, and nothing else of it changes."""

    def branch(id: str, name: str = "Out") -> Json:
        return {"id": id, "branch_name": name, "statements": [{"id": "s", "operator": "equals"}]}

    path = "tasks[d].conditions"
    fields = (
        Field(f"{path}[exit-loop-1]", branch("exit-loop-1"), ABSENT, "ours", "risky"),
        Field(f"{path}[more]", branch("more", "More"), ABSENT, "ours"),
        Field(f"{path}[gone]", branch("gone", "Gone"), ABSENT, "ours"),
        Field(f"{path}[out]", ABSENT, branch("out"), "ours"),
        Field(f"{path}[more]", ABSENT, branch("more", "More"), "ours"),
        Field("other[out]", ABSENT, branch("gone", "Gone"), "ours"),
    )
    text = render_plan(one(*fields), Terminal())
    assert [line for line in text.splitlines() if "conditions" in line] == [
        "  - tasks[d].conditions[gone]     3 fields: id, branch_name, statements",
        '    tasks[d].conditions[out].id   "exit-loop-1" → "out"  [risky]',
        '    tasks[d].conditions[more].id  "more" → "another id, of the form that is asked for"',
    ]
    assert "+ other[out]" in text


def test_a_new_item_is_capped_unless_verbose() -> None:
    item = {"name": "iban", "type": "string", "label": "IBAN", **{f"field_{number}": number for number in range(20)}}
    field = Field("attributes[iban]", ABSENT, item, "ours")
    lines = lines_of(field, Terminal())
    assert lines[0] == '  + attributes[iban]  string "IBAN"'
    assert lines[1:3] == ["        field_0: 0", "        field_1: 1"]
    assert lines[-2:] == ["        field_11: 11", "        … 8 more fields"]
    assert len(lines_of(field, Terminal(), verbose=True)) == 1 + 20 + 1  # and the live id


def test_a_long_diff_is_capped_unless_verbose() -> None:
    before, after = ("\n".join(f"{word} {number}" for number in range(30)) for word in ("alt", "neu"))
    field = Field("description", before, after, "ours")
    lines = lines_of(field, Terminal())
    assert lines[0] == "    description  30 lines added, 30 removed"
    assert lines[-1] == "        … 49 more lines of this diff"
    assert len(lines) == 1 + 12 + 1
    assert len(lines_of(field, Terminal(), verbose=True)) == 1 + 61 + 1


HOSTILE = {
    "clipboard": "\x1b]52;c;ZXZpbA==\x07",
    "clear": "\x9b2J\x1b[2J",
    "overwrite": "x\r\n\x1b[1A\x1b[2KPlan: 0 to delete",
    "bidi": "\u202e\u2066abc",
    "200 marks": "a" + "\u0301" * 200,
    "annotation": "::error::x",
    "mask": "   ::add-mask::a",
    "old command": "foo ##[add-mask]a",
    "on the next line": "a\n::stop-commands::t",
    "long": "x" * 5_000,
    "surrogate": "\ud800",
}


def everywhere(text: str) -> Plan:
    """A plan in which the text stands wherever a live organisation can put one."""
    fields = (
        Field("title", text, "b", "drift", "risky", text, text),
        Field("new", ABSENT, text, "ours"),
        Field(f"attributes[{text}]", ABSENT, {"name": text, "label": text, text: [text], "x": [{"a": text}]}, "ours"),
        Field(f"attributes[{text}]", {"name": text, text: {text: text}}, ABSENT, "ours"),
        Field("long", f"{text}\n{text}", f"{text}\n", "ours"),
        Field("list", [text, "a"], ["a"], "ours"),
        Field("inside", [{"id": text, "a": {"b": text}}], [{"id": text, "a": {"b": 1}}], "ours"),
        Field("lookup", ABSENT, Lookup("SavedView", text, text), "ours"),
    )
    address = Address("EntitySchema", text)
    changes = tuple(
        Change(address, action, "risky", (text,), fields, (f"PUT {text}",), (address,), "", text, text)
        for action in ("create", "update", "delete")
    )
    links = (Link(address, text, "title", True),)
    return Plan(text, text, text, text, changes, links, (Release(address, text),), (Notice(text, text, address),), {})


def obeyed(text: str) -> list[str]:
    """What a terminal or a workflow runner would take for more than text; `disarmed` is held against both elsewhere."""
    found = re.findall(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]", text)
    return found + [line for line in text.split("\n") if disarmed(line) != line]


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("width", [40, 100])
def test_no_name_commands_anything(text: str, width: int) -> None:
    needs = (Problem(text, text, hint=text),)
    for verbose in (False, True):
        shown = render_plan(everywhere(text), Terminal(width=width), needs=needs, verbose=verbose)
        assert obeyed(shown) == []
        assert max(cells(line) for line in shown.split("\n")) <= width
        assert shown.endswith("Plan: 1 to create, 1 to update, 1 to delete\n" if width > 40 else "1 to\ndelete\n")


SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
TEXT = secret_text(["https://a.example/\n\x1b[31m?k=", Secret("EPILOT_X", "canary")])
MARKERS = st.sampled_from(
    [Ref("ClosingReason", "won"), Secret("X", "canary"), TEXT, HIDDEN, Lookup("SavedView", "Alle"), Part("a", "b")]
)
VALUES = st.recursive(
    SCALARS | MARKERS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)
SIDES = VALUES | st.just(ABSENT)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(st.builds(Field, st.text(), SIDES, SIDES, st.sampled_from(["ours", "drift"])), max_size=4),
    st.sampled_from([40, 41, 72, 200]), st.booleans(), st.booleans(), st.sampled_from(["create", "update"]),
)  # fmt: skip
def test_any_field_fits_and_commands_nothing(
    fields: list[Field], width: int, unicode: bool, verbose: bool, action: str
) -> None:
    text = render_plan(one(*fields, action=action), Terminal(width=width, unicode=unicode), verbose=verbose)
    assert obeyed(text) == []
    assert max(cells(line) for line in text.split("\n")) <= width
    assert "canary" not in text
    assert unicode or text.isascii()


DURATIONS = {
    (28, 400.0): "under a minute at 400 a minute",
    (400, 400.0): "about 1 minute at 400 a minute",
    (1200, 400.0): "about 3 minutes at 400 a minute",
    (1201, 400.0): "about 4 minutes at 400 a minute",
    (40_000, 500.0): "about 1 h 20 min at 500 a minute",
}


@pytest.mark.parametrize(("given_", "text"), DURATIONS.items())
def test_durations(given_: tuple[int, float], text: str) -> None:
    assert duration(*given_) == text


def test_summary(everything: Plan, nothing: Plan) -> None:
    assert summary_line(everything) == (
        "Plan: 2 to create, 2 to update, 1 to upgrade, 1 to delete, 1 to deactivate, 1 to uninstall, 2 to accept"
    )
    assert summary_line(nothing) == "No changes. 2 links rebuilt."
    assert summary_line(replace(nothing, links=nothing.links[:1])) == "No changes. 1 link rebuilt."
    assert summary_line(replace(nothing, links=())) == "No changes."
