"""ruamel.yaml as the second reader of what `fmt` writes."""

from __future__ import annotations

import pytest

from syncer.documents.roundtrip_check import agrees

CASES = {
    # case: (before, after, whether the second reader agrees)
    "the same": ("a: 1\n", "a: 1\n", True),
    "another indentation": ("a:\n    - 1\n    - x: 2\n", "a:\n  - 1\n  - x: 2\n", True),
    "another order of keys": ("kind: A\napiVersion: b\n", "apiVersion: b\nkind: A\n", True),
    "another order of a list": ("a: [1, 2]\n", "a: [2, 1]\n", False),
    "another value": ("a: 1\n", "a: 2\n", False),
    "a text for a number": ("a: 1\n", "a: '1'\n", False),
    "a block text that lost a line end": ("a: |\n  x\nb: 1\n", "a: |-\n  x\nb: 1\n", False),
    "a document less": ("a: 1\n---\nb: 2\n", "a: 1\n", False),
    "no YAML any more": ("a: 1\n", "a: [1\n", False),
    "it cannot read the text as it was": ("a: [1\n", "a: 1\n", True),
}


@pytest.mark.parametrize(("before", "after", "agreed"), CASES.values(), ids=CASES)
def test_agrees(before: str, after: str, agreed: bool) -> None:
    assert agrees(before, after) is agreed
