"""The sandbox as the benchmarks need it: without a quota, on a free port, its log of requests at hand."""

from __future__ import annotations

import http.client
import json
import re
import secrets
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.manifests import ORGANISATION
from benchmarks.measure import Unmeasured

Json = Any

# path → the kind it serves, for counting
KINDS = {
    r"/v\d/workflows/closing-reasons": "ClosingReason",
    r"/v\d/flows/templates": "FlowTemplate",
    r"/v\d/entity/schemas": "EntitySchema",
    r"/v\d/app": "AppInstallation",
    r"/data-(governance|management)/": "RetentionConfig",
    r"/v\d/permissions": "permissions",
    r"/v\d/logs": "audit_log",
    r"/v\d/automation/": "AutomationFlow",
}


@dataclass(frozen=True)
class Platform:
    """A running sandbox: its port, and a token for its one organisation."""

    port: int
    token: str

    @property
    def server(self) -> str:
        """The address to give to `--server`."""
        return f"http://127.0.0.1:{self.port}"

    def calls(self, requests: Iterable[tuple[str, str, Json]]) -> Iterator[Json]:
        """Send (method, path, body) one after the other over one connection; the replies' JSON."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        try:
            for method, path, body in requests:
                connection.request(method, path, None if body is None else json.dumps(body), headers)
                reply = connection.getresponse()
                text = reply.read()
                if reply.status >= 300:
                    raise Unmeasured(f"{method} {path} was answered {reply.status}: {text[:300]!r}")
                yield json.loads(text) if text else None
        finally:
            connection.close()

    def add_reasons(self, titles: Iterable[str]) -> None:
        """Create closing reasons, past `syncer` and its pace."""
        for _ in self.calls(
            ("POST", "/v1/workflows/closing-reasons", {"title": t, "status": "ACTIVE"}) for t in titles
        ):
            pass

    def forget_requests(self) -> None:
        """Empty the log of requests."""
        list(self.calls([("DELETE", "/_sandbox/requests", None)]))

    def requests(self) -> Counter[tuple[str, str]]:
        """How often which kind was asked by which method since the log was emptied: (kind, method) → number."""
        (log,) = self.calls([("GET", "/_sandbox/requests", None)])
        counted: Counter[tuple[str, str]] = Counter()
        for each in log["requests"]:
            path = each["path"]
            kind = next((kind for pattern, kind in KINDS.items() if re.match(pattern, path)), path)
            searching = each["method"] == "POST" and ":search" in path
            counted[kind, "GET" if searching else each["method"]] += 1
        return counted


@contextmanager
def platform(folder: Path) -> Iterator[Platform]:
    """A sandbox in a process of its own, its database in `folder`; gone afterwards."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    here = Platform(port, secrets.token_urlsafe(16))
    log = folder / "sandbox.log"
    with log.open("wb") as output:
        command = [sys.executable, "-m", "benchmarks.platform", str(folder / "sandbox.db"), str(port), here.token]
        root = Path(__file__).parents[1]
        server = subprocess.Popen(command, cwd=root, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
    try:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline and server.poll() is None:
            try:
                here.forget_requests()
            except OSError:
                time.sleep(0.05)
            else:
                break
        else:
            raise Unmeasured(f"the sandbox did not start:\n{log.read_text('utf-8', 'replace')[-2000:]}")
        yield here
    finally:
        server.kill()
        server.wait()


def main(db: str, port: str, token: str) -> None:
    """Serve until killed."""
    from syncer.sandbox.options import Options
    from syncer.sandbox.server import Organisation, create_app, serve

    options = Options(quota_per_minute=None, search_quota_per_minute=None)
    serve(create_app(db, [Organisation(ORGANISATION, token)], options=options), "127.0.0.1", int(port))


if __name__ == "__main__":
    main(*sys.argv[1:])
