"""The table of pairs: aligned, and harmless whatever the organisations call their things."""

from __future__ import annotations

from syncer.plan.id_map import Pair
from syncer.render.id_map_text import render_pairs
from syncer.render.terminal import Terminal


def test_the_table() -> None:
    pairs = [
        Pair("ClosingReason", "won", "r1", "q1", "title", "it is switched off there"),
        Pair("FlowTemplate", "house-connection", "7hj28akg", "", "created by the apply"),
        Pair("SavedView", "contact: Größe\x1b[31m", "v1", "w1", "lookup"),
    ]
    assert render_pairs(pairs, "sandbox", "production", Terminal()) == (
        "  kind           name                    sandbox   production  found by\n"
        "  ClosingReason  won                     r1        q1          title (it is switched off there)\n"
        "  FlowTemplate   house-connection        7hj28akg  -           created by the apply\n"
        "  SavedView      contact: Größe\\x1b[31m  v1        w1          lookup\n"
    )


def test_nothing_is_no_table() -> None:
    assert render_pairs([], "sandbox", "production", Terminal()) == ""
