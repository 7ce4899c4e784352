"""The repositories, sandboxes and worlds of the other tests, for the catalogue's rows."""

from __future__ import annotations

from tests.cli.conftest import _no_canary, _served, bare, live, repo, sandbox
from tests.cli.test_streams import coloured
from tests.ops.conftest import crash, make, make_world, world
from tests.render.conftest import everything

__all__ = [
    "_no_canary", "_served", "bare", "coloured", "crash", "everything", "live", "make", "make_world", "repo", "sandbox",
    "world",
]  # fmt: skip
