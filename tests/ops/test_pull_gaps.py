"""Live objects in which something is missing or of another form, wherever it may be: a pull ends, all else is pulled,
and no manifest lacks what restricts its object. Replies are canned: what no sandbox would take is in them too."""

from __future__ import annotations

import copy
import os
from collections.abc import Iterator
from pathlib import Path
from random import Random

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
from tests.support.live_objects import APP, FLOW, RETENTION, SCHEMA, Json, Path_, changed, places

MANY = int(os.environ.get("SYNCER_EXAMPLES") or 16)
EACH = 10
"""Changes a test draws."""
PROJECT = 'version: 1\nmanifests: [config]\nenvironments:\n  test:\n    org_id: "739224"\n'
FORMS: tuple[Json, ...] = (ABSENT, ABSENT, None, 5, "x", [], [5], [{}])
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
    for component in have.get("option_values") or ():
        for option in component.get("options") or () if isinstance(component, dict) else ():
            for entry in option.get("value") or () if isinstance(option.get("value"), list) else ():
                if isinstance(entry, dict):
                    entry.pop("id", None)  # assigned where it lives, so that no manifest of this repository has it
    if not have.get("option_values", True):
        del have["option_values"]  # an app without values: there is nothing to say
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
        {"option_values": [*APP["option_values"], OF_ALL]}, True, "", "",
    ),
    "what can be said, and not be planned": (
        {"components": [5]}, False, "unreadable-live",
        f"AppInstallation `{APP['app_id']}`: the platform answered in a form that syncer does not know "
        "(`$.components[0]` is no object)",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("odd", "written", "rule", "said"), APPS.values(), ids=APPS)
def test_an_odd_app(tmp_path: Path, odd: Json, written: bool, rule: str, said: str) -> None:
    done = pulled(tmp_path, {**LIVE, "AppInstallation": [{**APP, **odd}]})
    assert {str(each.new.address) for each in done.drafts} == ADDRESSES - (
        set() if written else {"AppInstallation/app"}
    )
    assert [(each.rule, each.message) for each in done.left_out] == ([(rule, said)] if rule else [])
    assert done.incomplete is bool(rule)


def test_what_is_accepted_of_an_app(tmp_path: Path) -> None:
    done = pulled(tmp_path, {**LIVE, "AppInstallation": [{**APP, "option_values": [*APP["option_values"], OF_ALL]}]})
    [app] = [each for each in done.drafts if each.kind.name == "AppInstallation"]
    assert app.document["metadata"]["accept"] == ["app-unknown-component option_values[$app].component_id"]
    assert OF_ALL in app.document["spec"]["option_values"]
