# ruff: noqa: E501  a case is a line, so that the tables can be read down
"""`syncer sandbox serve|seed|reset` as processes: where it answers, what it holds, and what it says when it can't."""

from __future__ import annotations

import json
import re
import signal
import socket
import sys

import httpx
import pytest

from syncer import __version__
from syncer.cli.commands.sandbox import MOST_BYTES
from syncer.documents.source_checks import MAX_BYTES
from tests.cli.conftest import ended
from tests.support.patience import until

REASONS = "/v1/workflows/closing-reasons"


def address(process) -> str:
    """What the first line says."""
    line = process.stdout.readline().decode()
    found = re.fullmatch(r"sandbox: (http://\S+)\n", line)
    assert found, line
    return found[1]


def answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/_sandbox/faults", trust_env=False).is_success
    except httpx.ConnectError:
        return False


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["SIGINT", "SIGTERM"])
def test_from_a_seed_to_an_apply_and_back(repo, number: signal.Signals) -> None:
    """The tour of the README: seed, serve, plan, apply, reset."""
    repo.write("seed.yaml", "closing_reasons:\n  - {title: Verzogen}\n")
    seeded = repo.run("sandbox", "seed", "seed.yaml", "--db", "sub/sb.db", "--org", "739224")
    assert (seeded.code, seeded.json) == (0, {"closing_reasons": 1})
    process = repo.start("sandbox", "serve", "--port", "0", "--db", "sub/sb.db", "--org", "739224", "--token", "t")
    url = address(process)
    until(lambda: answers(url), "the sandbox")
    env = {"EPILOT_TOKEN_TEST": "t", "SYNCER_SERVER": url}
    assert repo.run("apply", "--yes", "--first-contact", env=env).code == 0
    reasons = httpx.get(url + REASONS, headers={"Authorization": "Bearer t"}, trust_env=False).json()["reasons"]
    assert sorted(each["title"] for each in reasons) == ["Gewonnen", "Verzogen"]
    process.send_signal(number)
    said = ended(process)
    assert (said.code, said.err) == (0, "")
    said = repo.run("sandbox", "reset", "--db", "sub/sb.db", "--yes")
    assert (said.code, said.out) == (0, "reset\n")


def test_it_names_its_tokens(bare) -> None:
    process = bare.start("sandbox", "serve", "--port", "0", "--org", "1", "--org", "2")
    url = address(process)
    until(lambda: answers(url), "the sandbox")
    process.terminate()
    said = ended(process)
    assert said.err.startswith(
        "tokens: 1: sandbox-token, 2: sandbox-token-2\ntry: EPILOT_TOKEN=sandbox-token syncer plan"
    )
    assert (bare.folder / ".syncer" / "sandbox.db").is_file()


def test_a_port_that_is_taken(bare) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        said = bare.spawn("sandbox", "serve", "--port", str(port))
    assert (said.code, said.out) == (3, "")  # no address where nobody answers
    assert said.err.startswith(f"error[port]: port {port} of `127.0.0.1` cannot be used: Address already in use\n")


WRONG = {
    # files, arguments: rule, and what is said
    "tokens and organisations": ({}, ["serve", "--org", "1", "--token", "a", "--token", "b"], "usage", "they come in pairs"),
    "a token twice": ({}, ["serve", "--org", "1", "--token", "a", "--org", "2", "--token", "a"], "sandbox", "two organisations have the same token"),
    "no such host": ({}, ["serve", "--host", "256.1.1.1", "--port", "0"], "port", "port 0 of `256.1.1.1` cannot be used: "),
    "a database that is none": ({"x.db": "not a database, " * 100}, ["serve", "--port", "0", "--db", "x.db"], "sandbox", "`x.db`: file is not a database"),
    "a folder for a database": ({"x/y": ""}, ["reset", "--yes", "--db", "x"], "usage", "is a directory"),
    "reset of none": ({"x.db": "not a database, " * 100}, ["reset", "--yes", "--db", "x.db"], "sandbox", "`x.db`: file is not a database"),
    "reset of nothing": ({}, ["reset", "--yes"], "sandbox", "there is no sandbox in `.syncer/sandbox.db`"),
    "a seed that is not there": ({}, ["seed", "gone.yaml"], "usage", "does not exist"),
    "a seed that is no mapping": ({"s.yaml": "- 1\n"}, ["seed", "s.yaml"], "seed", "`s.yaml` holds no mapping of sections"),
    "a seed that is empty": ({"s.yaml": ""}, ["seed", "s.yaml"], "seed", "`s.yaml` holds no mapping of sections"),
    "a seed that is no YAML": ({"s.yaml": "a: [\n"}, ["seed", "s.yaml"], "yaml-syntax", "s.yaml:"),
    "an unknown section": ({"s.yaml": "closing_resons: []\n"}, ["seed", "s.yaml"], "seed", "unknown section `closing_resons`"),
    "an object that is not sound": ({"s.yaml": "closing_reasons: [{title: 5}]\n"}, ["seed", "s.yaml"], "seed", "`s.yaml`: closing_reasons[0]"),
    "a section that is no list": ({"s.yaml": "closing_reasons: 5\n"}, ["seed", "s.yaml"], "seed", "section `closing_reasons` is no list"),
    "an object that is none": ({"s.yaml": "closing_reasons: [5]\n"}, ["seed", "s.yaml"], "seed", "`s.yaml`: closing_reasons[0]"),
}  # fmt: skip


@pytest.mark.parametrize(("files", "args", "rule", "words"), WRONG.values(), ids=WRONG)
def test_wrong(bare, files, args, rule: str, words: str) -> None:
    for name, content in files.items():
        bare.write(name, content)
    before = bare.digest()
    said = bare.run("sandbox", *args)
    assert (said.code, said.out, bare.digest()) == (3, "", before)
    assert said.err.startswith(f"error[{rule}]: ")
    assert words in said.err


def test_reset_is_asked_for(bare) -> None:
    bare.write("s.yaml", "closing_reasons: [{title: Verzogen}]\n")
    bare.run("sandbox", "seed", "s.yaml")
    before = (bare.folder / ".syncer" / "sandbox.db").read_bytes()
    said = bare.run("sandbox", "reset")
    assert (said.code, said.out, (bare.folder / ".syncer" / "sandbox.db").read_bytes()) == (4, "", before)
    assert said.err == "error[not-asked]: nobody is there to say yes\n\nhint: --yes resets it unasked\n"


@pytest.mark.parametrize("name", ["s.json", "s.yaml"])
def test_a_seed_may_be_larger_than_a_manifest(bare, name: str) -> None:
    reasons = [{"title": f"Grund {number}", "description": "x" * 8} for number in range(45_000)]
    lines = ["closing_reasons:", *(f"  - {{title: {each['title']}, description: xxxxxxxx}}" for each in reasons)]
    text = json.dumps({"closing_reasons": reasons}) if name == "s.json" else "\n".join(lines)
    bare.write(name, text)
    assert len(text) > MAX_BYTES
    seeded = bare.run("sandbox", "seed", name)
    assert (seeded.code, seeded.json) == (0, {"closing_reasons": 45_000})


def test_a_seed_that_is_too_large_is_loaded_in_parts(bare) -> None:
    with (bare.folder / "s.yaml").open("wb") as stream:
        stream.truncate(MOST_BYTES + 1)
    said = bare.run("sandbox", "seed", "s.yaml")
    assert (said.code, said.out, said.err) == (
        3,
        "",
        "error[file-too-large]: file of 67,108,865 bytes is larger than 67,108,864 bytes\n  at s.yaml:1:1\n\n"
        "hint: load the sections from several files, one after the other: what is loaded stays\n",
    )


def test_a_seed_in_json(bare) -> None:
    bare.write("s.json", json.dumps({"closing_reasons": [{"title": "A"}, {"title": "B"}]}))
    assert bare.run("sandbox", "seed", "s.json").json == {"closing_reasons": 2}


def test_without_its_web_framework(bare) -> None:
    """The hint installs this package, and asks no index for the word `syncer`."""
    bare.monkeypatch.setitem(sys.modules, "flask", None)
    said = bare.run("sandbox", "serve", "--port", "0")
    assert (said.code, said.out) == (3, "")
    assert said.err == (
        "error[sandbox]: the sandbox needs flask\n\n"
        f'hint: pip install "epilot-syncer[sandbox] @ git+https://git.example.com/tools/syncer@v{__version__}", with '
        "the place where you keep syncer for git.example.com/tools/syncer\n"
    )


def test_it_prints_no_token_that_it_was_given(bare) -> None:
    process = bare.start("sandbox", "serve", "--port", "0", "--org", "1", "--token", "canary-stranger-9c0d")
    url = address(process)
    until(lambda: answers(url), "the sandbox")
    httpx.get(f"{url}/v1/none?token=canary-stranger-9c0d", trust_env=False)
    host = httpx.get(f"{url}/_sandbox/requests", trust_env=False, headers={"Host": "evil.example"})
    assert (host.status_code, "canary" in httpx.get(f"{url}/_sandbox/requests", trust_env=False).text) == (403, False)
    process.terminate()
    said = ended(process)
    assert (said.out, said.err) == ("", "")
