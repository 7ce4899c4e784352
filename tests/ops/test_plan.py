"""Plans against a living organisation: what is whose, what is found again, what is refused, what is only said."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

from syncer.model.address import Address
from syncer.model.diagnostic import InvalidInput, Refused
from syncer.plan.safety import Consent
from syncer.state.plan_file import load_plan, save_plan

World, Make = Any, Any


def everything(make: Make) -> list[Any]:
    return [
        make.reason("won"),
        make.schema("site", make.text("street"), make.relation("owner", "contact")),
        make.checker(),
        make.retention(),
        make.flow("house", closing_reasons=[{"ref": "won"}]),
        make.bundle("meter"),
    ]


def notices(planned: Any) -> list[str]:
    return [each.message for each in planned.plan.notices]


def messages(refusal: pytest.ExceptionInfo[Any]) -> list[str]:
    return [each.message for each in refusal.value.problems]


# --- state, links, adoption


def test_state_deleted_is_rebuilt_and_nothing_is_made(world: World, make: Make) -> None:
    world.put(*everything(make))
    world.apply()
    entries = {address: entry.live_id for address, entry in world.state().entries.items()}
    world.forget()
    planned = world.plan()
    assert [str(each.address) for each in planned.plan.changes] == []
    assert {each.address: each.live_id for each in planned.plan.links if each.new} == entries
    run = world.apply()
    assert (run.calls, run.code) == ([], 0)
    assert {address: entry.live_id for address, entry in world.state().entries.items()} == entries
    assert all(entry.parts for address, entry in world.state().entries.items() if address.kind == "FlowTemplate")
    assert not any(each.new for each in world.plan().plan.links)


def test_an_object_of_the_title_is_adopted_and_a_change_of_it_is_said(world: World, make: Make) -> None:
    world.seed(
        {"closing_reasons": [{"id": "A" * 21, "title": "Won"}, {"id": "B" * 21, "title": "Lost", "status": "INACTIVE"}]}
    )
    world.put(make.reason("won"), make.reason("lost", status="ACTIVE"))
    planned = world.plan()
    assert [(str(each.address), each.live_id, each.how, each.new) for each in planned.plan.links] == [
        ("ClosingReason/lost", "B" * 21, "title", True),
        ("ClosingReason/won", "A" * 21, "title", True),
    ]
    (change,) = planned.plan.changes
    assert (str(change.address), change.level, change.reasons) == (
        "ClosingReason/lost",
        "risky",
        ("takes over an object that the state does not know as ours",),
    )
    world.apply()
    assert len(world.listed("ClosingReason")) == 2
    world.converges()


@pytest.mark.parametrize(
    ("live", "titles", "ids"),
    [
        (["Won", "Won"], [], ["A", "B"]),
        (["Gewonnen", "Erledigt"], ["Gewonnen", "Erledigt"], ["A", "B"]),
        (["Won", "Gewonnen"], ["Gewonnen"], ["A", "B"]),
    ],
    ids=["the same title", "two former titles", "the title and a former one"],
)
def test_several_of_a_title_are_refused_with_the_candidates(
    world: World, make: Make, live: list[str], titles: list[str], ids: list[str]
) -> None:
    world.seed({"closing_reasons": [{"id": id * 21, "title": title} for id, title in zip(ids, live, strict=True)]})
    world.put(make.reason("won", metadata={"titles": titles}))
    with pytest.raises(InvalidInput) as refusal:
        world.plan()
    assert messages(refusal) == [
        "ClosingReason/won: 2 live objects have the title `Won`: " + ", ".join(f"`{id * 21}`" for id in ids)
    ]


def test_a_title_of_the_past_finds_a_renamed_object(world: World, make: Make) -> None:
    world.seed({"closing_reasons": [{"id": "A" * 21, "title": "Erledigt"}]})
    world.put(make.reason("won", metadata={"titles": ["Erledigt"]}))
    assert world.changes() == {"ClosingReason/won": ["update", "title (ours)"]}
    world.apply()
    assert [(each["id"], each["title"]) for each in world.listed("ClosingReason")] == [("A" * 21, "Won")]
    world.converges()


def test_titles_are_compared_in_one_form(world: World, make: Make) -> None:
    """`ü` may be one character or two (NFC, NFD); spaces are not trimmed."""
    world.seed({"closing_reasons": [{"id": "A" * 21, "title": "Zu\u0308rich"}, {"id": "B" * 21, "title": "Basel "}]})
    world.put(make.reason("zurich", title="Z\u00fcrich"), make.reason("basel", title="Basel"))
    changes = world.changes()
    assert changes["ClosingReason/basel"][0] == "create"
    assert changes.get("ClosingReason/zurich", ["update"])[0] == "update"


def test_a_link_decides_before_any_title(world: World, make: Make) -> None:
    world.put(make.reason("won"))
    world.apply()
    live = world.one("ClosingReason")
    world.ask(f"PATCH /v2/workflows/closing-reasons/{live['id']}", {"title": "Anders"})
    world.seed({"closing_reasons": [{"id": "C" * 21, "title": "Won"}]})
    assert world.changes() == {"ClosingReason/won": ["update", "title (drift)"]}
    world.apply()
    assert sorted(each["title"] for each in world.listed("ClosingReason")) == ["Won", "Won"]
    world.converges()


def test_deleted_by_hand_is_planned_anew_and_said(world: World, make: Make) -> None:
    world.put(make.reason("won"), make.bundle("meter"))
    world.apply()
    for call in (
        f"/v2/workflows/closing-reasons/{world.one('ClosingReason')['id']}",
        f"/v2/flows/templates/{world.one('FlowTemplate')['id']}",
    ):
        world.ask(f"DELETE {call}")
    planned = world.plan()
    assert [(str(each.address), each.action) for each in planned.plan.changes] == [
        ("ClosingReason/won", "create"),
        ("FlowTemplate/meter", "create"),
    ]
    assert "ClosingReason/won was deleted in the organisation and is planned anew" in notices(planned)
    assert world.apply().code == 0
    assert (len(world.listed("FlowTemplate")), len(world.listed("AutomationFlow"))) == (1, 2)
    world.converges()


def test_a_renamed_manifest_is_the_same_object(world: World, make: Make) -> None:
    world.put(make.reason("won"), make.installation())
    world.apply()
    before = world.state().entries
    world.drop("ClosingReason/won", "AppInstallation/credit")
    world.put(
        make.reason("success", {"aliases": ["won"]}, title="Won"), make.installation("bonity", {"aliases": ["credit"]})
    )
    assert world.changes() == {}
    world.apply()
    after = world.state().entries
    assert set(after) == {("ClosingReason", "success"), ("AppInstallation", "bonity")}
    assert after[("ClosingReason", "success")].live_id == before[("ClosingReason", "won")].live_id
    assert after[("AppInstallation", "bonity")].secrets == before[("AppInstallation", "credit")].secrets
    world.converges()


@pytest.mark.parametrize("fails", [False, True])
def test_a_renamed_manifest_may_change_at_the_same_time(world: World, make: Make, fails: bool) -> None:
    """Whatever becomes of the change, state never links two names to one object."""
    world.put(make.reason("won"))
    world.apply()
    world.drop("ClosingReason/won")
    world.put(make.reason("success", {"aliases": ["won"]}, title="Erfolg"))
    if fails:
        world.fault(method="PATCH", path="/v2/workflows/*", status=400)
        assert world.apply().code == 6
        assert len(world.state().entries) == 1
    assert world.apply().code == 0
    assert list(world.state().entries) == [("ClosingReason", "success")]
    assert [each["title"] for each in world.listed("ClosingReason")] == ["Erfolg"]
    world.converges()


# --- ownership


def test_who_moved_a_field(world: World, make: Make) -> None:
    world.put(*[make.reason(name) for name in ("ours", "drift", "conflict", "agreed")])
    world.apply()
    for name in ("drift", "conflict", "agreed"):
        id = world.state().entries[("ClosingReason", name)].live_id
        world.ask(f"PATCH /v2/workflows/closing-reasons/{id}", {"title": "Neu" if name == "agreed" else "Hand"})
    world.put(
        make.reason("ours", title="Neu1"), make.reason("conflict", title="Neu2"), make.reason("agreed", title="Neu")
    )
    assert world.changes() == {
        "ClosingReason/ours": ["update", "title (ours)"],
        "ClosingReason/drift": ["update", "title (drift)"],
        "ClosingReason/conflict": ["update", "title (conflict)"],
    }


def test_a_released_field_keeps_its_live_value(world: World, make: Make) -> None:
    world.put(make.flow("house", description="Text", assigned_to=["10020101"]))
    world.apply()
    world.put(make.flow("house"))
    planned = world.plan()
    assert [(str(each.address), each.path) for each in planned.plan.released] == [
        ("FlowTemplate/house", "description"),
        ("FlowTemplate/house", "assigned_to"),
    ]
    assert planned.plan.changes == ()
    assert world.apply().calls == []
    assert world.plan().plan.released == ()
    assert world.one("FlowTemplate")["description"] == "Text"


def test_null_empties_a_field(world: World, make: Make) -> None:
    world.put(make.flow("house", description="Text"), make.schema("site", make.text("street", placeholder="Weg")))
    world.apply()
    world.put(make.flow("house", description=None), make.schema("site", make.text("street", placeholder=None)))
    assert world.changes() == {
        "EntitySchema/site": ["update", "attributes[street].placeholder (ours)"],
        "FlowTemplate/house": ["update", "description (ours)"],
    }
    assert world.apply().code == 0
    assert "description" not in world.one("FlowTemplate")
    assert "placeholder" not in world.one("EntitySchema", slug="site")["attributes"][0]
    world.converges()


def test_items_of_others_stay_and_ours_go_when_they_are_no_longer_declared(world: World, make: Make) -> None:
    world.put(make.schema("site", make.text("street"), make.text("city")))
    world.apply()
    live = world.one("EntitySchema", slug="site")
    world.ask("PUT /v1/entity/schemas/site", {**live, "attributes": [*live["attributes"], make.text("theirs")]})
    assert world.changes() == {}
    world.put(make.schema("site", make.text("street")))
    planned = world.plan()
    (change,) = planned.plan.changes
    assert ([each.path for each in change.fields], change.level) == (["attributes[city]"], "destructive")
    with pytest.raises(Refused) as refusal:
        world.apply(consent=Consent())
    assert [each.rule for each in refusal.value.problems] == ["data-loss"]
    name = change.losses[0][0]
    assert world.apply(consent=Consent(accept_data_loss=frozenset({name}))).code == 0
    assert [each["name"] for each in world.one("EntitySchema", slug="site")["attributes"]] == ["street", "theirs"]
    world.converges()


def test_without_state_nothing_is_removed(world: World, make: Make) -> None:
    world.put(make.schema("site", make.text("street"), make.text("city")))
    world.apply()
    world.forget()
    world.put(make.schema("site", make.text("street")))
    assert world.changes() == {}


def test_prune_makes_a_list_ours_whole(world: World, make: Make) -> None:
    world.put(make.schema("site", make.text("street")))
    world.apply()
    live = world.one("EntitySchema", slug="site")
    world.ask("PUT /v1/entity/schemas/site", {**live, "attributes": [*live["attributes"], make.text("theirs")]})
    world.put(make.schema("site", make.text("street"), metadata={"policy": {"prune": ["attributes"]}}))
    assert world.changes() == {"EntitySchema/site": ["update", "attributes[theirs] (drift)"]}
    assert world.apply().code == 0
    assert [each["name"] for each in world.one("EntitySchema", slug="site")["attributes"]] == ["street"]
    world.converges()


def test_what_the_platform_protects_is_not_pruned(world: World, make: Make) -> None:
    slim = make.document(
        "EntitySchema", "contact", {"slug": "contact", "attributes": []}, policy={"prune": ["attributes"]}
    )
    world.put(slim)
    with pytest.raises(InvalidInput) as refusal:
        world.plan()
    assert {each.rule for each in refusal.value.problems} == {"protected-attribute"}


def test_a_partial_manifest_touches_nothing_else(world: World, make: Make) -> None:
    before = world.one("EntitySchema", slug="contact")
    world.put(make.document("EntitySchema", "contact", {"slug": "contact", "attributes": [make.text("iban")]}))
    assert world.apply().code == 0
    after = world.one("EntitySchema", slug="contact")
    assert [each for each in after["attributes"] if each["name"] != "iban"] == before["attributes"]
    same = {"attributes", "id", "updated_at", "version"}
    assert {k: v for k, v in after.items() if k not in same} == {k: v for k, v in before.items() if k not in same}
    world.converges()


def plant(value: Any, depth: int = 0) -> Any:
    """Unknown keys in every mapping of a stored object, an unknown value of every shape."""
    if isinstance(value, dict):
        unknown = {
            "x_text": "ä",
            "x_null": None,
            "x_list": [1, {"y": [None, 0.5, "1.0"]}],
            "x_flag": False,
            "x_empty": {},
        }
        return {**{key: plant(each, depth + 1) for key, each in value.items()}, **unknown}
    if isinstance(value, list):
        return [plant(each, depth + 1) for each in value]
    return value


SERVER_SET = {"updated_at", "lastUpdateTime", "last_updated_at", "version", "id", "last_updated_by", "next_run_at"}


def without(value: dict[str, Any], *names: str) -> dict[str, Any]:
    return {key: each for key, each in value.items() if key not in {*SERVER_SET, *names}}


def test_unknown_fields_survive_every_put(world: World, make: Make) -> None:
    """Every JSON value that somebody put in anywhere is there afterwards, unchanged, beside the field we changed."""
    world.put(*everything(make))
    world.apply()
    flows = {each["name"]: each["id"] for each in world.listed("FlowTemplate")}
    reason, mail = world.one("ClosingReason")["id"], world.one("AutomationFlow", flow_name="Mail meter")["id"]
    stored = [
        ("flow", flows["House"]),
        ("flow", flows["Meter"]),
        ("closing_reason", reason),
        ("automation", mail),
        ("schema", "site"),
    ]
    for kind, id in stored:
        world.stored(kind, id, lambda body: plant(copy.deepcopy(body)))
    assert world.changes() == {}
    before = {(kind, id): world.stored(kind, id) for kind, id in stored}
    bundle = make.bundle("meter", description="Neu")
    bundle["spec"]["automations"]["mail"]["enabled"] = False
    site = make.schema("site", make.text("street", placeholder="Weg"), make.relation("owner", "contact"))
    world.put(
        make.reason("won", title="G"),
        site,
        bundle,
        make.flow("house", description="Neu", closing_reasons=[{"ref": "won"}]),
    )
    run = world.apply()
    assert (run.problems, run.code) == ([], 0)
    after = {(kind, id): world.stored(kind, id) for kind, id in stored}
    for key, changed in zip(
        stored,
        (["description", "closing_reasons"], ["description"], ["title"], ["enabled"], ["attributes"]),
        strict=True,
    ):
        was, now = (json.dumps(without(each[key], *changed), sort_keys=True) for each in (before, after))
        assert was == now, key
    was, now = (each["schema", "site"]["attributes"] for each in (before, after))
    assert now == [{**was[0], "placeholder": "Weg"}, *was[1:]]
    world.converges()


# --- removals


def test_what_is_no_longer_in_the_repository_goes_under_guards(world: World, make: Make) -> None:
    world.put(*everything(make), make.reason("erase", {"policy": {"removal": "delete"}}), make.reason("kept"))
    world.apply()
    world.only_these(make.reason("kept"))
    planned = world.plan()
    assert planned.plan.summary == {"delete": 4, "deactivate": 1, "uninstall": 1}
    heard = frozenset(name for change in planned.plan.changes for name, _ in change.losses)
    with pytest.raises(Refused) as refusal:
        world.apply(consent=Consent(accept_data_loss=heard))
    assert {each.rule for each in refusal.value.problems} == {"removals"}
    with pytest.raises(Refused):
        world.apply(consent=Consent(allow_delete=5, accept_data_loss=heard))
    run = world.apply(consent=Consent(allow_delete=6, accept_data_loss=heard))
    assert (set(run.ends.values()), run.code) == ({"done"}, 0)
    assert [str(each) for each in world.state().entries] == ["ClosingReason/kept"]
    assert sorted((each["title"], each["status"]) for each in world.listed("ClosingReason")) == [
        ("Kept", "ACTIVE"),
        ("Won", "INACTIVE"),
    ]
    assert (world.listed("FlowTemplate"), world.listed("AppInstallation"), world.listed("AutomationFlow")) == (
        [],
        [],
        [],
    )
    assert world.one("RetentionConfig")["enabled"] is False
    world.converges()


def test_a_protected_object_is_not_removed(world: World, make: Make) -> None:
    world.put(make.reason("won", {"protect": True}), make.reason("kept"))
    world.apply()
    world.drop("ClosingReason/won")
    with pytest.raises(Refused) as refusal:
        world.apply(consent=Consent(allow_delete=-1))
    assert messages(refusal) == ["ClosingReason/won is protected and would be removed"]
    assert world.apply(consent=Consent(allow_delete=-1, allow_protected=frozenset({"ClosingReason/won"}))).code == 0


def test_a_schema_with_entities_is_not_deleted(world: World, make: Make) -> None:
    world.put(make.schema("site", make.text("street")), make.reason("kept"))
    world.apply()
    world.ask("POST /v1/entity/site", {"street": "Weg 1"})
    world.drop("EntitySchema/site")
    said = (
        'EntitySchema/site "Site" stays as it is: entities of `site` exist (1) (its manifest is gone); it goes once '
        "that is no longer so; `syncer state rm EntitySchema/site` lets go of it"
    )
    plan = world.plan().plan
    assert (plan.changes, [each.message for each in plan.notices]) == ((), [said])
    run = world.apply()
    assert (run.code, run.calls, Address("EntitySchema", "site") in world.state().entries) == (0, [], True)


def test_what_is_gone_already_is_forgotten(world: World, make: Make) -> None:
    world.put(make.reason("won"), make.reason("inactive"), make.reason("kept"))
    world.apply()
    entries = world.state().entries
    world.ask(f"DELETE /v2/workflows/closing-reasons/{entries[('ClosingReason', 'won')].live_id}")
    world.ask(
        f"PATCH /v2/workflows/closing-reasons/{entries[('ClosingReason', 'inactive')].live_id}", {"status": "INACTIVE"}
    )
    world.drop("ClosingReason/won", "ClosingReason/inactive")
    run = world.apply()
    assert (run.calls, list(world.state().entries)) == ([], [("ClosingReason", "kept")])


def test_an_object_that_moved_is_not_removed(world: World, make: Make) -> None:
    """The object is read again before it goes; somebody changed it since the plan."""
    world.put(make.reason("won", {"policy": {"removal": "delete"}}), make.reason("kept"))
    world.apply()
    live = world.state().entries[("ClosingReason", "won")].live_id
    world.drop("ClosingReason/won")

    def meddle(request: Any) -> None:
        if request.method == "GET" and request.url.path.endswith(live):
            world.wire.before = lambda request: None
            world.ask(f"PATCH /v2/workflows/closing-reasons/{live}", {"title": "Doch wichtig"})

    world.wire.before = meddle
    run = world.apply()
    assert (run.ends, run.calls[1:]) == ({"ClosingReason/won": "failed"}, [])
    assert world.one("ClosingReason", id=live)["title"] == "Doch wichtig"


def test_guards_of_first_contact_and_of_a_vanished_kind(world: World, make: Make) -> None:
    world.seed({"closing_reasons": [{"id": "A" * 21, "title": "Fremd"}]})
    world.put(*[make.reason(f"r{n}") for n in range(3)])
    with pytest.raises(Refused) as refusal:
        world.apply(consent=Consent())
    assert [each.rule for each in refusal.value.problems] == ["first-contact"]
    assert world.apply(consent=Consent(first_contact=True)).code == 0
    for each in world.listed("ClosingReason"):
        world.ask(f"DELETE /v2/workflows/closing-reasons/{each['id']}")
    with pytest.raises(Refused) as refusal:
        world.apply(consent=Consent())
    assert [each.rule for each in refusal.value.problems] == ["mass-missing"]
    world.only_these()
    with pytest.raises(Refused) as refusal:
        world.apply(consent=Consent(allow_missing=frozenset({"ClosingReason"})))
    assert [each.rule for each in refusal.value.problems] == ["no-manifests"]


# --- apps and secrets


def secrets(world: World) -> dict[str, str]:
    (entry,) = world.state().entries.values()
    return dict(entry.secrets)


def test_a_secret_is_sent_when_it_changed_and_else_not(world: World, make: Make) -> None:
    world.put(make.installation())
    first = world.apply()
    sent = json.loads(json.dumps(first.requests[-2]["body"]))
    assert {"key": "api_key", "value": "hush-hush-1"} in sent["option_values"][0]["options"]
    (label,) = secrets(world)
    assert secrets(world)[label].startswith("scrypt$")
    world.converges()
    world.env = {"SYNCER_KEY": "another-2"}
    assert world.changes() == {"AppInstallation/credit": ["update", f"{label} (ours)"]}
    run = world.apply()
    assert run.calls == [f"PATCH /v1/app/{make.APP}"]
    options = next(each["body"] for each in run.requests if each["method"] == "PATCH")["option_values"][0]["options"]
    assert options == [{"key": "region", "value": "DE-NW"}, {"key": "api_key", "value": "another-2"}]
    world.converges()


def test_a_secret_unknown_to_state_is_said_and_sent_only_when_asked(world: World, make: Make) -> None:
    world.put(make.installation())
    world.apply()
    world.forget()
    planned = world.plan()
    assert planned.plan.changes == ()
    assert [each.rule for each in planned.plan.notices] == ["secret-unverified"]
    assert world.apply().calls == []
    assert len(world.apply(resend_secrets=True).calls) == 1
    assert world.plan().plan.notices == ()
    world.converges()


def test_only_a_secret_in_a_field_for_secrets_is_no_risk(world: World, make: Make) -> None:
    """The app declares `api_key` a secret and `region` a text, which goes back to whoever asks."""
    world.put(make.installation())
    (change,) = world.plan().plan.changes
    assert (change.level, change.reasons) == ("safe", ())
    world.apply()
    world.put(make.installation(options=[{"key": "region", "value": "DE-${env.SYNCER_KEY}"}]))
    (change,) = world.plan().plan.changes
    place = f"option_values[{make.COMPONENT}].options[region].value"
    said = f"the secret SYNCER_KEY goes into `{place}`, which is no field for secrets"
    assert [(each.path, each.level, each.reason) for each in change.fields] == [(place, "risky", said)]
    assert (change.level, change.reasons) == ("risky", (said,))


def test_no_secret_stands_in_a_plan(world: World, make: Make, tmp_path: Any) -> None:
    world.put(make.installation())
    save_plan(tmp_path / "plan.json", world.plan().plan, ())
    text = (tmp_path / "plan.json").read_text("utf-8")
    assert "hush" not in text
    assert '{"secret": "env.SYNCER_KEY"}' in text.replace("\n", "").replace("  ", "") or '"secret"' in text


TWO, PART = "a1111111-1111-4111-8111-111111111111", "c1111111-1111-4111-8111-111111111111"
"""An app with two secrets, one of them optional, and its component."""


def two_secrets(world: World, make: Make, *options: Any, **spec: Any) -> Any:
    """A manifest of that app, which is on offer from now on."""
    declared = [
        {"key": "region", "label": "Region", "type": "text", "required": True},
        {"key": "api_key", "label": "Key", "type": "secret", "required": True},
        {"key": "other", "label": "Other", "type": "secret"},
    ]
    part = {"id": PART, "component_type": "CUSTOM_FLOW_ACTION", "name": {"de": "Teil"}, "options": declared}
    versions = [{"version": each, "visibility": "public", "components": [part]} for each in ("1.0.0", "1.1.0")]
    app = {"app_id": TWO, "name": "Probe", "owner_org_id": "100001", "versions": versions}
    world.seed({"app_configurations": [app]})
    values = [{"component_id": PART, "options": [*options, {"key": "api_key", "value": "${env.SYNCER_KEY}"}]}]
    return make.document(
        "AppInstallation", "probe", {"app_id": TWO, "version": "1.0.0", "option_values": values, **spec}
    )


def with_region(region: str) -> Any:
    return {"key": "region", "value": region}


WAYS: dict[str, tuple[Callable[[World, Make], Any], dict[str, Any]]] = {
    # case: what makes a plan write options, how it is planned
    "another secret": (lambda w, m: w.env.update(SYNCER_KEY="another-2"), {}),
    "every secret again": (lambda w, m: None, {"resend_secrets": True}),
    "another option": (lambda w, m: w.put(two_secrets(w, m, with_region("sued"))), {}),
    "another version and another option": (
        lambda w, m: w.put(two_secrets(w, m, with_region("sued"), version="1.1.0")), {},
    ),
    "another version and another secret": (
        lambda w, m: (
            w.put(two_secrets(w, m, with_region("nord"), version="1.1.0")), w.env.update(SYNCER_KEY="another-2"),
        ),
        {},
    ),
    "switched off by hand": (lambda w, m: w.stored("installation", TWO, lambda body: {**body, "saved": False}), {}),
    "left off by a move": (
        lambda w, m: (w.put(two_secrets(w, m, with_region("nord"), version="1.1.0")), w.apply()), {},
    ),
    "taken over": (lambda w, m: (w.forget(), w.put(two_secrets(w, m, with_region("sued")))), {}),
}  # fmt: skip


@pytest.mark.parametrize("shown", ["omitted", "masked"])
@pytest.mark.parametrize(("change", "how"), WAYS.values(), ids=WAYS)
def test_a_secret_that_somebody_set_by_hand_outlives_whatever_writes_options(
    make_world: Any, make: Make, shown: str, change: Any, how: Any
) -> None:
    """The platform replaces the options: what is not among them would be gone, and no backup holds it."""
    world = make_world(app_secrets=shown)
    world.put(two_secrets(world, make, with_region("nord")))
    world.apply()
    by_hand = [with_region("nord"), {"key": "api_key", "value": "hush-hush-1"}, {"key": "other", "value": "by hand"}]
    world.ask(f"PATCH /v1/app/{TWO}", {"option_values": [{"component_id": PART, "options": by_hand}]})
    change(world, make)
    before, asked = world.stored("installation", TWO), len(world.requests())
    with pytest.raises(InvalidInput) as refusal:
        world.apply(**how)
    assert [each[:2] + each[3:6] for each in refusal.value.problems] == [
        (
            "unmanaged-secret",
            "option `other` is a secret that no manifest knows, and saving the other options would wipe it",
            "$.spec.option_values[0].options",
            f'declare it under `component_id: {PART}`: `{{key: other, value: "${{env.SYNCER_PROBE_OTHER}}"}}`',
            "error",
        )
    ]
    assert refusal.value.problems[0].at.file == "config/AppInstallation-probe.json"
    assert [each for each in world.requests()[asked:] if each["method"] not in {"GET", "HEAD"}] == []
    assert world.stored("installation", TWO) == before


def test_a_secret_that_appears_after_the_plan_is_not_wiped_either(world: World, make: Make) -> None:
    """Its owner brings another declaration out, and somebody sets it: no field that a plan compares shows that."""
    world.put(make.checker())
    world.apply()
    world.put(make.checker(text="Wohin?"))
    app = world.one("AppInstallation")["app_id"]

    def appear(body: Any) -> Any:
        part = body["version"]["components"][0]
        part["options"] = [*part["options"], {"key": "pin", "label": "Pin", "type": "secret"}]
        body["values"][part["id"]]["pin"] = "sealed"
        return body

    def before(request: Any) -> None:
        if request.url.path == f"/v1/app/{app}" and "pin" not in str(world.stored("installation", app)["values"]):
            world.stored("installation", app, appear)

    world.wire.before = before
    run = world.apply()
    said = "option `pin` is a secret that no manifest knows, and saving the other options would wipe it"
    assert (run.calls, run.code, run.problems) == ([], 4, [f"AppInstallation/address: {said}"])
    assert "pin" in str(world.stored("installation", app)["values"])


def test_an_app_that_somebody_installs_meanwhile_is_not_installed_over(world: World, make: Make) -> None:
    """Installing is an upsert: what is not in it would be gone."""
    world.put(two_secrets(world, make, with_region("nord")))
    theirs = [with_region("sued"), {"key": "api_key", "value": "theirs"}, {"key": "other", "value": "by hand"}]

    def before(request: Any) -> None:
        if request.url.path == f"/v1/app/{TWO}" and not world.listed("AppInstallation"):
            values = [{"component_id": PART, "options": theirs}]
            world.ask(f"POST /v1/app/{TWO}", {"version": "1.0.0", "option_values": values})

    world.wire.before = before
    run = world.apply()
    said = f"AppInstallation/probe: `{TWO}` has appeared in the organisation since the plan"
    by_hand = f"POST /v1/app/{TWO}"
    assert (run.code, run.problems, run.calls) == (4, [said], [by_hand])
    assert set(world.stored("installation", TWO)["values"][PART]) == {"region", "api_key", "other"}


def test_with_the_line_that_declares_it_the_secret_is_sent_along(world: World, make: Make) -> None:
    world.put(two_secrets(world, make, with_region("nord")))
    world.apply()
    world.env = {"SYNCER_KEY": "another-2", "SYNCER_PROBE_OTHER": "by hand"}
    other = {"key": "other", "value": "${env.SYNCER_PROBE_OTHER}"}
    world.put(two_secrets(world, make, with_region("nord"), other))
    assert world.apply().calls == [f"PATCH /v1/app/{TWO}"]
    assert set(world.stored("installation", TWO)["values"][PART]) == {"region", "api_key", "other"}


POLICIES = {
    # installed, manifest's version, policy → what the plan does and where that leads
    "pin, older": ("1.0.0", "1.1.0", {}, "upgrade", "1.1.0"),
    "pin, newer": ("1.1.0", "1.0.0", {}, "refused", ""),
    "pin, newer, allowed": ("1.1.0", "1.0.0", {"allow_downgrade": True}, "downgrade", "1.0.0"),
    "minimum, newer": ("1.1.0", "1.0.0", {"version": "minimum"}, "", "1.1.0"),
    "minimum, older": ("1.0.0", "1.1.0", {"version": "minimum"}, "upgrade", "1.1.0"),
    "track": ("1.0.0", "1.0.0", {"version": "track"}, "upgrade", "2.0.0"),
}


@pytest.mark.parametrize(("installed", "wanted", "policy", "action", "version"), POLICIES.values(), ids=POLICIES)
def test_the_version_of_an_app_follows_its_policy(
    world: World, make: Make, installed: str, wanted: str, policy: Any, action: str, version: str
) -> None:
    world.put(make.checker(version=installed))
    world.apply()
    app = make.checker(metadata={"policy": policy}, version=wanted)
    app["spec"]["option_values"][0]["options"].append({"key": "datenquelle", "value": "amt"})
    if version not in {"2.0.0"}:
        app["spec"]["option_values"][0]["options"].pop()
    world.put(app)
    if action == "refused":
        with pytest.raises(InvalidInput) as refusal:
            world.plan()
        assert [each.rule for each in refusal.value.problems] == ["downgrade"]
        return
    assert [each.action for each in world.plan().plan.changes] == ([action] if action else [])
    assert world.apply().code == 0
    live = world.one("AppInstallation")
    assert (live["installed_version"], live["enabled"]) == (version, True)
    world.converges()


def test_a_disabled_app_is_enabled_by_saving_its_options(world: World, make: Make) -> None:
    world.put(make.checker())
    world.apply()
    world.stored("installation", world.one("AppInstallation")["app_id"], lambda body: {**body, "saved": False})
    assert world.one("AppInstallation")["enabled"] is False
    assert world.changes() == {"AppInstallation/address": ["update", "enabled (drift)"]}
    assert len(world.apply().calls) == 1
    assert world.one("AppInstallation")["enabled"] is True
    world.converges()


def test_a_disabled_app_is_left_so_where_that_is_allowed(world: World, make: Make) -> None:
    world.put(make.installation(secret=False, metadata={"policy": {"allow_disabled": True}}))
    run = world.apply()
    assert (run.code, world.one("AppInstallation")["enabled"]) == (0, False)
    world.converges()


# --- what is only said


def test_a_frozen_schema_and_one_of_a_blueprint(world: World, make: Make) -> None:
    world.put(make.schema("site", make.text("street")))
    world.apply()
    world.ask("POST /v1/entity/schemas/site/freeze", {})
    world.stored("schema", "site", lambda body: {**body, "_manifest": ["5c1cb7c4-26f6-4d6e-9b9d-6f0e3a2f7f09"]})
    world.put(make.schema("site", make.text("street"), make.text("city")))
    assert notices(world.plan()) == [
        "the schema is frozen: the change is stored, and not served to anybody until it is unfrozen",
        "a blueprint owns this schema as well and may write it again",
    ]
    run = world.apply()
    assert (run.problems, run.code) == ([], 0)
    assert world.stored("schema", "site")["_manifest"] == ["5c1cb7c4-26f6-4d6e-9b9d-6f0e3a2f7f09"]
    world.converges()


def _rules(count: int) -> list[dict[str, Any]]:
    """So many rules of entity sync."""
    return [
        {
            "trigger": {"event": "FlowStarted"},
            "value": {"source": "workflow_name"},
            "target": {"entitySchema": "opportunity", "entityAttribute": f"status_{number}"},
        }
        for number in range(count)
    ]


def test_a_flow_that_passes_a_soft_limit(make_world: Callable[..., World], make: Make) -> None:
    world = make_world(flow_limits=(("entity_sync", 20),))
    world.put(make.flow("visit", entity_sync=_rules(20)))
    world.apply()
    world.put(make.flow("visit", entity_sync=_rules(21)))
    said = "21 rules of entity sync (20 live), and at most 20 are allowed as far as is known: the platform refuses more"
    assert notices(world.plan()) == [said]
    run = world.apply()
    assert (run.code, len(world.one("FlowTemplate")["entity_sync"])) == (6, 20)


def test_retention_needs_a_start_in_the_future_when_it_goes_live(world: World, make: Make) -> None:
    plan = {"frequency": "interval", "interval_days": 7}
    world.put(make.retention(enabled=True, schedule={**plan, "start_date": "2026-03-02"}))
    with pytest.raises(InvalidInput) as refusal:
        world.plan()
    assert messages(refusal) == ["enabling this config deletes at once: `2026-03-02` is not in the future"]
    world.put(make.retention(enabled=True, schedule={**plan, "start_date": "2026-03-03"}))
    with pytest.raises(Refused) as unheard:
        world.apply(consent=Consent())
    assert [each.rule for each in unheard.value.problems] == ["data-loss"]
    assert world.apply(consent=Consent(accept_data_loss=frozenset({"RetentionConfig/old-contacts"}))).code == 0
    world.time.pass_by(10 * 24 * 3600)
    world.converges()  # it runs: its start may lie in the past by now


def test_a_saved_view_whose_filters_changed_under_a_config_that_is_off_is_said(world: World, make: Make) -> None:
    world.put(make.retention())
    world.apply()
    (view,) = [each for each in world.ask("GET /v1/entity/views")["results"] if each["name"] == "Inaktive Kontakte"]
    wider = {**view, "ui_config": {**view["ui_config"], "filters": {}}}
    world.stored("view", view["id"], lambda body: {**body, **wider})
    said = (
        "the saved view `Inaktive Kontakte` filters otherwise than was accepted: other entities are deleted, once this "
        "config is enabled, which will ask for it"
    )
    assert (notices(world.plan()), world.changes()) == ([said], {})


def test_two_configs_of_a_schema_are_refused(world: World, make: Make) -> None:
    world.put(make.retention())
    world.apply()
    live = world.one("RetentionConfig")
    store = world.app.extensions["sandbox"]
    store.put("739224", "retention", "0" * 36, {**live, "id": "0" * 36}, owner="contact")
    with pytest.raises(InvalidInput) as refusal:
        world.plan()
    assert [each.rule for each in refusal.value.problems] == ["ambiguous"]


# --- flows


def test_parts_of_an_imported_flow_are_found_again_by_their_names(world: World, make: Make) -> None:
    """An import gives tasks and automations other ids; without state unique names tell which is which."""
    world.put(make.bundle("meter"))
    world.apply()
    live = world.one("FlowTemplate")
    assert {each["id"] for each in live["tasks"]}.isdisjoint({"call", "mail"})
    (parts,) = [dict(each.parts) for each in world.state().entries.values()]
    world.forget()
    world.converges()
    (again,) = [dict(each.parts) for each in world.state().entries.values()]
    assert {group: parts[group] for group in ("nodes", "automations", "edges")} == {
        group: again[group] for group in ("nodes", "automations", "edges")
    }
    changed = make.bundle("meter")
    changed["spec"]["tasks"][0]["name"] = "Anrufen"
    world.put(changed)
    assert world.changes() == {"FlowTemplate/meter": ["update", "tasks[call].name (ours)"]}
    world.apply()
    assert [each["id"] for each in world.one("FlowTemplate")["tasks"]] == [each["id"] for each in live["tasks"]]
    world.converges()


def test_parts_of_one_name_are_not_guessed(world: World, make: Make) -> None:
    def twins() -> Any:
        flow = make.bundle("meter")
        flow["spec"]["tasks"][1:1] = [{"id": "again", "name": "Call", "task_type": "MANUAL"}]
        flow["spec"]["edges"] = [
            {"from_id": one, "to_id": other}
            for one, other in (("trigger", "call"), ("call", "again"), ("again", "mail"))
        ]
        return flow

    world.put(twins())
    world.apply()
    world.converges()
    world.forget()
    with pytest.raises(InvalidInput) as refusal:
        world.plan()
    assert {each.rule for each in refusal.value.problems} == {"parts-unclear"}


def test_a_platform_without_import(make_world: Any, make: Make) -> None:
    world = make_world(flow_export=False)
    world.put(make.bundle("meter"))
    run = world.apply()
    assert [call.split(" ")[0] + " " + call.split("/")[2] for call in run.calls] == [
        "POST flows",
        "POST automation",
        "POST automation",
        "POST flows",
        "PUT automation",
        "PUT flows",
    ]
    live = world.one("FlowTemplate")
    starts = world.one("AutomationFlow", flow_name="Start meter")
    assert starts["actions"][0]["config"]["target_workflow"] == live["id"]
    assert (live["trigger"]["automation_id"], live["enabled"]) == (starts["id"], True)
    world.converges()
    world.forget()
    world.converges()


def test_an_edge_that_the_platform_drops_keeps_the_flow_disabled(world: World, make: Make) -> None:
    """The graph is compared before the flow goes live; nothing of it reaches anybody."""
    world.put(make.flow("house", enabled=True))

    def drop(request: Any, response: Any) -> Any:
        if request.method == "POST":
            for each in world.listed("FlowTemplate"):
                world.stored("flow", each["id"], lambda body: {**body, "edges": body["edges"][:1]})
        return response

    world.wire.after = drop
    run = world.apply()
    assert run.code == 5
    assert run.problems == [
        "FlowTemplate/house: the platform dropped edge `call` → `write` without saying so; the flow stays disabled"
    ]
    live = world.one("FlowTemplate")
    assert (live["enabled"], len(run.calls)) == (False, 1)
    world.well_again()
    assert world.changes() == {"FlowTemplate/house": ["update", "enabled (ours)", "edges[call||write] (ours)"]}
    world.apply()
    world.converges()


def test_a_flow_of_every_shape_converges(world: World, make: Make) -> None:
    """A loop, a decision with a default branch, phases; edited by hand, mended again."""
    world.put(
        make.flow(
            "loop",
            phases=[{"id": "one", "name": "Eins"}, {"id": "two", "name": "Zwei"}],
            tasks=[
                {"id": "call", "name": "Anrufen", "task_type": "MANUAL", "phase_id": "one"},
                {
                    "id": "ask",
                    "name": "Frage",
                    "task_type": "DECISION",
                    "phase_id": "one",
                    "trigger_mode": "manual",
                    "conditions": [
                        {"id": name, "branch_name": name.upper(), "logical_operator": "AND", "statements": []}
                        for name in ("yes", "later", "never")
                    ],
                    "loop_config": {"loop_branch_id": "later", "exit_branch_id": "never", "max_iterations": 3},
                },
                {"id": "wait", "name": "Warten", "task_type": "MANUAL", "phase_id": "one"},
                {"id": "thank", "name": "Danken", "task_type": "MANUAL", "phase_id": "one"},
                {"id": "end", "name": "Ende", "task_type": "MANUAL", "phase_id": "two"},
            ],
            edges=[
                {"from_id": "trigger", "to_id": "one"},
                {"from_id": "one", "to_id": "call"},
                {"from_id": "call", "to_id": "ask"},
                {"from_id": "ask", "to_id": "thank", "condition_id": "yes"},
                {"from_id": "ask", "to_id": "wait", "condition_id": "later", "none_met": True},
                {"from_id": "wait", "to_id": "call"},
                {"from_id": "ask", "condition_id": "never"},
                {"from_id": "one", "to_id": "two"},
                {"from_id": "two", "to_id": "end"},
            ],
        )
    )
    run = world.apply()
    assert (run.problems, run.code) == ([], 0)
    world.converges()
    world.forget()
    world.converges()
    live = world.one("FlowTemplate")
    live["tasks"][0]["name"] = "Von Hand"
    world.ask(f"PUT /v2/flows/templates/{live['id']}", live)
    assert world.changes() == {"FlowTemplate/loop": ["update", "tasks[call].name (drift)"]}
    assert world.apply().code == 0
    world.converges()


# --- lookups, selection


def test_lookups_find_what_nobody_manages(world: World, make: Make) -> None:
    world.seed({"closing_reasons": [{"id": "A" * 21, "title": "Kein Interesse"}]})
    world.put(make.flow("house", closing_reasons=[{"lookup": "Kein Interesse"}], taxonomies=[{"lookup": "Vertrag"}]))
    assert world.apply().code == 0
    live = world.one("FlowTemplate")
    assert ([each["id"] for each in live["closing_reasons"]], live["taxonomies"]) == (["A" * 21], ["purpose:vertrag"])
    world.converges()


@pytest.mark.parametrize(
    ("titles", "said"),
    [
        ([], "no live ClosingReason has the title `Kein Interesse`"),
        (["AA", "BB"], "2 live ClosingReason have the title `Kein Interesse`: "),
    ],
)
def test_a_lookup_must_find_exactly_one(world: World, make: Make, titles: list[str], said: str) -> None:
    world.seed({"closing_reasons": [{"id": id, "title": "Kein Interesse"} for id in titles]})
    world.put(make.flow("house", closing_reasons=[{"lookup": "Kein Interesse"}]))
    with pytest.raises(InvalidInput) as refusal:
        world.plan()
    assert messages(refusal) == [f"FlowTemplate/house: {said}" + ", ".join(f"`{id}`" for id in titles)]


def test_only_takes_what_is_referred_to_along(world: World, make: Make) -> None:
    world.put(*everything(make), make.reason("other"))
    assert sorted(world.changes(only=["FlowTemplate/house"])) == ["ClosingReason/won", "FlowTemplate/house"]
    run = world.apply(only=["FlowTemplate/house"])
    assert (run.ends, run.planned.plan.partial) == ({"ClosingReason/won": "done", "FlowTemplate/house": "done"}, True)
    assert sorted(world.changes()) == sorted(
        [
            "AppInstallation/address",
            "ClosingReason/other",
            "EntitySchema/site",
            "FlowTemplate/meter",
            "RetentionConfig/old-contacts",
        ]
    )
    world.apply()
    world.converges(only=["ClosingReason/*"])


def test_except_leaves_alone_also_what_is_referred_to(world: World, make: Make) -> None:
    world.put(make.reason("won"), make.flow("house", closing_reasons=[{"ref": "won"}]))
    with pytest.raises(InvalidInput) as refusal:
        world.plan(but=["ClosingReason/won"])
    assert messages(refusal) == [
        "FlowTemplate/house: it refers to ClosingReason/won, which does not exist yet and is left out by --except"
    ]
    world.apply()
    world.put(
        make.reason("won", title="Anders"), make.flow("house", description="Neu", closing_reasons=[{"ref": "won"}])
    )
    run = world.apply(but=["ClosingReason/*"])
    assert run.ends == {"FlowTemplate/house": "done"}
    assert world.one("ClosingReason")["title"] == "Won"
    assert world.changes() == {"ClosingReason/won": ["update", "title (ours)"]}


def test_a_selection_removes_only_what_it_names(world: World, make: Make) -> None:
    world.put(make.reason("a"), make.reason("b"), make.flow("house"))
    world.apply()
    world.only_these(make.reason("b"))
    assert list(world.changes(only=["ClosingReason/*"])) == ["ClosingReason/a"]
    assert list(world.changes(but=["ClosingReason/*"])) == ["FlowTemplate/house"]
    with pytest.raises(InvalidInput, match="fits no address"):
        world.plan(only=["ClosingReason/x"])


# --- saved plans


def saved(world: World, **how: Any) -> Any:
    """A plan, saved and read again, as `apply FILE` gets it."""
    path = world.folder / "plan.json"
    save_plan(path, world.plan(**how).plan, ())
    return load_plan(path)


def test_a_saved_plan_is_applied_if_it_is_still_true(world: World, make: Make) -> None:
    world.put(*everything(make), make.installation())
    plan = saved(world)
    run = world.apply(saved=plan)
    assert (run.code, run.planned.plan.id) == (0, plan.id)
    world.put(make.reason("won", title="G"), make.installation(options=[{"key": "region", "value": "DE-BY"}]))
    world.env = {"SYNCER_KEY": "another-2"}
    assert world.apply(saved=saved(world)).code == 0
    world.drop("FlowTemplate/house")
    assert world.apply(saved=saved(world)).code == 0
    world.converges()
    assert world.apply(saved=saved(world)).code == 0


def test_a_saved_plan_is_still_true_when_something_else_moved(world: World, make: Make) -> None:
    world.put(make.installation(), make.reason("won"))
    world.apply()
    world.put(make.installation(options=[{"key": "region", "value": "DE-BY"}]))
    plan = saved(world)
    world.ask("POST /v1/workflows/closing-reasons", {"title": "Fremd"})
    world.put(make.schema("site", make.text("street")))
    world.drop("EntitySchema/site")
    assert world.apply(saved=plan).code == 0


def by_manifest(world: World, make: Make) -> None:
    world.put(make.reason("won", title="Noch anders"))


def by_variable(world: World, make: Make) -> None:
    text = (world.folder / "syncer.yaml").read_text("utf-8").replace("Gewonnen", "Anders")
    (world.folder / "syncer.yaml").write_text(text, "utf-8")


def by_hand(world: World, make: Make) -> None:
    world.ask(f"PATCH /v2/workflows/closing-reasons/{world.one('ClosingReason', title='Won')['id']}", {"title": "Hand"})


def by_deletion(world: World, make: Make) -> None:
    world.ask(f"DELETE /v2/workflows/closing-reasons/{world.one('ClosingReason', title='Won')['id']}")


def by_new_manifest(world: World, make: Make) -> None:
    world.put(make.reason("zusatz"))


def by_being_applied(world: World, make: Make) -> None:
    world.apply()


def by_appearance(world: World, make: Make) -> None:
    world.ask("POST /v1/workflows/closing-reasons", {"title": "New"})


STALE = {
    "a manifest was edited": (by_manifest, "ClosingReason/won: its manifest, or a variable it uses, has changed"),
    "a variable was changed": (by_variable, "ClosingReason/var: its manifest, or a variable it uses, has changed"),
    "an object was changed by hand": (by_hand, "ClosingReason/won: it was changed in the organisation"),
    "an object was deleted": (by_deletion, "ClosingReason/won: it was changed in the organisation"),
    "a manifest was added": (
        by_new_manifest,
        "ClosingReason/zusatz: the plan does not have it, and now it needs: create",
    ),
    "it was applied": (by_being_applied, "ClosingReason/new: the plan says create, and now there is nothing to do"),
    "an object has appeared": (
        by_appearance,
        "ClosingReason/new: the plan says create, and now there is nothing to do",
    ),
}


@pytest.mark.parametrize(("move", "said"), STALE.values(), ids=STALE)
def test_a_saved_plan_that_is_no_longer_true_writes_nothing(world: World, make: Make, move: Any, said: str) -> None:
    world.put(make.reason("won"), make.reason("var", title="V"))
    world.apply()
    world.put(make.reason("won", title="G"), make.reason("new"), make.reason("var", title="${var.title}"))
    plan = saved(world)
    move(world, make)
    seen = len(world.requests())
    with pytest.raises(Refused) as refusal:
        world.apply(saved=plan)
    assert said in messages(refusal)
    assert not [each for each in world.requests()[seen:] if each["method"] != "GET"]


def test_a_plan_of_another_environment_is_refused(world: World, make: Make) -> None:
    world.put(make.reason("won"))
    plan = saved(world)
    world.environment = "other"
    with pytest.raises(Refused) as refusal:
        world.apply(saved=plan)
    assert messages(refusal) == [
        "the plan was made for environment `test`, and this is `other`",
        "the plan was made for org_id `739224`, and this is `911042`",
        "the saved plan is no longer true; nothing was written",
    ]


def test_a_plan_writes_nothing_and_cannot(world: World, make: Make) -> None:
    world.token = "reader"
    world.put(*everything(make))
    world.plan()
    assert {each["status"] for each in world.requests()} <= {200, 404}


# --- ids written out, and first contact with a part


def test_an_id_that_nothing_has_is_named(world: World, make: Make) -> None:
    """Also where no manifest is of that kind; the id of a live object is only warned about."""
    world.seed({"closing_reasons": [{"id": "A" * 21, "title": "Won"}]})
    world.put(make.flow("house", closing_reasons=[{"id": "A" * 21}, {"id": "x739cew"}]))
    with pytest.raises(InvalidInput) as refusal:
        world.plan()
    found = [each for each in refusal.value.problems if each.severity == "error"]
    assert [(each.rule, each.message, each.path) for each in found] == [
        (
            "unknown-key",
            "FlowTemplate/house: nothing in the organisation is the ClosingReason `x739cew`",
            "$.spec.closing_reasons[1].id",
        )
    ]
    world.put(make.flow("house", closing_reasons=[{"id": "A" * 21}]))
    world.apply()
    world.converges()


def test_an_id_of_nothing_that_is_live_so_holds_up_no_plan(world: World, make: Make) -> None:
    """Somebody removed the reason and left the reference: what a pull writes of that must be a plan of nothing."""
    world.seed({"closing_reasons": [{"id": "A" * 21, "title": "Won"}, {"id": "B" * 21, "title": "Lost"}]})
    world.put(make.flow("house", closing_reasons=[{"id": "A" * 21}, {"id": "B" * 21}]))
    world.apply()
    gone = world.one("FlowTemplate")["id"]
    world.stored("flow", gone, lambda body: {**body, "closing_reasons": [{"id": "A" * 21}, {"id": "x739cew"}]})
    world.put(make.flow("house", closing_reasons=[{"id": "A" * 21}, {"id": "x739cew"}]))
    planned = world.plan()
    assert planned.plan.changes == ()
    found = [each for each in planned.problems if each.rule == "unknown-key"]
    assert [(each.severity, each.message, each.path) for each in found] == [
        (
            "warning",
            "FlowTemplate/house: nothing in the organisation is the ClosingReason `x739cew`, and the live object "
            "refers to it all the same",
            "$.spec.closing_reasons[1].id",
        )
    ]
    world.put(make.flow("house", closing_reasons=[{"id": "A" * 21}, {"id": "x739cex"}]))
    with pytest.raises(InvalidInput):
        world.plan()


def test_with_only_a_part_what_the_other_manifests_describe_is_no_stranger(world: World, make: Make) -> None:
    """Without state, live objects of manifests that were not chosen belong to these, and to nobody else."""
    world.seed({"closing_reasons": [{"id": "A" * 21, "title": "Won"}]})
    world.put(make.reason("won"), make.reason("lost"))
    only = {"only": ["ClosingReason/lost"]}
    assert world.apply(consent=Consent(), **only).ends == {"ClosingReason/lost": "done"}
    world.forget()
    world.seed({"closing_reasons": [{"id": "B" * 21, "title": "Fremd"}]})
    world.put(make.reason("new"))
    with pytest.raises(Refused) as refusal:
        world.apply(consent=Consent(), only=["ClosingReason/new"])
    assert messages(refusal) == [
        "there is no state, 1 ClosingReason would be created, and the organisation holds 1 that no manifest claims"
    ]


def test_a_task_that_somebody_deleted_is_drift_and_comes_back_as_the_same_one(world: World, make: Make) -> None:
    """An import gave the tasks their ids: the one that is gone has another than its local key."""
    world.put(make.bundle("meter"))
    world.apply()
    flow = world.one("FlowTemplate")
    gone = flow["tasks"][0]["id"]

    def cut(body: Any) -> None:
        body["tasks"] = [each for each in body["tasks"] if each["id"] != gone]
        body["edges"] = [each for each in body["edges"] if gone not in (each["from_id"], each["to_id"])]

    world.stored("flow", flow["id"], cut)
    fields = ["tasks[call] (drift)", "edges[trigger||call] (drift)", "edges[call||mail] (drift)"]
    assert world.changes() == {"FlowTemplate/meter": ["update", *fields]}
    assert world.apply().code == 0
    assert sorted(each["id"] for each in world.one("FlowTemplate")["tasks"]) == sorted(
        each["id"] for each in flow["tasks"]
    )
    world.converges()


# --- messages speak of the manifest


ASKED = {
    "source": {
        "origin": "trigger",
        "origin_type": "entity",
        "schema": "contact",
        "attribute": "customer_type",
        "attribute_type": "select",
    },
    "operator": "equals",
    "values": ["PRIVATE"],
}
SORTED: dict[str, Any] = {
    "tasks": [
        {
            "id": "kind",
            "name": "Which?",
            "task_type": "DECISION",
            "trigger_mode": "automatic",
            "conditions": [
                {"id": "one", "branch_name": "One", "logical_operator": "AND", "statements": [ASKED]},
                {"id": "else", "branch_name": "Else", "logical_operator": "AND"},
            ],
        },
        {"id": "x", "name": "X", "task_type": "MANUAL"},
        {"id": "y", "name": "Y", "task_type": "MANUAL"},
    ],
    "edges": [
        {"from_id": "trigger", "to_id": "kind"},
        {"from_id": "kind", "to_id": "x", "condition_id": "one"},
        {"from_id": "kind", "to_id": "y", "condition_id": "else", "none_met": True},
    ],
}
UNNAMED = {
    # what is left out: the part as the message calls it
    "the default branch": (("tasks", 0, "conditions", 1), "branch_name", "`else` in tasks is new and needs `branch_name`"),  # noqa: E501
    "a branch": (("tasks", 0, "conditions", 0), "branch_name", "`one` in tasks is new and needs `branch_name`"),
    "a decision": (("tasks", 0), "name", "`kind` in tasks is new and needs `name`"),
    "a task": (("tasks", 2), "name", "`y` in tasks is new and needs `name`"),
}  # fmt: skip


@pytest.mark.parametrize(("path", "name", "message"), UNNAMED.values(), ids=UNNAMED)
@pytest.mark.parametrize("live", [False, True], ids=["a new flow", "a flow that gains it"])
def test_what_a_part_lacks_is_said_with_its_own_key(
    world: World, make: Make, live: bool, path: tuple[str | int, ...], name: str, message: str
) -> None:
    """Its id on the platform stands in no file: nobody could look for it."""
    if live:
        world.put(make.flow("sort"))
        world.apply()
    spec = copy.deepcopy(SORTED)
    part: Any = spec
    for step in path:
        part = part[step]
    del part[name]
    world.put(make.flow("sort", **spec))
    with pytest.raises(InvalidInput) as refusal:
        world.plan()
    assert messages(refusal) == [f"FlowTemplate/sort: {message}"]


def test_another_order_in_the_file_is_said_while_it_differs(world: World, make: Make) -> None:
    """An apply moves no attribute; what it does not do, the plan says."""

    def orders() -> list[str]:
        return [each.message for each in world.plan().plan.notices if each.rule == "other-order"]

    first, second, third = make.text("a"), make.text("b"), make.text("c")
    world.put(make.schema("site", first, second))
    world.apply()
    assert orders() == []
    said = "EntitySchema/site: `attributes` has another order in the organisation, and an apply leaves it so"
    world.put(make.schema("site", second, first))
    assert (world.changes(), orders()) == ({}, [said])
    assert world.apply().calls == []
    assert orders() == [said]
    world.put(make.schema("site", first, third, second))  # the new one comes last
    world.apply()
    assert (world.changes(), orders()) == ({}, [said])
    world.put(make.schema("site", first, second, third))
    assert orders() == []


def test_a_circle_of_schemas_stands_in_the_order_of_the_files(world: World, make: Make) -> None:
    """The attribute that closes it is sent in a second go, and stands where the file has it all the same."""
    there = {"name": "other", "label": "Other", "type": "relation", "allowedSchemas": ["two"]}
    back = {"name": "other", "label": "Other", "type": "relation", "allowedSchemas": ["one"]}
    world.put(make.schema("one", make.text("a"), there, make.text("b")))
    world.put(make.schema("two", make.text("a"), back, make.text("b")))
    world.apply()
    for slug in ("one", "two"):
        live = world.ask(f"GET /v1/entity/schemas/{slug}?latest=true")["attributes"]
        assert [each["name"] for each in live] == ["a", "other", "b"]
    assert world.plan().plan.notices == ()


def test_an_order_that_means_nothing_is_not_told(world: World, make: Make) -> None:
    world.put(make.flow("sort", **copy.deepcopy(SORTED)))
    world.apply()
    flow = world.one("FlowTemplate", name="Sort")
    world.stored("flow", flow["id"], lambda body: {**body, "edges": body["edges"][::-1]})
    assert (world.changes(), [each for each in world.plan().plan.notices if each.rule == "other-order"]) == ({}, [])
