"""An apply on a simulated clock: `python -m benchmarks.simulated SPEC.json ARGUMENT…` in a repository.

The command runs as it is, in this process, with three things in place of the world: a clock that only sleeping moves,
the sandbox, and an object store in memory in which a save takes as long as the spec says. Whoever sleeps moves the
clock for all, so what is done side by side counts as if it were done one after the other: an upper bound.
"""

from __future__ import annotations

import datetime
import json
import sys
import threading
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.manifests import ORGANISATION
from benchmarks.measure import Unmeasured, environment, run
from benchmarks.subject import cache_of

START = datetime.datetime(2026, 3, 2, 9, 14, 3, tzinfo=datetime.UTC)
TOKEN = "simulated"  # noqa: S105 of a sandbox that ends with its process


@dataclass(frozen=True)
class Simulation:
    """`quota`: writes a minute that the platform takes. `save`: seconds that the object store needs for one."""

    quota: int
    save: float = 0.0


@dataclass(frozen=True)
class Outcome:
    """Simulated seconds from the first to the last, replies to writing requests by their status, and how many bytes
    each save of the state handed to the object store."""

    seconds: float
    written: dict[str, int]
    saves: list[int]


def simulated(here: Path, simulation: Simulation, *arguments: str) -> Outcome:
    """The command's outcome; `Unmeasured` where it fails."""
    spec = here.with_name(f"{here.name}-simulation.json")
    spec.write_text(json.dumps(asdict(simulation)), "utf-8")
    environ = environment(
        SYNCER_ENV="bench", SYNCER_TOKEN=TOKEN, SYNCER_SERVER="http://127.0.0.1", XDG_CACHE_HOME=str(cache_of(here)),
        PYTHONPATH=str(Path(__file__).parents[1]),
    )  # fmt: skip
    run([sys.executable, "-m", "benchmarks.simulated", str(spec), *arguments], here, environ)
    found = json.loads(spec.read_text("utf-8"))
    if "seconds" not in found:
        raise Unmeasured("the simulated apply told nothing")
    return Outcome(**found)


class Clock:
    """It stands still until somebody sleeps."""

    def __init__(self) -> None:
        self.passed = 0.0
        self._lock = threading.Lock()

    def monotonic(self) -> float:
        """Seconds since it was made."""
        return self.passed

    def now(self) -> float:
        """Seconds since 1970."""
        return START.timestamp() + self.passed

    def sleep(self, seconds: float) -> None:
        """Move it."""
        with self._lock:
            self.passed += seconds

    def moment(self) -> datetime.datetime:
        """Date and time."""
        return START + datetime.timedelta(seconds=self.passed)


def _store(clock: Clock, seconds: float) -> list[int]:
    """Put a store in memory in place of every bucket; the list that the sizes of what is saved are added to."""
    import obstore
    from obstore.store import MemoryStore

    from syncer.state.backends import object_store

    saves: list[int] = []
    store, put = MemoryStore(), obstore.put

    def slow(store: Any, key: str, content: bytes, **options: Any) -> Any:
        if key.endswith(".json"):
            saves.append(len(content))
            clock.sleep(seconds)
        return put(store, key, content, **options)

    obstore.put = slow  # type: ignore[assignment]
    object_store.bucket = lambda place, env: object_store.Bucket(str(place), store)
    return saves


def main(spec: str, *arguments: str) -> int:
    """Run the command, and write over the spec what came of it; the command's exit code."""
    import httpx

    from syncer.cli import run as run_command
    from syncer.fs.clock import Effects
    from syncer.sandbox.options import Options
    from syncer.sandbox.server import Organisation, create_app

    simulation = Simulation(**json.loads(Path(spec).read_text("utf-8")))
    clock = Clock()
    Effects.__init__.__defaults__ = (clock.monotonic, clock.now, clock.sleep, lambda: 0.5)
    options = Options(quota_per_minute=simulation.quota, search_quota_per_minute=None)
    app = create_app(":memory:", [Organisation(ORGANISATION, TOKEN)], options=options, now=clock.moment)
    inner = httpx.WSGITransport(app)
    httpx.HTTPTransport.handle_request = lambda self, request: inner.handle_request(request)  # type: ignore[method-assign]
    saves = _store(clock, simulation.save)
    code = run_command(list(arguments))
    written: Counter[str] = Counter()
    for each in app.extensions["sandbox.watch"].requests():
        if each["method"] not in {"GET", "HEAD"}:
            written[str(each["status"])] += 1
    Path(spec).write_text(json.dumps(asdict(Outcome(clock.passed, dict(written), saves))), "utf-8")
    return code


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
