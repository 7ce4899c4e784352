"""What a reference means is accepted by name: a saved view under an enabled retention config gets other filters."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from syncer.plan.document.document import plan_id
from tests.cli.conftest import ORG, READER, Repo, Sandbox

Json = Any
NAME = "RetentionConfig/old-contacts/query"
CONFIG = """apiVersion: syncer/v1
kind: RetentionConfig
metadata: {{name: old-contacts}}
spec:
  entity_schema: contact
  type: deletion
  enabled: {enabled}
  query:
    saved_view_id: {{lookup: Alte Kontakte}}
    filters: [{{type: no_related_entities, related_entity_schemas: [order]}}]
  schedule: {{frequency: interval, interval_days: {days}, start_date: "2099-01-01"}}
"""
REASON = (
    "the saved view `Alte Kontakte` filters otherwise than was accepted: other entities are deleted; it filters "
    "nothing: every `contact` is in it; `enabled: false` in the manifest stops the deletion"
)
UNKNOWN = (
    "what the saved view `Alte Kontakte` filters is not remembered: whether it is what was meant is not known; it "
    "filters nothing: every `contact` is in it; `enabled: false` in the manifest stops the deletion"
)


class Deleting:
    """A repository with one enabled retention config, applied; and the view that it deletes by."""

    def __init__(self, live: Repo, sandbox: Sandbox) -> None:
        self.live, self.sandbox = live, sandbox
        live.remove("config/won.yaml")
        view = {"name": "Alte Kontakte", "slug": ["contact"], "shared": True}
        view["ui_config"] = {"filters": {"status": ["Inactive"]}}  # type: ignore[assignment]
        self.view = sandbox.ask("POST /v1/entity/view", view)["id"]
        self.config()
        assert live.run("apply", "--yes", "--accept-data-loss", "RetentionConfig/old-contacts").code == 0

    def config(self, enabled: str = "true", days: int = 30) -> None:
        self.live.write("config/r.yaml", CONFIG.format(enabled=enabled, days=days))

    def filters(self, filters: Json) -> None:
        self.sandbox.ask(f"PATCH /v1/entity/view/{self.view}", {"ui_config": {"filters": filters}})

    def remembered(self) -> Json:
        document = json.loads(self.live.state.read_text("utf-8"))
        (entry,) = [each for each in document["entries"] if each["address"].startswith("RetentionConfig/")]
        return entry.get("parts", {}).get("saved_view")

    def codes(self) -> list[int]:
        """How what looks at it ends."""
        looks = (("plan", "--detailed-exitcode"), ("drift",), ("pull", "--check", "--kind", "RetentionConfig"))
        return [self.live.run(*each).code for each in looks]


@pytest.fixture
def deleting(live: Repo, sandbox: Sandbox) -> Deleting:
    return Deleting(live, sandbox)


def test_nothing_is_to_be_accepted_after_an_apply(deleting: Deleting) -> None:
    assert deleting.codes() == [0, 0, 0]


def test_other_filters_are_a_change_that_no_apply_learns_untold(deleting: Deleting) -> None:
    before = deleting.remembered()
    deleting.filters({})
    assert deleting.codes() == [2, 2, 2]
    refused = deleting.live.run("apply", "--yes")
    assert (refused.code, deleting.remembered(), deleting.codes()) == (4, before, [2, 2, 2])
    assert refused.err.startswith(f"error[data-loss]: {NAME}: {REASON}\n\nhint: --accept-data-loss {NAME}\n")


def test_an_accept_is_one_entry_of_the_plan_without_a_call(deleting: Deleting) -> None:
    deleting.filters({})
    (change,) = deleting.live.run("plan", "--format", "json").json["changes"]
    (field,) = change["fields"]
    assert {name: change[name] for name in ("address", "action", "class", "reasons", "calls", "after")} == {
        "address": "RetentionConfig/old-contacts",
        "action": "accept",
        "class": "destructive",
        "reasons": [REASON],
        "calls": [],
        "after": [],
    }
    assert re.fullmatch(r"digest [0-9a-f]{8}", field.pop("before"))
    assert field == {
        "path": "query.saved_view_id.filters",
        "after": "none",
        "cause": "drift",
        "class": "destructive",
        "reason": REASON,
        "item": "query",
    }


def test_accepting_writes_nothing_in_the_organisation_and_settles_it(deleting: Deleting) -> None:
    deleting.filters({})
    deleting.sandbox.forget()
    done = deleting.live.run("apply", "--yes", "--accept-data-loss", NAME, "--format", "json")
    assert (done.code, done.json["summary"], deleting.sandbox.writes()) == (0, {"accepted": 1}, [])
    assert deleting.codes() == [0, 0, 0]
    deleting.filters({"status": ["Inactive"]})
    assert deleting.codes() == [2, 2, 2]


def test_a_read_only_token_may_accept(deleting: Deleting) -> None:
    deleting.filters({})
    reading = {"EPILOT_TOKEN_TEST": READER}
    assert deleting.live.run("apply", "--yes", "--accept-data-loss", NAME, env=reading).code == 0
    assert deleting.codes() == [0, 0, 0]


def test_another_change_does_not_take_the_filters_along(deleting: Deleting) -> None:
    deleting.filters({"status": ["Active"]})
    deleting.config(days=60)
    before = deleting.remembered()
    refused = deleting.live.run("apply", "--yes")
    assert (refused.code, deleting.remembered()) == (4, before)
    assert deleting.live.run("plan", "--format", "json").json["summary"] == {"update": 1}
    assert deleting.live.run("apply", "--yes", "--accept-data-loss", NAME).code == 0
    assert (deleting.remembered() != before, deleting.codes()) == (True, [0, 0, 0])


def test_switching_it_off_needs_no_consent_and_switching_it_on_does(deleting: Deleting) -> None:
    deleting.filters({})
    deleting.config(enabled="false")
    assert deleting.live.run("apply", "--yes").code == 0
    assert deleting.codes() == [0, 0, 0]
    deleting.config(enabled="true")
    on = "RetentionConfig/old-contacts/enabled"
    refused = deleting.live.run("apply", "--yes", "--accept-data-loss", on)
    assert (refused.code, f"--accept-data-loss {NAME}" in refused.err) == (4, True)
    assert deleting.live.run("apply", "--yes", "--accept-data-loss", on, "--accept-data-loss", NAME).code == 0


@pytest.mark.parametrize("lost", ["no state", "a state that remembers no filters"])
def test_filters_of_which_nothing_is_remembered_are_unverified(deleting: Deleting, lost: str) -> None:
    deleting.filters({})
    deleting.live.state.unlink()
    if lost != "no state":
        assert deleting.live.run("state", "rebuild").code == 0
        assert deleting.remembered() is None
    assert deleting.codes() == [2, 2, 2]
    (change,) = deleting.live.run("plan", "--format", "json").json["changes"]
    assert (change["action"], change["class"], change["reasons"]) == ("accept", "risky", [UNKNOWN])
    assert [each["cause"] for each in change["fields"]] == ["unverified"]
    refused = deleting.live.run("apply", "--yes")
    assert (refused.code, f"--accept-data-loss {NAME}" in refused.err) == (4, True)
    assert deleting.live.run("apply", "--yes", "--accept-data-loss", NAME).code == 0
    assert deleting.codes() == [0, 0, 0]


def test_a_pull_that_writes_the_manifest_remembers_what_it_saw(deleting: Deleting) -> None:
    deleting.live.state.unlink()
    deleting.live.remove("config/r.yaml")
    assert deleting.live.run("pull", "--kind", "RetentionConfig").code == 0
    assert deleting.remembered()["id"] == deleting.view
    assert deleting.live.run("drift").code == 0
    deleting.filters({})
    assert deleting.live.run("drift").code == 2


def test_a_pull_into_files_says_it_and_learns_nothing(deleting: Deleting) -> None:
    before, text = deleting.remembered(), (deleting.live.folder / "config/r.yaml").read_bytes()
    deleting.filters({})
    pulled = deleting.live.run("pull", "--kind", "RetentionConfig")
    assert pulled.code == 5
    assert (deleting.live.folder / "config/r.yaml").read_bytes() == text
    assert pulled.err.startswith(f"warning[not-accepted]: RetentionConfig/old-contacts: {REASON}\n  at config/r.yaml:")
    assert f"`syncer apply --accept-data-loss {NAME}`" in pulled.err
    assert (deleting.remembered(), deleting.codes()) == (before, [2, 2, 2])


def test_a_saved_plan_accepts_what_it_shows_and_nothing_later(deleting: Deleting) -> None:
    deleting.filters({})
    assert deleting.live.run("plan", "-o", "p").code == 0
    deleting.filters({"status": ["Active"]})
    late = deleting.live.run("apply", "p", "--accept-data-loss", NAME)
    assert (late.code, "what it refers to was changed in the organisation" in late.err) == (4, True)
    deleting.filters({})
    assert deleting.live.run("apply", "p", "--accept-data-loss", NAME).code == 0


def test_a_plan_of_the_first_format_is_shown_and_not_applied(deleting: Deleting) -> None:
    deleting.config(days=60)
    assert deleting.live.run("plan", "-o", "p").code == 0
    document = json.loads((deleting.live.folder / "p").read_text("utf-8")) | {"format_version": 1}
    document["id"] = plan_id(document)
    deleting.live.write("p", json.dumps(document))
    shown = deleting.live.run("show", "p", "--format", "json")
    assert (shown.code, shown.json) == (0, document)
    deleting.sandbox.forget()
    old = deleting.live.run("apply", "p")
    assert (old.code, deleting.sandbox.requests()) == (4, [])
    assert old.err == (
        "error[stale-plan]: this plan was saved by an older syncer, in format 1: format 2 says more of what an apply "
        "does; nothing was written\n\nhint: plan again: `syncer plan -o FILE`\n"
    )


GONE = {
    # case: (fault of the one request, exit codes of plan, drift and apply, what the plan says)
    "gone": (404, (3, 3, 3), "error[no-such-view]: the saved view does not exist, or the token may not see it"),
    "not to be seen": (403, (6, 6, 6), "GET /v1/entity/view/"),
}


@pytest.mark.parametrize(("status", "codes", "said"), GONE.values(), ids=GONE)
def test_a_view_that_cannot_be_looked_at(deleting: Deleting, status: int, codes: Json, said: str) -> None:
    before = deleting.live.state.read_bytes()
    deleting.sandbox.fault(path=f"/v1/entity/view/{deleting.view}", status=status, times=100)
    ran = [deleting.live.run(*each) for each in (("plan", "--detailed-exitcode"), ("drift",), ("apply", "--yes"))]
    deleting.sandbox.well_again()
    assert tuple(each.code for each in ran) == codes
    assert said in ran[0].all
    assert deleting.live.state.read_bytes() == before


def test_drift_names_it_in_every_form(deleting: Deleting) -> None:
    deleting.filters({})
    text = deleting.live.run("drift").out
    assert re.sub(r"[0-9a-f]{8}", "DIGEST", text[text.index("~ ") :]).split("\n")[0] == (
        '~ RetentionConfig/old-contacts  "contact/deletion"  changed by hand'
    )
    (moved,) = deleting.live.run("drift", "--format", "json").json["drift"]
    (field,) = moved["fields"]
    assert (moved["what"], field["path"], field["after"], field["cause"], field["reason"]) == (
        "changed", "query.saved_view_id.filters", "none", "drift", REASON,
    )  # fmt: skip
    assert ORG in text
