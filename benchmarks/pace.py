"""How much of the platform's quota an apply uses at `pace: 98%`, in simulated time, without a 429."""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from pathlib import Path

from benchmarks.figures import Figure
from benchmarks.measure import Unmeasured
from benchmarks.subject import Size

SHARE = 0.98
QUOTA = 500
MINUTES = 3
"""Whole minutes of writing; the first and the last write of a minute's window decide the rate."""


def figures(size: Size, folder: Path) -> Iterator[Figure]:
    """Writes refused with 429: none. Writes a minute while it lasts: at least 98 % of the share, of 500."""
    from simulation.manifests import Make
    from simulation.world import World
    from syncer.api.client import Api
    from syncer.api.endpoints import services
    from syncer.api.options import TransportOptions
    from syncer.model.json_values import Secret

    class Paced(World):
        def api(self, *, read_only: bool) -> Api:
            return Api(services({}, "http://127.0.0.1"), Secret("EPILOT_TOKEN", "alpha"), read_only=read_only,
                       share=SHARE, options=TransportOptions(self.effects, wire=self.wire))  # fmt: skip

    del size  # simulated minutes take no time
    number = int(SHARE * QUOTA) * MINUTES + 1
    world = Paced(folder / "pace", {"quota_per_minute": QUOTA})
    try:
        world.put(*[Make.reason(f"r{each:05}") for each in range(number)])
        run = world.apply(workers=8)
    finally:
        world.close()
    writes = [each for each in run.requests if each["method"] != "GET"]
    refused = sum(each["status"] == http.client.TOO_MANY_REQUESTS for each in writes)
    done = sum(each["status"] == http.client.CREATED for each in writes)
    if run.code != 0 or done != number:
        raise Unmeasured(f"{done} of {number} writes were done, exit code {run.code}")
    minutes = world.time.clock() / 60
    used = (done - 1) / minutes / QUOTA
    how = (
        f"{done:,} writes in {minutes:.2f} simulated minutes at pace 98%, against an enforced quota of {QUOTA} a minute"
    )
    yield Figure("writes refused with 429", refused, "", 0, how)
    yield Figure("share of the quota left unused", round(100 * (1 - used), 3), "%", 2, f"{100 * used:.2f} % used")
