"""A repository in a folder, a sandbox on a socket, and `syncer` run in this process or in one of its own."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import io
import json
import os
import pty
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

pytest.importorskip("flask", reason="the sandbox's extra is not installed")
pytest.importorskip("waitress", reason="the sandbox's extra is not installed")

from syncer.sandbox.options import Options
from syncer.sandbox.seed import reset, seed
from syncer.sandbox.server import Organisation, create_app, serve
from syncer.sandbox.store import Store
from tests.canaries import leaked
from tests.support.patience import PATIENCE, until

Json = Any
ROOT = Path(__file__).parents[2]
ORG, OTHER = "739224", "911042"
TOKEN, READER, STRANGER = "canary-token-5f1e", "canary-reader-77ab", "canary-stranger-9c0d"
COLLEAGUE = "canary-colleague-31d8"
"""Tokens of ORG, of ORG for reading only, of OTHER, and of another user of ORG: no output may show one of them."""


def jwt(**claims: Json) -> str:
    """A token that says something about itself (docs/platform.md#tokens)."""
    parts = (json.dumps({"alg": "none"}), json.dumps(claims), "canary-signature")
    return ".".join(base64.urlsafe_b64encode(part.encode()).decode().rstrip("=") for part in parts)


JWT = {
    "good": jwt(org_id=ORG, exp=4102444800),
    "reading": jwt(org_id=ORG, read_only=True),
    "expired": jwt(org_id=ORG, exp=1700000000),
    "other": jwt(org_id=OTHER),
    "posing": jwt(org_id=ORG, token_name="posing"),
    "journey": jwt(org_id=ORG, token_type="journey"),
}
CANARIES = (TOKEN, READER, STRANGER, COLLEAGUE, *JWT.values())
"""Seconds that a process of a test may take at most."""

PROJECT = f"""version: 1
manifests: [config]
environments:
  test:
    org_id: "{ORG}"
    token: {{env: EPILOT_TOKEN_TEST}}
"""
PLAIN = {"PATH": os.environ.get("PATH", ""), "HOME": "/nowhere", "PYTHONPATH": str(ROOT), "NO_PROXY": "127.0.0.1"}


def reason(name: str, title: str, **more: Json) -> str:
    """A closing reason's manifest."""
    spec = {"title": title, "status": "ACTIVE"} | more
    lines = "".join(f"  {key}: {json.dumps(value, ensure_ascii=False)}\n" for key, value in spec.items())
    return f"apiVersion: syncer/v1\nkind: ClosingReason\nmetadata: {{name: {name}}}\nspec:\n{lines}"


def flow(name: str, *reasons: str) -> str:
    """A flow's manifest with closing reasons by name."""
    refs = ", ".join(f"{{ref: {each}}}" for each in reasons)
    return (
        f"apiVersion: syncer/v1\nkind: FlowTemplate\nmetadata: {{name: {name}}}\nspec:\n  name: Flow {name}\n"
        f"  version: v3\n  enabled: false\n  trigger: {{type: manual}}\n  closing_reasons: [{refs}]\n"
        "  tasks:\n    - {id: check, name: Check, task_type: MANUAL}\n"
        "  edges:\n    - {from_id: trigger, to_id: check}\n"
    )


@dataclass(frozen=True)
class Result:
    """How a command ended and what it said."""

    code: int
    out: str
    err: str

    @property
    def all(self) -> str:
        return self.out + self.err

    @property
    def json(self) -> Json:
        """What stands on stdout, which must be one JSON document."""
        return json.loads(self.out)

    def problems(self) -> list[tuple[str, int, int]]:
        """(rule, line, column) of each problem in a JSON answer; 0 where there is no place."""
        return [(each["rule"], each["line"] or 0, each["column"] or 0) for each in self.json["problems"]]


@dataclass
class Sandbox:
    """The sandbox that all tests of this process share, one organisation of it set back for each."""

    url: str
    db: Path
    client: httpx.Client

    def fault(self, **rule: Json) -> None:
        """A fault on demand; fields as in sandbox/control/middleware.py."""
        assert self.client.post("/_sandbox/faults", json=rule).status_code == 201

    def well_again(self) -> None:
        self.client.delete("/_sandbox/faults")

    def forget(self) -> None:
        """The log of requests starts anew."""
        self.client.delete("/_sandbox/requests")

    def requests(self) -> list[str]:
        """Every request since, as `GET /path`."""
        return [f"{each['method']} {each['path']}" for each in self.client.get("/_sandbox/requests").json()["requests"]]

    def writes(self) -> list[str]:
        """The requests that could change something."""
        reading = (":search", ":list", ":batchGet", "/query", "/v1/logs")
        return [each for each in self.requests() if not each.startswith("GET ") and not each.endswith(reading)]

    def seed(self, document: Json) -> None:
        """Objects that are there already."""
        seed(str(self.db), ORG, document)

    def spoil(self, kind: str, id: str, **fields: Json) -> None:
        """An object gets fields past the platform's own checks: what no seed and no request could bring about."""
        store = Store(str(self.db))
        try:
            body = store.get(ORG, kind, id)
            mark = {"flow": "enabled" if body.get("enabled") else "disabled"}.get(kind, "")
            store.put(ORG, kind, id, {**body, **fields}, owner=store.owner(ORG, kind, id), mark=mark)
        finally:
            store.close()

    def ask(self, call: str, body: Json = None, by: str = TOKEN) -> Json:
        """As somebody in the portal would: `ask("GET /v1/…")`; must succeed."""
        method, path = call.split(" ", 1)
        answer = self.client.request(method, path, json=body, headers={"Authorization": f"Bearer {by}"})
        assert answer.is_success, f"{call}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    def titles(self) -> list[str]:
        """Of all closing reasons, sorted."""
        reasons = self.ask("GET /v1/workflows/closing-reasons?includeInactive=true")["reasons"]
        return sorted(each["title"] for each in reasons)


@dataclass
class Repo:
    """A repository of manifests, and `syncer` run in it."""

    folder: Path
    env: dict[str, str]
    monkeypatch: pytest.MonkeyPatch
    running: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def write(self, name: str, content: str | bytes) -> Path:
        """A file of the repository."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
        return path

    def reasons(self, number: int) -> None:
        """So many closing reasons, all in one file."""
        self.write("config/many.yaml", "---\n".join(reason(f"r{n:02}", f"Grund {n:02}") for n in range(number)))

    def remove(self, name: str) -> None:
        (self.folder / name).unlink()

    @property
    def state(self) -> Path:
        return self.folder / ".syncer" / "state" / "test.json"

    def digest(self) -> dict[str, str]:
        """Every file and what is in it, to see that nothing was lost; state and locks left out."""
        return {
            str(path.relative_to(self.folder)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(self.folder.rglob("*"))
            if path.is_file() and not path.is_symlink() and ".syncer" not in path.parts
        }

    def run(self, *args: str, at: str = "", env: Mapping[str, str | None] | None = None, stdin: str = "") -> Result:
        """`syncer ARGS` in this process, in the folder `at` of the repository; `env` on top of the usual."""
        from syncer.cli import run

        with self.monkeypatch.context() as patch:
            for name in list(os.environ):
                if name.startswith(("SYNCER_", "EPILOT_", "GITHUB_")) or name in {"CI", "NO_COLOR", "FORCE_COLOR"}:
                    patch.delenv(name)
            patch.setenv("COLUMNS", "100")
            for name, value in {**self.env, **(env or {})}.items():
                patch.delenv(name, raising=False) if value is None else patch.setenv(name, value)
            patch.chdir(self.folder / at)
            patch.setattr("sys.stdin", io.StringIO(stdin))
            out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", newline="\n") for _ in range(2))
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
                code = run(list(args))
            texts = []
            for stream in (out, err):
                stream.flush()
                texts.append(stream.buffer.getvalue().decode("utf-8"))  # type: ignore[attr-defined]
        return Result(code, *texts)

    def start(
        self, *args: str, at: str = "", env: Mapping[str, str] | None = None, python: Sequence[str] = (), **how: Any
    ) -> subprocess.Popen[bytes]:
        """`syncer ARGS` as a process of its own, in a session of its own."""
        piped = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        process = subprocess.Popen(
            [sys.executable, *python, "-m", "syncer", *args], cwd=self.folder / at,
            env={**PLAIN, **self.env, **(env or {})}, start_new_session=True, **{**piped, **how},
        )  # fmt: skip
        self.running.append(process)
        return process

    def spawn(self, *args: str, **how: Any) -> Result:
        """`start`, and wait for its end."""
        return ended(self.start(*args, **how))


def ended(process: subprocess.Popen[bytes]) -> Result:
    """Wait for a process and take what it said."""
    out, err = process.communicate(timeout=PATIENCE)
    err = bytes(_HEARD.pop(process.pid, b"")) + (err or b"")
    return Result(process.returncode, (out or b"").decode("utf-8", "replace"), (err or b"").decode("utf-8", "replace"))


def heard(process: subprocess.Popen[bytes], text: str) -> None:
    """Read what a process says on stderr until it has said this; `ended` has all of it."""
    assert process.stderr is not None
    said = _HEARD.setdefault(process.pid, bytearray())
    while text.encode() not in said:
        ready, _, _ = select.select([process.stderr], [], [], PATIENCE)
        piece = os.read(process.stderr.fileno(), 4096) if ready else b""
        assert piece, f"it never said {text!r}, but {said!r}"
        said += piece


_HEARD: dict[int, bytearray] = {}
"""What processes that still run have said on stderr, as far as it was read."""


class Typed:
    """`syncer` at a terminal of its own, where somebody types."""

    def __init__(self, repo: Repo, *args: str, **how: Any) -> None:
        ours, theirs = pty.openpty()
        self.terminal = ours
        self.process = repo.start(*args, stdin=theirs, stderr=theirs, **how)
        os.close(theirs)
        self.seen = b""

    def wait_for(self, text: bytes) -> None:
        """Read until a text has been shown."""
        while text not in self.seen:
            ready, _, _ = select.select([self.terminal], [], [], PATIENCE)
            assert ready, self.seen
            self.seen += os.read(self.terminal, 4096)

    def type(self, keys: bytes) -> Result:
        """Type, and wait for the end."""
        os.write(self.terminal, keys)
        try:
            return ended(self.process)
        finally:
            os.close(self.terminal)


@pytest.fixture(scope="session")
def _served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    db = tmp_path_factory.mktemp("sandbox") / "sandbox.db"
    organisations = [
        Organisation(ORG, TOKEN), Organisation(ORG, READER, read_only=True), Organisation(OTHER, STRANGER),
        Organisation(ORG, JWT["good"]), Organisation(ORG, JWT["reading"], read_only=True),
        Organisation(OTHER, JWT["other"]), Organisation(OTHER, JWT["posing"]),
        Organisation(ORG, COLLEAGUE, user="berta"),
    ]  # fmt: skip
    app = create_app(str(db), organisations, options=Options(quota_per_minute=None))
    with socket.socket() as finder:
        finder.bind(("127.0.0.1", 0))
        port = finder.getsockname()[1]
    threading.Thread(target=serve, args=(app, "127.0.0.1", port), daemon=True).start()
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=PATIENCE) as client:

        def answers() -> bool:
            try:
                return client.get("/_sandbox/faults").is_success
            except httpx.ConnectError:
                return False

        until(answers, "the sandbox")
        yield Sandbox(f"http://127.0.0.1:{port}", db, client)


@pytest.fixture
def sandbox(_served: Sandbox) -> Sandbox:
    """The sandbox as it is from the start, nothing asked yet."""
    _served.well_again()
    reset(str(_served.db), ORG)
    _served.forget()
    return _served


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Repo]:
    """A folder with nothing in it; processes started for it do not outlive the test."""
    folder = tmp_path / "repo"
    folder.mkdir()
    repo = Repo(folder, {}, monkeypatch)
    yield repo
    for process in repo.running:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
        for stream in (process.stdin, process.stdout, process.stderr):
            if stream:
                stream.close()


@pytest.fixture
def repo(bare: Repo) -> Repo:
    """A repository with one closing reason; no server, no token."""
    bare.write("syncer.yaml", PROJECT)
    bare.write("config/won.yaml", reason("won", "Gewonnen"))
    return bare


@pytest.fixture
def live(repo: Repo, sandbox: Sandbox) -> Repo:
    """The repository with a token, in front of the sandbox."""
    repo.env |= {"EPILOT_TOKEN_TEST": TOKEN, "SYNCER_SERVER": sandbox.url}
    return repo


@pytest.fixture(autouse=True)
def _no_canary(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Whatever a test does: no command's output holds a token or a traceback (docs/catalogue.md#t9)."""
    said: list[str] = []
    make = Result.__init__

    def noted(self: Result, code: int, out: str, err: str) -> None:
        make(self, code, out, err)
        said.append(out + err)

    monkeypatch.setattr(Result, "__init__", noted)
    yield
    for text in said:
        assert not [each for each in CANARIES if each in text]
        assert leaked(text) == []
        assert "Traceback (most recent call last)" not in text
