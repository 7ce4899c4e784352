"""`make demo`: a sandbox, an apply, an empty second plan, changes by hand, and the plan that would mend them.

Runs the commands a person would type, says each before it runs, and fails when one does not do what was announced.
"""

from __future__ import annotations

import os
import re
import secrets
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

EXAMPLE = Path(__file__).parents[1] / "examples" / "stadtwerk"
ORGANISATION = "911690"
PATIENCE = 30.0  # seconds a sandbox may take to answer first
BOLD, PLAIN = ("\033[1m", "\033[0m") if sys.stdout.isatty() and "NO_COLOR" not in os.environ else ("", "")

Json = Any


class Unexpected(Exception):
    """A step did not do what was said of it."""


def say(text: str) -> None:
    """A heading of the story."""
    print(f"\n{BOLD}== {text}{PLAIN}", flush=True)


def environment(token: str) -> dict[str, str]:
    """This process's environment without anybody's own tokens and settings, and with what the example asks for."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("SYNCER_", "EPILOT_"))}
    ours = {"EPILOT_TOKEN_SANDBOX": token, "SYNCER_BONITAET_API_KEY": secrets.token_hex(8)}
    return kept | ours | {"PYTHONUTF8": "1", "NO_PROXY": "127.0.0.1"}


def syncer(*arguments: str) -> list[str]:
    """`syncer ARGUMENTS` as a command of this interpreter, whatever PATH says."""
    return [sys.executable, "-m", "syncer", *arguments]


@contextmanager
def scratch() -> Iterator[Path]:
    """A folder that is gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="syncer-demo-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def sandbox(folder: Path, token: str, environ: dict[str, str]) -> Iterator[str]:
    """A sandbox on a free port of this machine, its database in `folder`; yields its address, ends it in any case."""
    arguments = ["sandbox", "serve", "--port", "0", "--db", str(folder / "sandbox.db")]
    log = folder / "sandbox.log"
    print(f"$ syncer {shlex.join(arguments)} --org {ORGANISATION} --token ...", flush=True)
    with log.open("wb") as output:
        server = subprocess.Popen(
            syncer(*arguments, "--org", ORGANISATION, "--token", token),
            stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
            env=environ, cwd=folder, start_new_session=True,  # Ctrl-C is ours to handle: it goes last
        )  # fmt: skip
    try:
        yield address(server, log)
    finally:
        server.terminate()
        try:
            server.wait(5)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def address(server: subprocess.Popen[bytes], log: Path) -> str:
    """The address that the sandbox printed; `Unexpected` with its output when it ends or stays silent."""
    deadline, text = time.monotonic() + PATIENCE, ""
    while time.monotonic() < deadline:
        ended = server.poll() is not None
        text = log.read_text("utf-8", "replace")
        if found := re.search(r"^sandbox: (http://\S+)\n", text, re.MULTILINE):
            print(found[0], end="", flush=True)
            return found[1]
        if ended:
            raise Unexpected(f"the sandbox ended with exit code {server.returncode}:\n{text}")
        time.sleep(0.05)
    raise Unexpected(f"the sandbox did not say its address within {PATIENCE:.0f} s:\n{text}")


Run = Callable[..., str]


def runner(folder: Path, environ: dict[str, str]) -> Run:
    """A function that shows a command, runs it in `folder`, shows and returns its output, and checks its exit code."""

    def run(*arguments: str, expect: int, because: str) -> str:
        print(f"$ syncer {shlex.join(arguments)}", flush=True)
        done = subprocess.run(
            syncer(*arguments), cwd=folder, env=environ, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
        )  # fmt: skip
        text = done.stdout.decode("utf-8", "replace")
        print(text, end="" if text.endswith("\n") else "\n", flush=True)
        if done.returncode != expect:
            raise Unexpected(f"`syncer {arguments[0]}` ended with exit code {done.returncode}, not {expect}: {because}")
        return text

    return run


def change_by_hand(server: str, token: str) -> tuple[str, str]:
    """Retitle a closing reason and relabel an attribute, as a colleague would in the portal; returns the new words."""
    import httpx

    headers = {"Authorization": f"Bearer {token}"}
    with httpx.Client(base_url=server, headers=headers, trust_env=False, timeout=30) as api:

        def call(method: str, path: str, body: Json = None) -> Json:
            print(f"$ curl -X {method} {server}{path}", flush=True)
            try:
                reply = api.request(method, path, json=body)
            except httpx.HTTPError as problem:
                raise Unexpected(f"{method} {path} was not answered: {type(problem).__name__}") from problem
            if not reply.is_success:
                raise Unexpected(f"{method} {path} was answered {reply.status_code}: {reply.text[:500]}")
            return reply.json()

        reasons = call("GET", "/v1/workflows/closing-reasons?includeInactive=true")["reasons"]
        reason = next(reason for reason in reasons if reason["title"] == "Zu teuer")
        title = "Zu teuer (von Hand geändert)"
        call("PATCH", f"/v2/workflows/closing-reasons/{reason['id']}", {"title": title, "status": reason["status"]})

        path = "/v1/entity/schemas/charging_station"
        schema = call("GET", f"{path}?latest=true")
        label = "Marke (von Hand geändert)"
        next(item for item in schema["attributes"] if item["name"] == "manufacturer")["label"] = label
        call("PUT", path, schema)
    return title, label


def story() -> None:
    """The steps, in order."""
    token = secrets.token_urlsafe(24)
    environ = environment(token)
    with scratch() as folder:
        say("A sandbox: the platform imitated on this machine")
        with sandbox(folder, token, environ) as server:
            here = folder / EXAMPLE.name
            shutil.copytree(EXAMPLE, here, ignore=shutil.ignore_patterns(".syncer"))
            run = runner(here, environ)
            there = ("--env", "sandbox", "--server", server)

            say(f"The manifests of examples/{EXAMPLE.name} are proved offline")
            run("validate", expect=0, because="the example is valid")

            say("What would change in an empty organisation")
            run("plan", *there, "--detailed-exitcode", expect=2, because="everything has to be created")

            say("Exactly that is done")
            run("apply", *there, "--yes", expect=0, because="every change goes through")

            say("A second plan is empty")
            run("plan", *there, "--detailed-exitcode", expect=0, because="nothing is left to do")

            say("Somebody changes two things by hand, past git")
            words = change_by_hand(server, token)

            say("The plan that would mend it")
            text = run("plan", *there, "--detailed-exitcode", expect=2, because="two things drifted")
            if missing := [word for word in words if word not in text]:
                raise Unexpected(f"the plan does not show {', '.join(f'`{word}`' for word in missing)}")

            say("Tidying up: the sandbox is stopped, its folder removed")


def main() -> int:
    """Exit code 0 when every step did what was said, 1 when one did not, 130 or 143 when stopped."""

    def stop(number: int, _frame: object) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)  # tidying up is not to be cut short
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        raise SystemExit(128 + number)

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    try:
        story()
    except Unexpected as problem:
        print(f"\ndemo: failed: {problem}", file=sys.stderr)
        return 1
    print("demo: done")
    return 0


if __name__ == "__main__":
    sys.exit(main())
