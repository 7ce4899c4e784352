"""Promotion case by case: what is bundled, what becomes a variable, what is missing, and what is left alone."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from simulation.promotions import Two, pulled
from simulation.world import writes
from syncer.model.diagnostic import InvalidInput, PlatformError

Json, World, Make = Any, Any, Any


@pytest.fixture
def two(world: World, tmp_path: Path) -> Two:
    """A repository without a manifest between two organisations without configuration of ours."""
    return Two(world, tmp_path / "between")


@pytest.fixture
def live(world: World, tmp_path: Path) -> Callable[..., None]:
    """`live("other", *manifests)`: what they describe is live there, made by somebody else's repository."""

    def made(environment: str, *documents: Json) -> None:
        was, here = world.folder, world.environment
        world.folder, world.environment = tmp_path / f"theirs-{environment}", environment
        (world.folder / "config").mkdir(parents=True, exist_ok=True)
        (world.folder / "syncer.yaml").write_text((was / "syncer.yaml").read_text("utf-8"), "utf-8")
        world.manifests.clear()
        world.put(*documents)
        assert world.apply().code == 0
        world.manifests.clear()
        world.folder, world.environment = was, here

    return made


def of(promotion: Any, kind: str) -> list[tuple[str, bool, str, str]]:
    """Name, whether the target has an id, how it was found, and the note; of the pairs of one kind."""
    return [(each.name, bool(each.target), each.how, each.note) for each in promotion.pairs if each.kind == kind]


def said(problems: Any) -> list[str]:
    return [each.message for each in problems]


def test_a_flow_brings_its_automations_along_and_the_sources_plan_stays_empty(
    two: Two, live: Callable[..., None], make: Make
) -> None:
    live("test", make.bundle("visit"))
    promotion = two.promote()
    assert said(promotion.missing) == ["`mail.m_1` is not among the `ids` of `other`: FlowTemplate/visit needs it"]
    assert (
        promotion.missing[0].hint == 'write `mail.m_1: …` below `ids` of `other` in syncer.yaml; in `test` it is "m-1"'
    )
    assert list(two.files()) == ["syncer.yaml"]
    two.provide(promotion)
    promotion = two.promote("FlowTemplate/*")
    assert of(promotion, "AutomationFlow") == [
        ("visit/mail_visit", False, "created by the apply", ""),
        ("visit/start_visit", False, "created by the apply", ""),
    ]
    assert of(promotion, "mail") == [("id.mail.m_1", True, "ids", "")]
    flow = two.manifest("config/flows/visit.yaml")
    assert flow["metadata"] == {"name": "visit", "environments": ["test", "other"]}
    assert flow["spec"]["trigger"]["automation_id"] == {"automation": "start_visit"}
    assert flow["spec"]["automations"]["mail_visit"]["actions"] == [
        {
            "name": "Mail",
            "type": "send-email",
            "config": {"email_template_id": "${id.mail.m_1}", "language_code": "de"},
        }
    ]
    start = flow["spec"]["automations"]["start_visit"]["actions"][0]
    assert start["config"] == {"target_workflow": {"ref": "visit"}}
    assert two.changes("test") == {}
    two.within("test").forget()
    assert two.changes("test") == {}  # which of its automations is which is seen by where it is used
    assert two.within("other").apply().calls[0] == "POST /v2/flows/templates/import"
    mail = two.ask("GET /v1/automation/flows?include_flows=true&size=100")["results"]
    assert sorted(each["flow_name"] for each in mail) == ["Mail visit", "Start visit"]
    assert two.changes("other") == {}


def test_a_manifest_that_is_there_is_edited_and_keeps_its_comments(
    two: Two, live: Callable[..., None], make: Make
) -> None:
    live("test", make.bundle("visit"))
    pulled(two)
    file = two.world.folder / "config/flows/visit.yaml"
    text = "# ours\n" + file.read_text("utf-8").replace("environments: [test]", "environments: [test] # at first")
    file.write_text(text, "utf-8")
    assert "lookup: Mail visit" in text
    two.provide(two.promote("FlowTemplate/visit"))
    promotion = two.promote("FlowTemplate/visit")
    assert promotion.missing == []
    assert list(promotion.changes.files) == ["config/flows/visit.yaml"]
    after = file.read_text("utf-8")
    assert after.startswith("# ours\n")
    assert "environments: [test, other] # at first\n" in after
    gone = {"environments: [test] # at first", "flow_id: {lookup: Mail visit}", "automation_id: {lookup: Start visit}"}
    assert {line.strip() for line in text.splitlines()} - {line.strip() for line in after.splitlines()} == gone
    assert (two.changes("test"), two.within("other").apply().code, two.changes("other")) == ({}, 0, {})


@pytest.mark.parametrize("first", [False, True], ids=["new", "pulled before"])
def test_what_looks_like_a_secret_becomes_a_variable_and_its_value_stands_nowhere(
    two: Two, live: Callable[..., None], make: Make, first: bool
) -> None:
    live("test", make.bundle("visit"))
    mail = two.world.one("AutomationFlow", flow_name="Mail visit")
    config = {"email_template_id": "m-1", "api_key": "plain", "headers": [{"key": "X-Auth", "value": "hush-1"}]}
    mail["actions"][0]["config"] = config
    two.world.ask(f"PUT /v1/automation/flows/{mail['id']}", mail)
    if first:
        pulled(two)
    two.provide(two.promote("FlowTemplate/visit"))
    promotion = two.promote("FlowTemplate/visit")
    place = ("automations", "mail_visit", "actions", 0, "config")
    named = {"api_key": "SYNCER_VISIT_MAIL_VISIT_API_KEY", "X-Auth": "SYNCER_VISIT_MAIL_VISIT_X_AUTH"}
    assert [
        (str(address), [(each.path, each.variable) for each in some]) for address, some in promotion.secrets.items()
    ] == [
        (
            "FlowTemplate/visit",
            [((*place, "api_key"), named["api_key"]), ((*place, "headers", 0, "value"), named["X-Auth"])],
        )
    ]
    said = two.manifest("config/flows/visit.yaml")["spec"]["automations"]["mail_visit"]["actions"][0]["config"]
    assert (said["api_key"], said["headers"][0]["value"]) == tuple(f"${{env.{each}}}" for each in named.values())
    files = [*two.files().values(), *(each.read_bytes() for each in two.world.folder.rglob(".syncer/**/*.*"))]
    assert [each for each in files if b"plain" in each or b"hush-1" in each] == []
    with pytest.raises(InvalidInput) as refusal:
        two.within("other").apply()
    assert [each.rule for each in refusal.value.problems] == ["env-missing", "env-missing"]
    two.world.env |= {named["api_key"]: "plain", named["X-Auth"]: "hush-1"}
    assert two.changes("test") == {}
    two.world.env |= {named["api_key"]: "their own"}
    assert two.within("other").apply().code == 0
    theirs = two.ask("GET /v1/automation/flows?include_flows=true&size=100")["results"]
    (sent,) = [each["actions"][0]["config"] for each in theirs if each["flow_name"] == "Mail visit"]
    assert (sent["api_key"], sent["headers"][0]["value"]) == ("their own", "hush-1")


def test_what_both_have_under_one_title_is_looked_up_and_not_made_again(
    two: Two, live: Callable[..., None], make: Make
) -> None:
    live("test", make.bundle("visit"))
    live("other", make.bundle("elsewhere", name="Anderes"))
    for each in two.ask("GET /v1/automation/flows?include_flows=true&size=100")["results"]:
        body = {**each, "flow_name": each["flow_name"].replace("elsewhere", "visit")}
        two.ask(f"PUT /v1/automation/flows/{each['id']}", body)
    promotion = two.promote("FlowTemplate/visit")
    assert promotion.missing == []
    assert of(promotion, "AutomationFlow") == [("Mail visit", True, "lookup", ""), ("Start visit", True, "lookup", "")]
    assert "automations" not in two.manifest("config/flows/visit.yaml")["spec"]


def test_an_automation_that_two_flows_use_is_part_of_neither(two: Two, live: Callable[..., None], make: Make) -> None:
    live("test", make.bundle("visit"), make.flow("plain"))
    mail = next(each["id"] for each in two.world.listed("AutomationFlow") if each["flow_name"] == "Mail visit")
    plain = two.world.one("FlowTemplate", name="Plain")
    plain["tasks"][0] |= {"task_type": "AUTOMATION", "automation_config": {"flow_id": mail}}
    two.world.ask(f"PUT /v2/flows/templates/{plain['id']}", plain)
    promotion = two.promote()
    assert said(promotion.missing) == [
        "FlowTemplate/plain: no live AutomationFlow has the title `Mail visit`",
        "FlowTemplate/visit: no live AutomationFlow has the title `Mail visit`",
    ]
    assert {each.hint for each in promotion.missing} == {"create it in `other` first, under exactly this title"}
    assert [pair for pair in of(promotion, "AutomationFlow") if pair[2] == "missing"] == [
        ("Mail visit", False, "missing", "")
    ]
    assert list(two.files()) == ["syncer.yaml"]


def test_a_switch_and_an_option_of_the_targets_own_become_variables(
    two: Two, live: Callable[..., None], make: Make
) -> None:
    live("test", make.flow("visit", enabled=False, description="neu"), make.checker(text="https://a.example"))
    live("other", make.flow("visit", enabled=True, description="alt"), make.checker(text="https://b.example"))
    promotion = two.promote()
    app = next(each.address.name for each in promotion.variables if each.address.kind == "AppInstallation")
    option = next(each.name for each in promotion.variables if each.address.kind == "AppInstallation")
    found = {each.name: (str(each.address), each.source, each.target) for each in promotion.variables}
    assert found == {
        "visit_enabled": ("FlowTemplate/visit", False, True),
        option: (f"AppInstallation/{app}", "https://a.example", "https://b.example"),
    }
    assert two.manifest("config/flows/visit.yaml")["spec"]["enabled"] == "${var.visit_enabled}"
    settings = two.manifest("syncer.yaml")["environments"]
    assert settings["test"]["vars"] == {"visit_enabled": False, option: "https://a.example"}
    assert settings["other"]["vars"] == {"visit_enabled": True, option: "https://b.example"}
    assert (two.changes("test"), two.changes("other")) == ({}, {"FlowTemplate/visit": ["update", "description (ours)"]})
    assert of(promotion, "FlowTemplate") == [("visit", True, "title", "takes over what nobody here made")]
    assert two.promote().variables == ()


def test_an_app_moves_to_the_sources_version(two: Two, live: Callable[..., None], make: Make) -> None:
    live("test", make.checker(version="1.1.0"))
    live("other", make.checker(version="1.0.0"))
    promotion = two.promote()
    assert [how for _, _, how, _ in of(promotion, "AppInstallation")] == ["app id"]
    plan = two.changes("other")
    assert [words[0] for words in plan.values()] == ["upgrade"]
    app = two.world.listed("AppInstallation")[0]["app_id"]
    assert f"POST /v1/app/{app}/promote-to/1.1.0" in two.within("other").apply().calls
    assert (two.changes("test"), two.changes("other")) == ({}, {})


def test_what_was_changed_by_hand_in_the_source_goes_along(two: Two, live: Callable[..., None], make: Make) -> None:
    live("test", make.reason("won", title="Gewonnen"))
    two.promote("ClosingReason/*")
    two.within("other").apply()
    reason = two.within("test").one("ClosingReason")
    two.world.ask(f"PATCH /v2/workflows/closing-reasons/{reason['id']}", {"title": "Gewonnen!", "status": "ACTIVE"})
    file = two.world.folder / "config/reasons/gewonnen.yaml"
    file.write_text("# bleibt\n" + file.read_text("utf-8"), "utf-8")
    promotion = two.promote("ClosingReason/*")
    assert list(promotion.changes.files) == ["config/reasons/gewonnen.yaml"]
    assert file.read_text("utf-8").startswith("# bleibt\n")
    assert two.manifest("config/reasons/gewonnen.yaml")["spec"] == {"title": "Gewonnen!"}
    assert of(promotion, "ClosingReason") == [("gewonnen", True, "link", "")]
    assert (two.changes("test"), two.changes("other")) == (
        {}, {"ClosingReason/gewonnen": ["update", "title (ours)"]},
    )  # fmt: skip


def test_another_thing_of_the_same_name_is_said(two: Two, live: Callable[..., None], make: Make) -> None:
    live("test", make.reason("won", title="Gewonnen"), make.reason("lost", title="Verloren"), make.flow("visit"))
    live("other", make.reason("won", title="Gewonnen", status="INACTIVE"), make.flow("visit", steps=("anders",)))
    two.seed({"closing_reasons": [{"id": "A" * 21, "title": "Verloren", "status": "ACTIVE"},
                                  {"id": "B" * 21, "title": "Verloren", "status": "ACTIVE"}]})  # fmt: skip
    promotion = two.promote()
    assert of(promotion, "ClosingReason") == [
        ("gewonnen", True, "title", "it is switched off there"),
        ("verloren", False, "created by the apply", ""),
    ]
    assert of(promotion, "FlowTemplate") == [("visit", True, "title", "takes over what nobody here made")]
    assert said(promotion.missing) == [
        f"ClosingReason/verloren: 2 live objects have the title `Verloren`: `{'A' * 21}`, `{'B' * 21}`"
    ]
    assert list(two.files()) == ["syncer.yaml"]


def test_a_manifest_of_the_targets_own_stays_its_wish(two: Two, live: Callable[..., None], make: Make) -> None:
    live("test", make.reason("won", title="Gewonnen"))
    (two.world.folder / "config").mkdir()
    two.world.put(
        make.reason("here", {"environments": ["test"]}, title="Gewonnen"),
        make.reason("there", {"environments": ["other"]}, title="Gewonnen"),
    )
    before = two.files()
    promotion = two.promote("ClosingReason/*")
    assert (promotion.pairs, promotion.missing) == ([], [])
    assert said(promotion.left) == ["ClosingReason/here is not promoted: in `other` ClosingReason/there describes it"]
    assert two.files() == before


def test_a_reference_to_what_the_target_describes_by_another_manifest(
    two: Two, live: Callable[..., None], make: Make
) -> None:
    live("test", make.reason("won", title="Gewonnen"), make.flow("visit") | _closing("visit", make, ref="won"))
    live("other", make.reason("won", title="Gewonnen"))
    (two.world.folder / "config").mkdir()
    two.world.put(
        make.reason("here", {"environments": ["test"]}, title="Gewonnen"),
        make.reason("there", {"environments": ["other"]}, title="Gewonnen"),
        make.flow("visit", {"environments": ["test"]}) | _closing("visit", make, ref="here"),
    )
    before = two.files()
    promotion = two.promote("FlowTemplate/visit")
    assert [(each.rule, each.message, each.hint, each.at and each.at.file) for each in promotion.missing] == [
        (
            "unknown-reference",
            "FlowTemplate/visit refers to ClosingReason/here, which in `other` ClosingReason/there describes: one `ref`"
            " cannot name both",
            'write `lookup: "Gewonnen"` in place of `ref: here`, which finds each organisation\'s own; then'
            " promote again",
            "config/FlowTemplate-visit.json",
        )
    ]
    assert two.files() == before

    # as the hint says
    two.world.put(make.flow("visit", {"environments": ["test"]}) | _closing("visit", make, lookup="Gewonnen"))
    promotion = two.promote("FlowTemplate/visit")
    assert promotion.missing == []
    assert of(promotion, "ClosingReason") == [("Gewonnen", True, "lookup", "")]
    assert two.manifest("config/FlowTemplate-visit.json") == make.flow(
        "visit", {"environments": ["test", "other"]}
    ) | _closing("visit", make, lookup="Gewonnen")


def _closing(name: str, make: Make, **reference: str) -> Json:
    """The spec of that flow with one closing reason."""
    return {"spec": make.flow(name)["spec"] | {"closing_reasons": [reference]}}


def test_all_that_is_missing_is_named_before_anything_is_written(
    two: Two, live: Callable[..., None], make: Make
) -> None:
    journey = {"type": "journey_submission", "journey_id": "5c1cb7c4-26f6-4d6e-9b9d-6f0e3a2f7f01"}
    live("test", make.schema("site"), make.retention(), make.installation(), make.flow("visit", trigger=journey))
    for view in two.ask("GET /v1/entity/views?size=250")["results"]:
        if view["name"] == "Inaktive Kontakte":
            two.ask(f"DELETE /v1/entity/view/{view['id']}")
    promotion = two.promote()
    name = next(each.new.address for each in promotion.pulled.drafts if each.new.address.kind == "AppInstallation")
    config = next(each.new.address for each in promotion.pulled.drafts if each.new.address.kind == "RetentionConfig")
    assert said(promotion.missing) == [
        "`journey.visit` is not among the `ids` of `other`: FlowTemplate/visit needs it",
        f"{config}: no live SavedView of `contact` has the title `Inaktive Kontakte`",
        f"{name}: option `api_key` of component `Bonität prüfen` is required and has no value",
    ]
    assert promotion.missing[1].hint == "create it in `other` first, under exactly this title"
    assert promotion.missing[2].hint == (
        "`syncer pull -e test` writes its manifest; give its secrets there: "
        '`{key: api_key, value: "${env.SYNCER_BONITAETSPRUEFUNG_API_KEY}"}` under '
        f"`component_id: {make.COMPONENT}`, and set SYNCER_BONITAETSPRUEFUNG_API_KEY; then promote again"
    )
    assert list(two.files()) == ["syncer.yaml"]


def test_a_secret_is_asked_for_in_the_manifest_that_is_there(two: Two, live: Callable[..., None], make: Make) -> None:
    live("test", make.installation())
    pulled(two)
    promotion = two.promote("AppInstallation/*")
    assert promotion.missing[0].at is not None
    assert (promotion.missing[0].at.file, promotion.missing[0].hint) == (
        "config/apps/bonitaetspruefung.yaml",
        'give its secrets there: `{key: api_key, value: "${env.SYNCER_BONITAETSPRUEFUNG_API_KEY}"}` under '
        f"`component_id: {make.COMPONENT}`, and set SYNCER_BONITAETSPRUEFUNG_API_KEY; then promote again",
    )


def test_a_schema_that_is_named_by_its_slug_comes_along(two: Two, live: Callable[..., None], make: Make) -> None:
    flow = make.flow("visit", trigger={"type": "manual", "entity_schema": "site"})
    live("test", make.schema("site"), flow)
    (two.world.folder / "config").mkdir()
    two.world.put(flow)
    promotion = two.promote("FlowTemplate/*")
    assert {str(each) for each in promotion.chosen} == {"EntitySchema/site", "FlowTemplate/visit"}
    assert of(promotion, "EntitySchema") == [("site", False, "created by the apply", "")]


def test_an_address_takes_along_what_it_refers_to(two: Two, live: Callable[..., None], make: Make) -> None:
    flow = make.flow("visit", trigger={"type": "manual", "entity_schema": {"ref": "site"}})
    live("test", make.schema("site"), make.reason("won"), flow, make.flow("other"))
    promotion = two.promote("FlowTemplate/visit")
    assert {str(each) for each in promotion.chosen} == {"EntitySchema/site", "FlowTemplate/visit"}
    assert [*two.files()] == ["config/flows/visit.yaml", "config/schemas/site.yaml", "syncer.yaml"]
    with pytest.raises(InvalidInput, match="`FlowTemplate/vist` fits no address"):
        two.promote("FlowTemplate/vist")


def test_an_automation_that_vanishes_between_list_and_read_is_said(
    two: Two, live: Callable[..., None], make: Make
) -> None:
    live("test", make.bundle("visit"))
    before = two.world.listed("AutomationFlow")

    def vanish(request: httpx.Request) -> None:
        if request.url.path.endswith(":batchGet"):
            two.world.wire.before = lambda request: None
            for each in before:
                two.world.ask(f"DELETE /v1/automation/flows/{each['id']}")

    two.world.wire.before = vanish
    promotion = two.promote("FlowTemplate/visit")
    assert sorted(said(promotion.missing)) == [
        "FlowTemplate/visit: no live AutomationFlow has the title `Mail visit`",
        "FlowTemplate/visit: no live AutomationFlow has the title `Start visit`",
    ]
    assert list(two.files()) == ["syncer.yaml"]


def test_an_interrupted_promotion_is_finished_by_the_next(
    two: Two, live: Callable[..., None], make: Make, crash: type[BaseException]
) -> None:
    live("test", *(make.reason(f"r{number}", title=f"Grund {number}") for number in range(40)))
    seen = len(two.world.requests())

    def die(line: str) -> None:
        if line.startswith("3 "):
            raise crash

    with pytest.raises(crash):
        two.promote("ClosingReason/*", tell=die)
    assert 2 < len(two.files()) < 41
    promotion = two.promote("ClosingReason/*")
    assert (len(two.files()), promotion.missing) == (41, [])
    assert [each for each in two.world.requests()[seen:] if writes(each)] == []
    assert (two.changes("test"), two.within("other").apply().code, two.changes("other")) == ({}, 0, {})


def refuse_views(two: Two, token: str) -> None:
    """The platform does not show saved views to this token."""

    def after(request: httpx.Request, response: httpx.Response) -> httpx.Response:
        hidden = request.url.path == "/v1/entity/views" and request.headers["Authorization"] == f"Bearer {token}"
        return httpx.Response(403, json={"message": "no"}, request=request) if hidden else response

    two.world.wire.after = after


def test_what_the_sources_token_may_not_see_is_named_by_its_id(two: Two, live: Callable[..., None], make: Make) -> None:
    live("test", make.retention())
    refuse_views(two, "alpha")
    promotion = two.promote("RetentionConfig/*")
    assert [each.rule for each in promotion.left] == ["titles-unseen"]
    assert [each.rule for each in promotion.missing] == ["missing-in-target"]
    assert "saved_view." in promotion.missing[0].message
    assert list(two.files()) == ["syncer.yaml"]


def test_what_the_targets_token_may_not_see_ends_it(two: Two, live: Callable[..., None], make: Make) -> None:
    live("test", make.retention())
    refuse_views(two, "beta")
    with pytest.raises(PlatformError):
        two.promote()
    assert list(two.files()) == ["syncer.yaml"]


def test_an_id_that_nobody_can_translate_is_said(two: Two, live: Callable[..., None], make: Make) -> None:
    id = "9d0f3a52-7b1e-4a1f-8a57-0c64d1f5aa01"
    flow = make.bundle("visit")
    flow["spec"]["automations"]["mail"]["actions"][0] = {"type": "map-entity", "config": {"mapping_id": id}}
    flow["metadata"]["extra"] = ["automations.mail.actions[0].config.mapping_id"]
    live("test", flow)
    promotion = two.promote("FlowTemplate/visit")
    assert (promotion.missing, said(promotion.left)) == ([], [
        f"FlowTemplate/visit: `automations.mail_visit.actions[0].config.mapping_id` is `{id}`, an id of `test` that "
        "`other` gets as it is"
    ])  # fmt: skip


def test_addresses_of_what_has_a_manifest_and_of_what_has_none(two: Two, live: Callable[..., None], make: Make) -> None:
    live("test", make.reason("won", title="Gewonnen"), make.reason("lost", title="Verloren"))
    two.promote("ClosingReason/gewonnen")
    promotion = two.promote("ClosingReason/gewonnen", "ClosingReason/ver*")
    assert sorted(map(str, promotion.chosen)) == ["ClosingReason/gewonnen", "ClosingReason/verloren"]
    assert [str(each.new.address) for each in promotion.pulled.drafts] == ["ClosingReason/verloren"]


def test_a_variable_that_a_further_organisation_lacks_gets_what_is_live_there(
    two: Two, live: Callable[..., None], make: Make
) -> None:
    live("test", make.flow("visit", enabled=False))
    live("other", make.flow("visit", enabled=True))
    folder = two.world.folder
    project = (folder / "syncer.yaml").read_text("utf-8")
    own = project.replace('test: {org_id: "739224"}', 'test: {org_id: "739224", vars: {visit_on: false, note: here}}')
    (folder / "syncer.yaml").write_text(own, "utf-8")
    document = make.flow("visit", metadata={"environments": ["test"]}, enabled="${var.visit_on}")
    (folder / "config").mkdir(exist_ok=True)
    (folder / "config" / "visit.json").write_text(json.dumps(document), "utf-8")
    promotion = two.promote("FlowTemplate/visit")
    assert (said(promotion.missing), dict(promotion.found.values)) == ([], {"visit_on": True})
    assert two.manifest("syncer.yaml")["environments"]["other"]["vars"] == {"visit_on": True}
    assert two.changes("other") == {}
    document["spec"]["description"] = "${var.note}"  # of this nobody knows what the other has
    (folder / "config" / "visit.json").write_text(json.dumps(document), "utf-8")
    missing = two.promote("FlowTemplate/visit").missing
    assert [(each.message, each.hint) for each in missing] == [
        ("`note` is not among the `vars` of `other`: FlowTemplate/visit needs it",
         "write `note: …` below `vars` of `other` in syncer.yaml"),
    ]  # fmt: skip
