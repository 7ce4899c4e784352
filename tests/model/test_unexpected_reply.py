"""What is taken for a reply of another form, and what stays a bug of ours."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from syncer.kinds import KINDS
from syncer.model.diagnostic import PlatformError
from syncer.model.unexpected_reply import of_known_form
from syncer.state.run_history import RunHistory

NO_REASON: Any = {"title": "Won"}


def test_what_comes_up_in_reading_a_reply_is_the_platforms() -> None:
    with pytest.raises(PlatformError) as caught, of_known_form("ClosingReason/won"):
        KINDS["ClosingReason"].live_id(NO_REASON)
    said = caught.value.problems[0].message
    assert said.startswith("ClosingReason/won: the platform answered in a form that syncer does not know (KeyError in ")


def test_where_no_reply_was_read_it_is_a_bug() -> None:
    with pytest.raises(KeyError), of_known_form("ClosingReason/won", replies=False):
        KINDS["ClosingReason"].live_id(NO_REASON)


def test_what_comes_up_in_writing_files_is_a_bug(tmp_path: Path) -> None:
    nobody: Any = None
    with pytest.raises(AttributeError), of_known_form("ClosingReason/won"):
        RunHistory(tmp_path).begin(nobody)
