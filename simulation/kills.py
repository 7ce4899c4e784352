"""The real program killed with `kill -9` at a random instant, against the real sandbox over a socket (N9 of
docs/reliability.md#the-table, docs/catalogue.md#f11).

What the simulator claims is held against processes, files and connections. A life has its own organisation; it ends
with an apply that nobody kills and a plan that must be empty.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import httpx

from simulation.manifests import Make
from simulation.world import scratch

Json = Any
ROOT = Path(__file__).parents[1]
CREATED = {
    # listing, its items, the name by which a second one is known
    "ClosingReason": ("/v1/workflows/closing-reasons?includeInactive=true", "reasons", "title"),
    "FlowTemplate": ("/v2/flows/templates", "results", "name"),
    "EntitySchema": ("/v2/entity/schemas?full=true&latest=true", "results", "slug"),
    "AutomationFlow": ("/v1/automation/flows?include_flows=true&size=100", "results", "flow_name"),
}
PATIENCE = 120.0
"""Seconds after which a process that was not killed counts as hung."""


@dataclass(slots=True)
class Kills:
    """What came of some lives."""

    kills: int = 0
    writing: int = 0
    """Of these, how many struck after the first write of their run."""
    missed: int = 0
    """Runs that were over before the signal came."""
    objects: int = 0
    twice: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    other: list[str] = field(default_factory=list)

    def add(self, each: Kills) -> None:
        """Take in another's."""
        self.kills += each.kills
        self.writing += each.writing
        self.missed += each.missed
        self.objects += each.objects
        self.twice += each.twice
        self.lost += each.lost
        self.other += each.other

    @property
    def problems(self) -> list[str]:
        """Everything that must not be."""
        return [*self.twice, *self.lost, *self.other]


def killed(number: int, seed: int = 0, jobs: int = 4) -> Kills:
    """So many kills, some lives side by side."""
    whole = Kills()
    dice = Random(seed)
    lives: list[tuple[int, int]] = []
    while number > 0:
        lives.append((len(lives), min(number, dice.randint(1, 4))))
        number -= lives[-1][1]
    with scratch() as folder, _served(Path(folder), len(lives)) as url, ThreadPoolExecutor(jobs) as pool:
        for each in pool.map(lambda life: _life(Path(folder), url, life[0], life[1], seed), lives):
            whole.add(each)
    return whole


def _org(number: int) -> str:
    return str(800_000 + number)


@contextmanager
def _served(folder: Path, organisations: int) -> Iterator[str]:
    with socket.socket() as finder:
        finder.bind(("127.0.0.1", 0))
        port = finder.getsockname()[1]
    pairs = [word for each in range(organisations) for word in ("--org", _org(each), "--token", f"kill-{each}")]
    serve = ["sandbox", "serve", "--port", str(port), "--db", str(folder / "sandbox.db"), *pairs]
    process = subprocess.Popen(
        [sys.executable, "-m", "syncer", *serve], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    url = f"http://127.0.0.1:{port}"
    try:
        with httpx.Client(base_url=url, trust_env=False) as client:
            for _ in range(400):
                try:
                    client.get("/_sandbox/faults")
                    break
                except httpx.TransportError:
                    time.sleep(0.05)
            # each answer to a write takes a moment, half of them before the work: so that there is something to cut off
            slow = {"path": "/*", "delay": 0.04, "times": 1_000_000}
            rules = [{**slow, "method": "POST", "after_commit": True}, {**slow, "method": "PUT"}]
            client.post("/_sandbox/faults", json=[*rules, {**slow, "method": "PATCH"}]).raise_for_status()
        yield url
    finally:
        process.terminate()
        process.wait()


def _life(folder: Path, url: str, number: int, kills: int, seed: int) -> Kills:
    """One repository: killed so often, then an apply that is left alone."""
    dice = Random(f"{seed} {number}")
    repo = folder / f"repo-{number}"
    _repository(repo, _org(number), dice)
    env = {**os.environ, "EPILOT_TOKEN": f"kill-{number}", "SYNCER_SERVER": url, "PYTHONPATH": str(ROOT), "CI": "1"}
    found = Kills()
    with httpx.Client(base_url=url, headers={"Authorization": f"Bearer kill-{number}"}, trust_env=False) as client:
        before = {kind: _names(client, kind) for kind in CREATED}
        while found.kills < kills and found.missed < 40:
            _edit(repo, dice)
            _one_kill(repo, env, client, before, dice, found)
        code, said = _run(repo, env, "apply", "--yes", "--allow-delete", "--workers", str(dice.choice([1, 4])))
        if code != 0:
            found.other.append(f"life {number}: the apply that nobody killed ended with {code}: {said[-400:]}")
            return found
        code, said = _run(repo, env, "plan", "--detailed-exitcode")
        if code != 0:
            found.other.append(f"life {number}: the plan after it is not empty ({code}): {said[-400:]}")
        _look(repo, client, before, number, found)
    return found


def _one_kill(
    repo: Path, env: dict[str, str], client: httpx.Client, before: dict[str, Counter[str]], dice: Random, found: Kills
) -> None:
    """Start an apply and kill it at a random instant, most often when it has begun to write."""
    made = _written(client, env)
    process = _start(repo, env, "apply", "--yes", "--allow-delete", "--workers", str(dice.choice([1, 4, 8])))
    if dice.random() < 0.85:
        deadline = time.monotonic() + 30
        while _written(client, env) == made and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.005)
        time.sleep(dice.uniform(0, 0.6))
    else:
        time.sleep(dice.uniform(0, 0.8))
    if process.poll() is not None:
        found.missed += 1
    else:
        os.killpg(process.pid, signal.SIGKILL)
        found.kills += 1
    process.communicate()
    if process.returncode == -signal.SIGKILL:
        found.writing += _written(client, env) > made
    elif process.returncode != 0:
        found.other.append(f"{repo.name}: an apply that was over before its kill ended with {process.returncode}")


def _written(client: httpx.Client, env: dict[str, str]) -> int:
    """How many writing calls of this life's organisation the sandbox has seen."""
    org = _org(int(env["EPILOT_TOKEN"].removeprefix("kill-")))
    found = client.get("/_sandbox/requests").json()["requests"]
    return sum(each["method"] in {"POST", "PUT", "PATCH", "DELETE"} and each.get("org") == org for each in found)


def _repository(repo: Path, org: str, dice: Random) -> None:
    (repo / "config").mkdir(parents=True)
    (repo / "syncer.yaml").write_text(
        f'version: 1\nmanifests: [config]\nenvironments:\n  test: {{org_id: "{org}"}}\n', "utf-8"
    )
    documents = [Make.reason(f"r{number}") for number in range(dice.randint(4, 8))]
    documents += [Make.schema(slug, Make.text("a")) for slug in ("site", "pipe")]
    documents += [Make.flow(name, enabled=dice.random() < 0.5) for name in ("offer", "meter")]
    documents += [Make.bundle("visit"), Make.checker()]
    for each in documents:
        _put(repo, each)


def _put(repo: Path, document: Json) -> None:
    name = f"{document['kind']}-{document['metadata']['name']}.json"
    (repo / "config" / name).write_text(json.dumps(document), "utf-8")


def _edit(repo: Path, dice: Random) -> None:
    """Something new, something else, something less."""
    mark = dice.randrange(10**6)
    for number in range(dice.randint(2, 5)):
        _put(repo, Make.reason(f"n{mark}-{number}"))
    for slug in ("site", "pipe"):
        _put(repo, Make.schema(slug, Make.text("a") | {"label": f"A {mark}"}))
    _put(repo, Make.flow(f"f{mark}", enabled=True))
    _put(repo, Make.bundle(f"b{mark}"))
    for path in sorted((repo / "config").glob("ClosingReason-n*.json"))[:1]:
        if dice.random() < 0.3:
            path.unlink()


def _start(repo: Path, env: dict[str, str], *words: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "syncer", *words],
        cwd=repo,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )


def _run(repo: Path, env: dict[str, str], *words: str) -> tuple[int, str]:
    process = _start(repo, env, *words)
    try:
        out, _ = process.communicate(timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        return -9, "it hung"
    return process.returncode, out.decode("utf-8", "replace")


def _names(client: httpx.Client, kind: str) -> Counter[str]:
    path, items, name = CREATED[kind]
    return Counter(str(each.get(name)) for each in client.get(path).raise_for_status().json()[items])


def _look(repo: Path, client: httpx.Client, before: dict[str, Counter[str]], number: int, found: Kills) -> None:
    """Nothing twice, and all that is there is known to the state, by id or by key."""
    state = json.loads((repo / ".syncer" / "state" / "test.json").read_text("utf-8"))
    known = {each["live_id"] for each in state["entries"]}
    known |= {id for each in state["entries"] for ids in each.get("parts", {}).values() for id in ids.values()}
    for kind, (path, items, name) in CREATED.items():
        for title, count in (_names(client, kind) - before[kind]).items():
            found.objects += count
            if count > 1:
                found.twice.append(f"life {number}: {kind} `{title}` is there {count} times")
        for each in client.get(path).json()[items]:
            gone = kind == "ClosingReason" and each.get("status") == "INACTIVE"
            if str(each.get(name)) not in before[kind] and not gone and not known & {each.get("id"), each.get("slug")}:
                found.lost.append(f"life {number}: {kind} `{each.get(name)}` is live and nobody knows it")
