"""The table of published fields is what its tool makes of the definitions, where these are beside the repository."""

from __future__ import annotations

import pytest

from simulation.published import TABLE, alternatives, rows
from tools.build_field_table import DEFINITIONS, table


@pytest.mark.skipif(
    not DEFINITIONS.is_dir(), reason="the published definitions are not in ../shared/openapi beside the repository"
)
def test_the_table_is_that_of_the_definitions() -> None:
    assert TABLE.read_text("utf-8") == table(DEFINITIONS)


def test_every_type_has_its_rows() -> None:
    """A name in the column of types is a plain type, or has rows in the same definition."""
    plain = {"string", "integer", "number", "boolean", "null", "any"}
    unknown = set()
    for owner, fields in rows().items():
        api = owner.partition("/")[0]
        for each in fields:
            words = [each.type] if each.name != "!" else []
            while words:
                word = words.pop()
                if len(several := alternatives(word)) > 1:
                    words += several
                elif word[0] in "[{":
                    words.append(word[1:-1].partition(": ")[0])
                elif word not in plain and f"{api}/{word}" not in rows():
                    unknown.add(f"{owner}.{each.name}: {word}")
    assert unknown == set()
