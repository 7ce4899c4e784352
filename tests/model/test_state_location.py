"""Addresses of places: what is one, what never is, and who may name which."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from syncer.fs.disk import NotDurable
from syncer.model.address import Address
from syncer.model.diagnostic import InvalidInput, Refused
from syncer.model.resource import Managed
from syncer.model.state_location import allowed, chosen, findings, state_location
from syncer.state.backends.factory import local_place
from syncer.state.backends.former_state import moved_to, tombstone
from syncer.state.backends.local import FileLock
from syncer.state.lock import Holder, myself
from syncer.state.state_file import State, load

ME = Holder("anna", "laptop", os.getpid(), "boot", 1_800_000_000.0)
WON = Address("ClosingReason", "won")

NAMES = {
    # address: as it is shown, None where it is none
    "local": "local",
    "s3://acme": "s3://acme",
    "s3://acme/": "s3://acme",
    "s3://acme/a-b_c/2.0": "s3://acme/a-b_c/2.0",
    "gs://acme/x": "gs://acme/x",
    "az://container/x": "az://container/x",
    "postgresql://db.acme.de/syncer": "postgresql://db.acme.de/syncer",
    "postgresql://syncer@db.acme.de:5433/syncer/team": "postgresql://syncer@db.acme.de:5433/syncer/team",
    "postgresql:///syncer": "postgresql:///syncer",
    "": None,
    "Local": None,
    "s3://": None,
    "s3:///x": None,
    "s3://a/../b": None,
    "s3://a/./b": None,
    "s3://a//b": None,
    "s3://a/b?x=1": None,
    "s3://a/b#x": None,
    "s3://a/%2e%2e/b": None,
    "s3://me@a/b": None,
    "s3://a:80/b": None,
    "s3://a/b\n": None,
    "s3://а/b": None,  # a Cyrillic letter
    "https://a.s3.amazonaws.com/x": None,
    "file:///etc/passwd": None,
    "memory://x": None,
    "postgresql://db.acme.de": None,
    "postgresql://db,evil/x": None,
    "postgresql://db/x?host=evil": None,
    "postgres://db/x": None,
    "/var/lib/x": None,
}


@pytest.mark.parametrize(("text", "shown"), NAMES.items(), ids=NAMES)
def test_what_is_an_address(text: str, shown: str | None) -> None:
    if shown is not None:
        assert str(state_location(text)) == shown
        assert list(findings(text)) == []
        return
    with pytest.raises(InvalidInput) as caught:
        state_location(text)
    assert [each.rule for each in caught.value.problems] == ["state-address"]


SECRETS = [
    "postgresql://u:canary@db/x", "postgresql://u:@db/x", "postgresql://:canary@db/x", "s3://AKIA:canary@b/x",
    "postgresql://db/x?password=canary", "postgresql://db/x?user=u&sslpassword=canary", "az://c/x?sig=canary",
    "s3://b/x?aws_secret_access_key=canary", "s3://b/x?api-key=canary",
]  # fmt: skip


@pytest.mark.parametrize("text", SECRETS)
def test_a_password_in_an_address_is_never_repeated(text: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        state_location(text)
    (problem,) = caught.value.problems
    assert problem.rule == "secret-literal"
    assert "canary" not in repr(problem)


@pytest.mark.parametrize("text", ["postgresql://u:can/ary@db/x", "canary", "postgresql://u:c#anary@db/x"])
def test_what_is_no_address_is_not_repeated_either(text: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        state_location(text)
    assert not any(word in repr(caught.value.problems) for word in ("canary", "can/ary", "anary"))


ALLOWED = {
    # case: (address, list, allowed)
    "nothing said": ("s3://acme/x", "", False),
    "the same": ("s3://acme/x", "s3://acme/x", True),
    "below": ("s3://acme/x/y", "s3://acme/x", True),
    "a whole bucket": ("s3://acme/x/y", "s3://acme", True),
    "one of several": ("s3://acme/x", "gs://a, s3://acme/\n", True),
    "above": ("s3://acme/x", "s3://acme/x/y", False),
    "beside": ("s3://acme/x", "s3://acme/xy", False),
    "a longer bucket": ("s3://acme-evil/x", "s3://acme", False),
    "a longer host": ("postgresql://db.acme.de.evil/x", "postgresql://db.acme.de/x", False),
    "another scheme": ("gs://acme/x", "s3://acme", False),
    "another port": ("postgresql://db:1/x", "postgresql://db/x", False),
    "another user": ("postgresql://root@db/x", "postgresql://db/x", False),
    "another database": ("postgresql://db/y", "postgresql://db/x", False),
    "one of a team": ("postgresql://db/x/team", "postgresql://db/x", True),
}


@pytest.mark.parametrize(("text", "allow", "expected"), ALLOWED.values(), ids=ALLOWED)
def test_t1_whom_syncer_yaml_may_name(text: str, allow: str, expected: bool) -> None:
    assert allowed(state_location(text), allow) is expected
    if expected:
        assert str(chosen("", text, "sandbox", allow)) == str(state_location(text))
        return
    with pytest.raises(Refused) as caught:
        chosen("", text, "sandbox", allow)
    assert [each.rule for each in caught.value.problems] == ["state-not-allowed"]


def test_what_the_operator_says_comes_first() -> None:
    assert str(chosen("s3://mine", "s3://theirs", "sandbox", "")) == "s3://mine"
    assert str(chosen("local", "s3://theirs", "sandbox", "")) == "local"
    assert str(chosen("", "local", "sandbox", "")) == "local"
    assert str(chosen("", "", "sandbox", "s3://mine")) == "local"


def test_a_tombstone_is_told_from_everything_else() -> None:
    assert moved_to(tombstone("sandbox", "s3://acme/x", "739224")) == "s3://acme/x"
    for other in (b"", b"{", b'{"moved_to": 1}', b'["moved_to"]', b'{"moved_to": "\\u001b[2J"}', b"[" * 4000):
        assert moved_to(other) == ""


def entry(live_id: str) -> State:
    return State("739224", 0, {WON: Managed(WON, live_id)})


def test_the_file_as_a_place(tmp_path: Path) -> None:
    path = tmp_path / "state" / "sandbox.json"
    place = local_place(path, "sandbox")
    assert place.load() == State()
    with place.lock(ME):
        first = place.save(entry("a"))
        second = place.save(State("739224", first.serial, {WON: Managed(WON, "b")}))
    assert load(path, "sandbox") == second == local_place(path, "sandbox").load()
    assert second.serial == 2
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert sorted(each.name for each in path.parent.iterdir()) == ["sandbox.json", "sandbox.json.backup"]


def test_a_file_that_somebody_else_wrote_is_not_overwritten(tmp_path: Path) -> None:
    mine, theirs = (local_place(tmp_path / "sandbox.json", "sandbox") for _ in range(2))
    mine.load()
    theirs.load()
    theirs.save(entry("theirs"))
    with pytest.raises(Refused) as caught:
        mine.save(entry("mine"))
    assert [each.rule for each in caught.value.problems] == ["state-changed"]
    assert mine.load().entries[WON].live_id == "theirs"
    mine.save(entry("mine"))
    with pytest.raises(Refused):
        theirs.save(entry("theirs"))


def test_a_full_disk_is_not_a_conflict(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises((NotDurable, OSError)):
        local_place(tmp_path / "file" / "sandbox.json", "sandbox").save(entry("a"))


def test_the_lock_of_a_living_run_is_not_lifted(tmp_path: Path) -> None:
    gate = FileLock(tmp_path / "sandbox.lock", "sandbox")
    assert gate.holder() is None
    gate.take(ME)
    with pytest.raises(Refused) as caught:
        gate.lift(ME)
    assert [each.rule for each in caught.value.problems] == ["lock-alive"]
    gate.release()
    assert not (tmp_path / "sandbox.lock").exists()


def test_the_lock_of_another_machine_is_lifted(tmp_path: Path) -> None:
    from syncer.state.lock import said

    path = tmp_path / "sandbox.lock"
    path.write_bytes(said(ME))
    gate = FileLock(path, "sandbox")
    with pytest.raises(Refused):
        gate.take(Holder("ben", "desk", 1, "other", 1_800_000_100.0))
    assert gate.holder() == ME
    with pytest.raises(Refused):
        gate.lift(Holder("ben", "desk", 1, "other", 0.0))
    gate.lift(ME)
    assert not path.exists()


JOBS = {
    # case: (variables, run)
    "none": ({}, ""),
    "GitHub": (
        {"GITHUB_RUN_ID": "7", "GITHUB_SERVER_URL": "https://github.com", "GITHUB_REPOSITORY": "acme/config"},
        "https://github.com/acme/config/actions/runs/7",
    ),
    "GitLab": ({"CI_JOB_URL": "https://gitlab.example/jobs/7"}, "https://gitlab.example/jobs/7"),
    "Jenkins": ({"BUILD_URL": "https://jenkins.example/7"}, "https://jenkins.example/7"),
}


@pytest.mark.parametrize(("env", "run"), JOBS.values(), ids=JOBS)
def test_a_job_says_where_it_can_be_looked_at(env: dict[str, str], run: str) -> None:
    assert myself(env=env).run == run
