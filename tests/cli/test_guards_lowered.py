"""A plan says when syncer.yaml or a manifest asks for less protection than at the last apply; an apply forgets it."""

from __future__ import annotations

import json

from tests.cli.conftest import ORG, OTHER, Repo

SETTINGS = f"""\
version: 1
manifests: [config]
environments:
  test:
    org_id: "{ORG}"
    token: {{env: EPILOT_TOKEN_TEST}}
    confirm: CONFIRM
    limits: {{delete: 0, update: UPDATE}}
"""
REASON = """\
apiVersion: syncer/v1
kind: ClosingReason
metadata: {name: won, protect: PROTECT}
spec: {title: Gewonnen, status: ACTIVE}
"""


def ask(repo: Repo, confirm: str, update: str, protect: str) -> None:
    """What the environment and its one manifest ask for."""
    repo.write("syncer.yaml", SETTINGS.replace("CONFIRM", confirm).replace("UPDATE", update))
    for old in (repo.folder / "config").glob("*.yaml"):
        old.unlink()
    repo.write("config/won.yaml", REASON.replace("PROTECT", protect))


def notices(repo: Repo) -> list[str]:
    planned = repo.run("plan", "--format", "json")
    assert planned.code == 0
    return [each["message"] for each in json.loads(planned.out)["notices"]]


def test_what_was_lowered_is_said_until_it_is_applied(live: Repo) -> None:
    ask(live, "true", "30%", "true")
    assert live.run("apply", "--yes", "--confirm", "test", "--first-contact").code == 0
    assert notices(live) == []
    ask(live, "false", "60%", "false")
    assert notices(live) == [
        "`confirm` was dropped: an apply no longer has to be confirmed",
        "the limit of updates was raised from `30%` to `60%`",
        "`protect` was dropped: once this is applied, it may be removed",
    ]
    assert "`confirm` was dropped" in live.run("apply", "--yes").out
    assert notices(live) == []


def test_an_environment_protects_from_the_moment_it_says_so(live: Repo) -> None:
    """The manifest and the protection change in one commit: the protection counts, whatever state remembers."""
    ask(live, "false", "30%", "false")
    live.write("config/two.yaml", REASON.replace("won", "two").replace("Gewonnen", "Zwei").replace("PROTECT", "false"))
    assert live.run("apply", "--yes", "--first-contact").code == 0
    live.remove("config/two.yaml")
    live.write("syncer.yaml", SETTINGS.replace("CONFIRM", "false\n    protect: true").replace("UPDATE", "30%"))
    refused = live.run("apply", "--yes", "--allow-delete")
    assert (refused.code, "ClosingReason/two is protected" in refused.err) == (4, True)
    assert live.run("apply", "--yes", "--allow-delete", "--allow-protected", "ClosingReason/two").code == 0


def test_another_organisation_is_said_before_what_does_not_fit_it(live: Repo) -> None:
    """The token of another organisation is the mistake, not a title that this one does not have."""
    live.write("syncer.yaml", SETTINGS.replace(ORG, OTHER).replace("CONFIRM", "false").replace("UPDATE", "30%"))
    live.write(
        "config/flow.yaml",
        "apiVersion: syncer/v1\nkind: FlowTemplate\nmetadata: {name: f}\n"
        "spec: {name: Flow, enabled: false, closing_reasons: [{lookup: Nowhere}]}\n",
    )
    planned = live.run("plan")
    assert (planned.code, planned.err.splitlines()[0]) == (
        4,
        f"error[wrong-organisation]: the token belongs to organisation `{ORG}`, and environment `test` is `{OTHER}`",
    )
