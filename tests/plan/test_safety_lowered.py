"""What of an environment's guards asks for less than at the last apply (README.md#synceryaml)."""

from __future__ import annotations

import pytest

from syncer.plan.safety import lowered

DROPPED = "`confirm` was dropped: an apply no longer has to be confirmed"

CASES = {
    # case: (at the last apply, now, what the plan says)
    "nothing remembered": ({}, {"confirm": False}, []),
    "the same": ({"confirm": True, "delete": "0"}, {"confirm": True, "delete": "0"}, []),
    "confirm dropped": ({"confirm": True}, {"confirm": False}, [DROPPED]),
    "confirm added": ({"confirm": False}, {"confirm": True}, []),
    "a limit raised": (
        {"update": "30%"}, {"update": "50%"}, ["the limit of updates was raised from `30%` to `50%`"],
    ),
    "a limit lowered": ({"update": "30%"}, {"update": "10%"}, []),
    "a limit dropped": ({"delete": "0"}, {}, ["the limit of deletes, `0`, was dropped"]),
    "a number becomes a share": (
        {"delete": "5"}, {"delete": "5%"}, ["the limit of deletes was raised from `5` to `5%`"],
    ),
    "both": (
        {"confirm": True, "delete": "0"},
        {"confirm": False, "delete": "3"},
        [DROPPED, "the limit of deletes was raised from `0` to `3`"],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("before", "now", "said"), CASES.values(), ids=CASES)
def test_lowered(before: dict[str, bool | str], now: dict[str, bool | str], said: list[str]) -> None:
    assert lowered(before, now) == said
