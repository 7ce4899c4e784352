"""The scan of N14 sees what it is there for: each form of a secret, wherever it stands."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from tests.canaries import SECRETS, forms, leaked, written


@pytest.mark.parametrize("secret", SECRETS)
def test_each_form_is_seen(secret: str) -> None:
    for form in forms(secret):
        assert leaked(f"before {form} after"), form
        assert leaked(f"{form[:5]}\n{form[5:]}"), form
    for before in ("", "u:", "Bearer "):
        assert leaked(base64.b64encode(f"{before}{secret} and more".encode()))
    assert leaked("nothing of that sort") == []


def test_what_commands_write_is_looked_at(tmp_path: Path) -> None:
    for name in (".syncer/state/test.json", "run.journal", "config/won.yaml"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")
    (tmp_path / "plan").write_text('{"format_version": 1}')
    assert sorted(path.name for path in written(tmp_path)) == ["plan", "run.journal", "test.json"]
