"""Which part of a schema is which, where a table of edits does not say it."""

from __future__ import annotations

from collections.abc import Callable

from tests.support.part_identity import PARTS, Bench, Part


def test_a_group_that_is_gone_is_said_with_what_stands_in_it(begin: Callable[[Part], Bench]) -> None:
    bench = begin(PARTS["group"])
    bench.hand(lambda live: live["group_settings"][0].update(id="9f0e"))
    assert [each.message for each in bench.world.plan().plan.notices if each.rule == "kind"] == [
        "group `One` (`g-one`) was deleted in the organisation, and `a` still stands in it; `9f0e` has its label "
        "and is another group"
    ]
