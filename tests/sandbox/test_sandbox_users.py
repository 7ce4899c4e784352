"""Who did it: users of tokens in what the APIs document of it, and what a version of a schema says of itself."""

from __future__ import annotations

from typing import Any

import pytest

from syncer.sandbox.seed import seed
from syncer.sandbox.server import Organisation, create_app

httpx = pytest.importorskip("httpx")
CHECKER = "112b87c2-ba9e-51c3-9fee-6cd85bb8f822"
TOKENS = {
    # token: (organisation, user given, user it acts as)
    "one": ("739224", "", "user-739224"),
    "two": ("739224", "", "user-739224-2"),
    "named": ("739224", "berta", "berta"),
    "four": ("739224", "", "user-739224-4"),
    "elsewhere": ("911042", "", "user-911042"),
}
MAST = {"slug": "mast", "name": "Mast", "plural": "Masten", "capabilities": [], "attributes": []}


@pytest.fixture
def app() -> Any:
    organisations = [Organisation(org, token, user=user) for token, (org, user, _) in TOKENS.items()]
    return create_app(":memory:", organisations)


def ask(app: Any, call: str, body: Any = None, token: str = "one") -> Any:  # noqa: S107 no password
    method, path = call.split(" ", 1)
    headers = {"Authorization": f"Bearer {token}"}
    with httpx.Client(transport=httpx.WSGITransport(app), base_url="http://sandbox", headers=headers) as client:
        answer = client.request(method, path, json=body)
    assert answer.is_success, answer.text
    return answer.json() if answer.content else None


@pytest.mark.parametrize("token", TOKENS)
def test_a_token_acts_as_its_user(app: Any, token: str) -> None:
    ask(app, f"POST /v1/app/{CHECKER}", {"version": "1.0.0"}, token)
    audit = ask(app, f"GET /v1/app/{CHECKER}", token=token)["installation_audit"]
    assert (audit["created_by"], audit["updated_by"]) == (TOKENS[token][2], TOKENS[token][2])


def test_the_one_who_made_it_and_the_one_who_changed_it(app: Any) -> None:
    ask(app, f"POST /v1/app/{CHECKER}", {"version": "1.0.0"}, "one")
    made = ask(app, f"GET /v1/app/{CHECKER}")["installation_audit"]
    ask(app, f"POST /v1/app/{CHECKER}/promote-to/1.1.0", token="named")
    audit = ask(app, f"GET /v1/app/{CHECKER}")["installation_audit"]
    assert (audit["created_at"], audit["created_by"], audit["updated_by"]) == (
        made["created_at"], "user-739224", "berta",
    )  # fmt: skip
    assert audit["updated_at"] > made["updated_at"]


def test_comment_and_source_belong_to_a_version(app: Any) -> None:
    """No body sets them, a seed does, and the next version has none."""
    source = {"id": "b8f8", "type": "blueprint"}
    sent = ask(app, "PUT /v1/entity/schemas/mast", {**MAST, "comment": "x", "source": source})
    assert not {"comment", "source"} & sent.keys()
    seed(app.extensions["sandbox"], "739224", {"schemas": [{**MAST, "comment": "Import", "source": source}]})
    latest = ask(app, "GET /v1/entity/schemas/mast?latest=true")
    assert (latest["version"], latest["comment"], latest["source"]) == (2, "Import", source)
    assert not {"comment", "source"} & ask(app, "PUT /v1/entity/schemas/mast", MAST).keys()
    versions = ask(app, "GET /v1/entity/schemas/mast/versions?fields=version,comment,source")["versions"]
    assert versions == [{"version": 3}, {"version": 2, "comment": "Import", "source": source}, {"version": 1}]
