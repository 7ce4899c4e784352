"""Whether an app is on after a change, and the ids of entries: said before anything is written."""

from __future__ import annotations

from typing import Any

import pytest

from syncer.kinds.app_installation.entry_ids import own_entry_ids, without_entry_ids
from syncer.kinds.app_installation.kind import KIND
from syncer.model.field_change import FieldChange, Item
from syncer.model.json_values import ABSENT, Secret, UnknownValue
from syncer.model.kind import Risk

Json = Any
APP = "c451c26a-cc7a-4c1c-92bf-1c6246cbfe88"
OPTIONS = [
    {"key": "region", "type": "text", "required": True},
    {"key": "areas", "type": "text", "repeatable": True, "required": True},
    {"key": "pin", "type": "secret", "required": True},
]
MORE = [{"id": "c1", "name": {"de": "Tür"}, "options": [*OPTIONS, {"key": "zone", "type": "text", "required": True}]}]
PIN = {"pin": Secret("SYNCER_PIN", "1234")}
FULL: Json = {"region": "NW", "areas": [{"value": "A"}]}
OFF_IS_FINE = {"allow_disabled": True}


def values(options: dict[str, Json]) -> list[Json]:
    return [{"component_id": "c1", "options": [{"key": key, "value": value} for key, value in options.items()]}]


def spec(options: dict[str, Json], version: str = "1.0.0") -> Json:
    return {"app_id": APP, "version": version, "option_values": values(options)}


def live(options: dict[str, Json], enabled: bool = True) -> Json:
    return {
        **spec(options),
        "installed_version": "1.0.0",
        "enabled": enabled,
        "components": [{"id": "c1", "name": {"de": "Tür"}, "options": OPTIONS}],
    }


@pytest.fixture
def bench(on_bench):
    return on_bench("AppInstallation")


def lacks(key: str) -> str:
    return f"option `{key}` of component `Tür` is required and has no value"


def without(key: str) -> Json:
    return {name: value for name, value in FULL.items() if name != key}


UPGRADE = {"public": {"app_id": APP, "version": "2.0.0", "components": MORE}}
NEW = {"public": {"app_id": APP, "version": "1.0.0", "components": live({})["components"]}}
RUNNING, STOPPED = live(FULL), live(without("region"), enabled=False)
SWITCH: dict[str, tuple[Json, Json, Json, Json, list[str], list[str]]] = {
    # manifest, live, at the last apply, and what more is known → what is wrong, what is said
    "all there": (spec(FULL | PIN), RUNNING, spec(FULL), {}, [], []),
    "emptied": (spec(FULL | PIN | {"region": ""}), RUNNING, spec(FULL), {}, [lacks("region")], []),
    "null": (spec(FULL | PIN | {"region": None}), RUNNING, spec(FULL), {}, [lacks("region")], []),
    "its entries taken out": (spec(FULL | PIN | {"areas": []}), RUNNING, spec(FULL), {}, [lacks("areas")], []),
    "taken out": (spec(without("region") | PIN), RUNNING, spec(FULL), {}, [lacks("region")], []),
    "never declared, and set by hand": (spec(without("region") | PIN), RUNNING, spec(without("region")), {}, [], []),
    "emptied, though off is fine": (
        spec(FULL | PIN | {"region": ""}), RUNNING, spec(FULL), {"policy": OFF_IS_FINE}, [lacks("region")], [],
    ),
    "an upgrade that asks for more": (
        spec(FULL | PIN, "2.0.0"), RUNNING, spec(FULL), {"answers": UPGRADE}, [lacks("zone")], [],
    ),
    "an upgrade that asks for more, though off is fine": (
        spec(FULL | PIN, "2.0.0"), RUNNING, spec(FULL), {"answers": UPGRADE, "policy": OFF_IS_FINE},
        [lacks("zone")], [],
    ),
    "an upgrade of one that is off": (
        spec(FULL | PIN, "2.0.0"), STOPPED, spec(FULL), {"answers": UPGRADE, "policy": OFF_IS_FINE},
        [], [f"the app stays off: {lacks('zone')}"],
    ),
    "off, and nothing changes": (
        spec(without("region") | PIN), STOPPED, spec(without("region")), {"policy": OFF_IS_FINE}, [], [],
    ),
    "off, and it comes on": (spec(FULL | PIN), STOPPED, spec({}), {"policy": OFF_IS_FINE}, [], []),
    "new, without all": (
        spec(without("areas")), None, {}, {"policy": OFF_IS_FINE, "answers": NEW},
        [], [f"the app is off once it is installed: {lacks('areas')}; {lacks('pin')}"],
    ),
    "a secret of which only the variable is missing": (
        spec(FULL | {"pin": UnknownValue("SYNCER_PIN")}), RUNNING, spec(FULL), {}, [], [],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("want", "have", "last", "more", "wrong", "said"), SWITCH.values(), ids=SWITCH)
def test_the_switch_is_foreseen(bench, want, have, last, more, wrong, said) -> None:
    prepared = bench.prepare(want, have, last=last, **more)
    assert [each.message for each in prepared.findings] == wrong
    assert list(prepared.notices) == said
    hints = [each.hint for each in prepared.findings]
    off = "add it under `component_id: c1`: the app is on, and `allow_disabled` is for one that is off"
    assert hints == [off for _ in hints]


def test_an_upgrade_switches_a_running_app_on_again_whatever_the_policy(bench) -> None:
    moved = {**live(FULL), "installed_version": "2.0.0", "enabled": False}
    offer = {"public": {**UPGRADE["public"], "components": RUNNING["components"]}}
    asked = {"answers": offer, "policy": OFF_IS_FINE}
    ran = bench.update(spec(FULL | PIN, "2.0.0"), RUNNING, [None, moved, None, moved], **asked)
    assert [each[0] for each in ran.steps] == ["promote", "look", "options", "verify"]
    ran = bench.update(spec(FULL | PIN, "2.0.0"), {**RUNNING, "enabled": False}, [None, moved, moved], **asked)
    assert [each[0] for each in ran.steps] == ["promote", "look", "verify"]


OPTION = ("option_values", Item("c1"), "options", Item("region"), "value")
DIFFER = "components, grants and required options may differ"
RISKS: dict[str, tuple[FieldChange, Risk | None]] = {
    "up": (FieldChange(("version",), "1.9.0", "1.10.0"), Risk("risky", f"another version: {DIFFER}")),
    "down": (FieldChange(("version",), "1.10.0", "1.9.0"), Risk("risky", f"downgrade: an older version: {DIFFER}")),
    "another value": (FieldChange(OPTION, "NW", "BY"), None),
    "emptied": (FieldChange(OPTION, "NW", ""), Risk("risky", "the option loses its value")),
    "no entries": (FieldChange(OPTION, [{"value": "A"}], []), Risk("risky", "the option loses its value")),
    "taken out": (FieldChange(OPTION[:-1], {"key": "region"}, ABSENT), Risk("risky", "the option loses its value")),
}


def test_a_move_has_its_word() -> None:
    moves = {name: KIND.version_move((RISKS[name][0],)) for name in RISKS}
    assert moves == {**dict.fromkeys(RISKS, ""), "up": "upgrade", "down": "downgrade"}
    assert KIND.version_move(()) == ""


@pytest.mark.parametrize(("change", "risk"), RISKS.values(), ids=RISKS)
def test_what_a_reviewer_is_told(change: FieldChange, risk: Risk | None) -> None:
    assert KIND.risk(change, {}, {}) == risk


def entries(*pairs: tuple[str, str]) -> list[Json]:
    return values({"areas": [{"id": id, "value": value} if id else {"value": value} for id, value in pairs]})


IDS: dict[str, tuple[Json, Json, Json]] = {
    # what a manifest says, what is live → what is compared and sent
    "its own": (entries(("1", "A"), ("2", "B")), entries(("1", "A"), ("2", "B")), entries(("1", "A"), ("2", "B"))),
    "another organisation's": (entries(("9", "A"), ("1", "B")), entries(("1", "B")), entries(("", "A"), ("1", "B"))),
    "of an entry that is gone": (entries(("1", "A")), values({}), entries(("", "A"))),
    "of another option": (
        entries(("1", "A")), values({"region": [{"id": "1", "value": "A"}]}), entries(("", "A")),
    ),
    "of an option that repeats nothing": (
        values({"region": [{"id": "9"}]}), values({}), values({"region": [{"id": "9"}]}),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("said", "have", "sent"), IDS.values(), ids=IDS)
def test_only_ids_that_are_live_are_sent_back(said: Json, have: Json, sent: Json) -> None:
    assert own_entry_ids(said, have, RUNNING["components"]) == sent


def test_a_field_that_an_app_calls_id_is_no_id_of_the_platform() -> None:
    meters = {"key": "areas", "type": "object", "repeatable": True, "fields": [{"key": "id", "type": "text"}]}
    given = values({"areas": [{"id": "M1"}]})
    assert without_entry_ids(given, [{"id": "c1", "options": [meters]}]) == given


def test_no_id_of_an_entry_is_pulled() -> None:
    held = live({**FULL, "areas": [{"id": "1", "value": "A"}, {"id": "2", "value": "B"}]})
    pulled = KIND.pull(KIND.spec_of(held), held, {}, {})
    assert pulled.spec["option_values"] == values({"region": "NW", "areas": [{"value": "A"}, {"value": "B"}]})


def test_an_entry_of_another_organisation_is_paired_by_what_it_says(bench) -> None:
    held = live({**FULL, "areas": [{"id": "1", "value": "A"}]})
    foreign = spec(FULL | PIN | {"areas": [{"id": "9", "value": "A"}]})
    assert bench.changes(foreign, held, last=spec(FULL)) == []
