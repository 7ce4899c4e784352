"""Each guard taken away, and the tests that must notice (N17 of docs/reliability.md#the-table); a plugin of pytest does
the taking away.

`WITHOUT`: name → what is put in the guard's place, and the tests that are run without it.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
VARIABLE = "SYNCER_SIM_WITHOUT"


def _guard(name: str) -> Callable[[], None]:
    """The guard of that name always agrees."""

    def take() -> None:
        from syncer.plan import safety

        def agrees(plan: Any, situation: Any, consent: Any) -> Iterator[Any]:
            return iter(())

        safety.GUARDS = tuple(agrees if each.__name__ == name else each for each in safety.GUARDS)  # type: ignore[assignment]

    return take


def _put(module: str, path: str, instead: Callable[..., Any]) -> Callable[[], None]:
    """Something else in the place of `module`'s attribute."""

    def take() -> None:
        from importlib import import_module

        holder = import_module(module)
        *outer, last = path.split(".")
        for each in outer:
            holder = getattr(holder, each)
        setattr(holder, last, instead)

    return take


def _reads_as_planned(self: Any) -> tuple[Any, Any]:
    task = self.task
    return (task.live.object if task.live else None), task.answers


def _nothing_to_add(state: Any, journal: Any, path: Any, kinds: Any = None) -> Any:
    from syncer.state.replay import Replay

    return Replay(state, 0, ours=False)


_GUARDS = (
    "organisation", "writing_token", "pull_request", "confirmed", "not_empty", "not_vanished", "first_contact",
    "removals", "updates", "protected", "losses",
)  # fmt: skip
_PLANS, _SEMANTICS, _BAD, _LIVE = (
    "tests/catalogue/test_concurrency.py", "tests/catalogue/test_semantics.py", "tests/cli/test_bad_input.py",
    "tests/cli/test_live_commands.py",
)  # fmt: skip
WITHOUT: Mapping[str, tuple[Callable[[], None], tuple[str, ...]]] = {
    **{name: (_guard(name), ("tests/plan/test_safety.py",)) for name in _GUARDS},
    # end to end: docs/catalogue.md#h10, #h11, #h02, #c10
    "removals, end to end (H10)": (_guard("removals"), (_BAD, "-k", "H10")),
    "protected, end to end (H10)": (_guard("protected"), (_BAD, "-k", "H10")),
    "not_empty, end to end (H10)": (_guard("not_empty"), (_BAD, "-k", "H10")),
    "pull_request, end to end (H11)": (_guard("pull_request"), (_BAD, "-k", "H11")),
    "not_vanished, end to end (C10)": (_guard("not_vanished"), (_SEMANTICS, "-k", "C10")),
    # what is no guard of the list, and refuses before the first write all the same
    "a stale plan (D04)": (
        _put("syncer.ops.apply.apply", "same_plan", lambda saved, now: []), (_LIVE, "-k", "no_longer_true"),
    ),
    "moved since the plan (D05)": (
        _put("syncer.ops.apply.change_executor", "_ChangeRun._unmoved", _reads_as_planned),
        (_PLANS, "-k", "D05 or D06"),
    ),
    "the tool's own id of a plan (D10)": (
        _put("syncer.state.plan_file", "plan_id", lambda *_: ""), ("tests/state/test_plan_file.py",),
    ),
    "a secret that no manifest has": (
        _put("syncer.kinds.app_installation.kind", "unmanaged_secrets", lambda *_: []),
        ("tests/ops/test_plan.py", "-k", "outlives or appears_after"),
    ),
    "what a manifest leans on, taken along": (
        _put("syncer.plan.planner", "taken_along", lambda *_: []),
        ("tests/ops/test_cascade.py", "-k", "does_not_go or was_not_chosen"),
    ),
    "who else uses what goes along": (
        _put("syncer.plan.planner", "name_users", lambda *_: {}),
        ("tests/ops/test_cascade.py", "-k", "nobody_manages or only_a_task or undo or stops_using"),
    ),
    "unsettled calls": (
        _put("syncer.state.journal", "Journal.unsettled", lambda self: []),
        ("tests/ops/test_unknown_outcome.py", "-k", "reason_create or committed_after_the_run or next_run"),
    ),
    "what a cut-off run told its journal": (
        _put("syncer.state.backends.backend", "replay", _nothing_to_add),
        ("tests/ops/test_checkpoints.py", "-k", "plan_reads_both"),
    ),
    "a run that did not end, elsewhere": (
        _put("syncer.ops.apply.state_store", "Checkpoints.begin", lambda self, run: None),
        ("tests/ops/test_checkpoints.py", "-k", "under_another_title"),
    ),
    "a lock that was lifted": (
        _put("syncer.state.backends.backend", "Backend.require_lock", lambda self: None),
        ("tests/ops/test_checkpoints.py", "-k", "lifted_lock"),
    ),
    "read-only transport": (
        _put("syncer.api.http_transport", "gate", lambda bases, *, read_only: lambda request: None),
        ("tests/api/test_transport.py", "-k", "gate or read_only"),
    ),
    "the table of routes": (
        _put("syncer.api.allowlist", "classify_call", lambda _, method, path: "read" if method == "GET" else "write"),
        ("tests/api/test_transport.py", "tests/api/test_client.py", "tests/api/test_routes.py"),
    ),
    "no second sending": (
        _put("syncer.api.retry", "again", lambda _, *, writes, status=0, fault="": bool(fault) or status >= 500),
        ("tests/api/test_transport.py", "-k", "sending_again"),
    ),
}  # fmt: skip


def pytest_configure(config: Any) -> None:
    """Take away what the environment names, before any test is collected."""
    name = os.environ.get(VARIABLE)
    if name:
        WITHOUT[name][0]()


def noticed(name: str) -> int:
    """How many tests fail without it; 0 where nobody notices."""
    tests = WITHOUT[name][1]
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "simulation.guards",
        "-p",
        "no:cacheprovider",
        "--tb=no",
        *tests,
    ]
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, VARIABLE: name}, capture_output=True, text=True, check=False
    )
    if done.returncode not in (0, 1):
        raise RuntimeError(
            f"without {name}: pytest ended with {done.returncode}\n{done.stdout[-2000:]}{done.stderr[-2000:]}"
        )
    return len(re.findall(r"^FAILED ", done.stdout, re.MULTILINE))
