"""Which base URLs may be named by whom."""

from __future__ import annotations

import pytest

from syncer.api.endpoints import SERVICES, check_server, check_service, services
from syncer.model.diagnostic import InvalidInput
from syncer.model.hosts import is_loopback

SERVER = {
    # case: (URL on the command line, base URL, or a part of the refusal)
    "https": ("https://mock.example/epilot/", "https://mock.example/epilot"),
    "port": ("https://mock.example:8443", "https://mock.example:8443"),
    "this machine": ("http://127.0.0.1:8000/", "http://127.0.0.1:8000"),
    "this machine, by name": ("http://localhost:8000", "http://localhost:8000"),
    "this machine, v6": ("http://[::1]:8000", "http://[::1]:8000"),
    "H03 http": ("http://mock.example", "server URL `http://mock.example` sends the token unprotected"),
    "H03 nearly this machine": ("http://127.0.0.1.nip.io", "sends the token unprotected"),
    "H03 user": ("https://u:pw-canary@mock.example", "server URL holds a user name or password"),
    "H03 query": ("https://mock.example/?a=b", "server URL is no plain URL"),
    "H03 fragment": ("https://mock.example/#", "server URL is no plain URL"),
    "H03 look-alike": ("https://еpilot.io", "server URL is no plain URL"),
    "H03 dots": ("https://mock.example/a/../b", "server URL is no plain URL"),
    "line break": ("https://mock.example/\nHost: x", "server URL is no plain URL"),
    "no scheme": ("mock.example", "server URL is no plain URL"),
    "file": ("file:///etc/passwd", "server URL is no plain URL"),
    "bad port": ("https://mock.example:99999", "server URL is no URL"),
    "bad bracket": ("https://[x", "server URL is no URL"),
    "empty": ("", "server URL is no plain URL"),
}


@pytest.mark.parametrize(("url", "expected"), SERVER.values(), ids=SERVER)
def test_what_the_operator_may_name(url: str, expected: str) -> None:
    if expected.startswith("http"):
        assert check_server(url) == expected
        return
    with pytest.raises(InvalidInput) as caught:
        check_server(url)
    assert expected in str(caught.value)
    assert "canary" not in str(caught.value)


PROJECT = {
    # case: (URL in syncer.yaml, accepted)
    "another stage": ("https://entity.staging.sls.epilot.io", True),
    "old service": ("https://data-management.sls.epilot.io/data-management/v1/", True),
    "usual port": ("https://entity.sls.epilot.io:443", True),
    "T1 other host": ("https://evil.example", False),
    "T1 suffix": ("https://notepilot.io", False),
    "T1 prefix": ("https://epilot.io.evil.example", False),
    "T1 other port": ("https://entity.sls.epilot.io:8443", False),
    "T1 http": ("http://entity.sls.epilot.io", False),
    "T1 this machine": ("http://127.0.0.1:8000", False),
    "T1 user": ("https://epilot.io@evil.example", False),
    "T1 backslash": ("https://evil.example\\.epilot.io", False),
    "look-alike": ("https://entity.sls.ерilot.io", False),
}


@pytest.mark.parametrize(("url", "accepted"), PROJECT.values(), ids=PROJECT)
def test_what_the_project_may_name(url: str, accepted: bool) -> None:
    if accepted:
        assert check_service("entity", url) == url.rstrip("/")
        return
    with pytest.raises(InvalidInput):
        check_service("entity", url)


def test_one_server_plays_every_service() -> None:
    assert services(server="http://127.0.0.1:8000/") == {
        "entity": "http://127.0.0.1:8000",
        "workflow": "http://127.0.0.1:8000",
        "automation": "http://127.0.0.1:8000",
        "app": "http://127.0.0.1:8000",
        "data_governance": "http://127.0.0.1:8000/data-governance/v1",
        "permissions": "http://127.0.0.1:8000",
        "audit_log": "http://127.0.0.1:8000",
    }


def test_the_project_lies_over_the_platform() -> None:
    old = "https://data-management.sls.epilot.io/data-management/v1"
    assert services({"data_governance": old}) == {**SERVICES, "data_governance": old}
    with pytest.raises(InvalidInput, match="service `entitty` is not known"):
        services({"entitty": old})


@pytest.mark.parametrize(
    ("host", "expected"),
    [("localhost", True), ("127.9.9.9", True), ("::1", True), ("0.0.0.0", False), ("localhost.evil.example", False)],  # noqa: S104 - compared, not listened on
)
def test_this_machine(host: str, expected: bool) -> None:
    assert is_loopback(host) is expected
