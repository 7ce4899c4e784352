"""A plan says when syncer.yaml or a manifest asks for less protection than at the last apply; an apply forgets it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

SETTINGS = """\
version: 1
manifests: [config]
environments:
  sandbox:
    org_id: "911690"
    token: {env: SYNCER_TOKEN}
    confirm: CONFIRM
    limits: {delete: 0, update: UPDATE}
"""
REASON = """\
apiVersion: syncer/v1
kind: ClosingReason
metadata: {name: won, protect: PROTECT}
spec: {title: Gewonnen, status: ACTIVE}
"""


def write(folder: Path, confirm: str, update: str, protect: str) -> None:
    (folder / "config").mkdir(exist_ok=True)
    (folder / "syncer.yaml").write_text(SETTINGS.replace("CONFIRM", confirm).replace("UPDATE", update), "utf-8")
    (folder / "config" / "won.yaml").write_text(REASON.replace("PROTECT", protect), "utf-8")


def test_what_was_lowered_is_said_until_it_is_applied(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import threading

    from werkzeug.serving import make_server

    from syncer.cli import run
    from syncer.sandbox.server import Organisation, create_app

    server = make_server("127.0.0.1", 0, create_app(":memory:", [Organisation("911690", "tok")]), threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SYNCER_TOKEN", "tok")
    monkeypatch.setenv("SYNCER_SERVER", f"http://127.0.0.1:{server.server_port}")

    def notices() -> list[str]:
        capsys.readouterr()
        assert run(["plan", "--format", "json"]) == 0
        return [each["message"] for each in json.loads(capsys.readouterr().out)["notices"]]

    try:
        write(tmp_path, "true", "30%", "true")
        assert run(["apply", "--yes", "--confirm", "sandbox"]) == 0
        assert notices() == []
        write(tmp_path, "false", "60%", "false")
        assert notices() == [
            "`confirm` was dropped: an apply no longer has to be confirmed",
            "the limit of updates was raised from `30%` to `60%`",
            "`protect` was dropped: once this is applied, it may be removed",
        ]
        assert run(["apply", "--yes"]) == 0
        assert notices() == []
    finally:
        server.shutdown()
