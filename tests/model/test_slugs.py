"""Names out of titles: what people can read, and never two of one."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncer.model.slugs import piece_of, plain_name, unique_names

TITLES = {
    "Zählerwechsel": "zaehlerwechsel",
    "GROẞE Straße": "grosse-strasse",
    "Größe & Preis": "groesse-und-preis",
    "Zähler": "zaehler",  # written with a combining mark
    "Łódź, Ørsted, œuvre": "lodz-oersted-oeuvre",
    "1. Prüfung (neu)": "1-pruefung-neu",
    "  zwei  ": "zwei",
    "../../x": "x",
    "50 % Rabatt": "50-prozent-rabatt",
    "🔌": "",
    "Жук": "",
    "": "",
    "x" * 200: "x" * 60,
    "wort " * 40: "wort-wort-wort-wort-wort-wort-wort-wort-wort-wort-wort-wort",
}


@pytest.mark.parametrize(("title", "name"), TITLES.items())
def test_plain_name(title: str, name: str) -> None:
    assert plain_name(title) == name


UNIQUE = {
    # case                    titles                                     taken         claimed  names
    "each its own": ({"1": "A", "2": "B"}, (), (), {"1": "a", "2": "b"}),
    "two of one name": ({"1": "Ä", "2": "ae"}, (), (), {"1": f"ae-{piece_of('1')}", "2": f"ae-{piece_of('2')}"}),
    "one of them has a manifest": ({"1": "Ä", "2": "ae"}, (), ("1",), {"2": f"ae-{piece_of('2')}"}),
    "somebody has it": ({"1": "A"}, ("a",), (), {"1": f"a-{piece_of('1')}"}),
    "no letter": ({"1": "🔌"}, (), (), {"1": f"flow-{piece_of('1')}"}),
    "a device of Windows": (
        {"1": "Con", "2": "LPT1"},
        (),
        (),
        {"1": f"con-{piece_of('1')}", "2": f"lpt1-{piece_of('2')}"},
    ),
}


@pytest.mark.parametrize(("titles", "taken", "claimed", "names"), UNIQUE.values(), ids=UNIQUE)
def test_unique_names(
    titles: dict[str, str], taken: tuple[str, ...], claimed: tuple[str, ...], names: dict[str, str]
) -> None:
    assert unique_names(titles, "flow", taken, claimed=claimed) == names


@given(st.dictionaries(st.text(min_size=1, max_size=4), st.text(max_size=80), max_size=8), st.randoms())
def test_names_are_possible_unique_and_do_not_depend_on_order(titles: dict[str, str], dice: object) -> None:
    names = unique_names(titles, "thing")
    shuffled = list(titles.items())
    dice.shuffle(shuffled)  # type: ignore[attr-defined]
    assert unique_names(dict(shuffled), "thing") == names
    assert len(set(names.values())) == len(titles)
    assert all(re.fullmatch(r"[a-z0-9]([a-z0-9._-]{0,126}[a-z0-9])?", name) for name in names.values())
