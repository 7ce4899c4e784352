"""What Python prints, YAML prints: so a text of such characters needs no closer look."""

from __future__ import annotations

import re
import sys

from syncer.documents.source_checks import _UNPRINTABLE


def test_every_character_that_python_prints_may_stand_in_yaml() -> None:
    printable = "".join(filter(str.isprintable, map(chr, range(sys.maxunicode + 1))))
    assert len(printable) > 100_000
    assert re.search(_UNPRINTABLE, printable) is None
