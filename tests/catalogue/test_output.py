"""The catalogue's rows I01 to I12 (docs/catalogue.md#output): nothing secret, nothing that commands, the same bytes
again."""

from __future__ import annotations

import base64
import html
import inspect
import json
import logging
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest

from simulation.hostile import runner_commands, screen_commands, strings
from syncer.api.error_text import said
from syncer.api.reply import Reply
from syncer.cli.errors import failed
from syncer.model.json_values import Secret
from tests.api import test_transport
from tests.cli import test_live_commands, test_streams
from tests.cli.conftest import TOKEN
from tests.ops import test_plan
from tests.render import test_drift_reports, test_plan_text
from tests.support.catalogue import told

Check = Callable[..., None]
REASONS = "/v1/workflows/closing-reasons"
HUSH = "hush&/hush<1>\u00fc'2\""
"""A secret that every way of quoting writes differently."""

FORMS: dict[str, Callable[[str], str]] = {
    "plain": lambda text: text,
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "base64 behind a scheme": lambda text: base64.b64encode(f"user:{text}!".encode()).decode(),
    "base64 behind another": lambda text: base64.b64encode(f"user1:{text}!".encode()).decode(),
    "URL": lambda text: quote(text, safe=""),
    "JSON": lambda text: json.dumps(text)[1:-1],
    "HTML": html.escape,
    "reversed": lambda text: text[::-1],
    "split over two lines": lambda text: f"{text[:5]}\n{text[5:]}",
    "reversed and split": lambda text: f"{text[::-1][:5]}\r\n{text[::-1][5:]}",
    "upper-cased": str.upper,
    "hexadecimal": lambda text: text.encode().hex(),
}


def shows(text: str, secret: str) -> list[str]:
    """The forms in which a text shows a secret, or so much of it that it helps, white space left out."""
    packed = re.sub(r"\s", "", text).casefold()
    forms = {name: re.sub(r"\s", "", form(secret)).casefold() for name, form in FORMS.items()}
    return [name for name, form in forms.items() if (form[2:-4] if len(form) > 14 else form) in packed]


def quoted_back() -> None:
    """I02: whatever way a refusal quotes a secret in, it is not in what we say of it."""
    for secret in (HUSH, TOKEN, "hunter2x"):
        for name, form in FORMS.items():
            reply = Reply("REJECTED", 400, body={"message": f"cannot take {form(secret)} here"})
            words = said(reply, [Secret("SYNCER_KEY", secret)])
            assert shows(words, secret) == [], (name, words)
            assert "cannot take" in words


def everywhere(live: Any, sandbox: Any, caplog: pytest.LogCaptureFixture) -> None:
    """I01, I02: the token quoted back by the platform in every form, in a read and a write, at every verbosity; in no
    output, no log, and no file."""
    caplog.set_level(logging.DEBUG)
    outputs = []
    for name, form in FORMS.items():
        sandbox.well_again()
        for method in ("GET", "POST"):
            body = {"message": f"{name}: {form(TOKEN)}", "errors": [{"message": form(TOKEN)}]}
            sandbox.fault(method=method, path=REASONS, status=400, body=body)
            for args in (["plan", "-v"], ["apply", "--yes", "-v"], ["apply", "--yes", "--format", "json"])[:2]:
                outputs.append(live.run(*args).all)
    sandbox.well_again()
    live.run("plan", "-o", "saved.json")
    assert live.run("apply", "--yes").code == 0
    files = [path.read_text("utf-8") for path in live.folder.rglob("*") if path.is_file()]
    for text in (*outputs, caplog.text, *files):
        assert shows(text, TOKEN) == []


def a_bug_with_secrets(capsys: pytest.CaptureFixture[str]) -> None:
    """I03: types and places; no value, no local, no text of the exception."""

    def breaks(secret: str) -> None:
        header = f"Bearer {secret}"
        raise ZeroDivisionError(header)

    try:
        breaks(HUSH)
    except ZeroDivisionError as error:
        code = failed(error, [])
    told = "".join(capsys.readouterr())
    assert (code, shows(told, HUSH)) == (1, [])
    assert "syncer has a bug: ZeroDivisionError in breaks at test_output.py:" in told


def hostile_names(*rows: str) -> Check:
    """I04, I05, I06: live names of these rows, through plan, apply, drift and every form of output."""

    def check(live: Any, sandbox: Any) -> None:
        texts = [each for each in strings(40, 7, rows) if "\0" not in each][:12]
        seeds = [{"id": f"N{number}".ljust(21, "x"), "title": text} for number, text in enumerate(texts)]
        try:
            sandbox.seed({"closing_reasons": seeds})
        except UnicodeEncodeError:
            texts = [each.encode("utf-8", "replace").decode() for each in texts]
            sandbox.seed(
                {"closing_reasons": [{**each, "title": text} for each, text in zip(seeds, texts, strict=True)]}
            )
        for number, text in enumerate(texts):
            head = f"apiVersion: syncer/v1\nkind: ClosingReason\nmetadata: {{name: n{number}, titles: "
            written = "".join(each if ord(each) > 0xFFFF else json.dumps(each)[1:-1] for each in text)
            live.write(f"config/n{number}.yaml", f'{head}["{written}"]}}\nspec: {{title: New {number}}}\n')
        drift = (["drift", "--unmanaged"], ["drift", "--format", "json"], ["drift", "--format", "markdown"])
        for args in (*drift, ["plan", "-v"], ["plan", "--format", "json"], ["apply", "--yes"]):
            result = live.run(*args)
            assert (screen_commands(result.all), runner_commands(result.all)) == ([], [])

    return check


def markdown_that_fits() -> None:
    """I07: 65,536 characters at most, the sums whole, deletions first."""
    for objects, fields, cut in test_drift_reports.LENGTHS:
        test_drift_reports.test_it_fits_and_the_sums_are_whole(objects, fields, cut)


def same_bytes(live: Any, sandbox: Any) -> None:
    """I10: text and JSON, with several lists read side by side."""
    live.reasons(12)
    for args in (["plan"], ["plan", "-v"], ["plan", "--format", "json"]):
        first = live.run(*args)
        assert (first.code, {live.run(*args).out for _ in range(3)}) == (0, {first.out})
    test_live_commands.test_the_same_plan_twice_is_the_same_bytes(live)


def masked(world: Any, make: Any) -> None:
    """I09: of a secret that changed, only that it did."""
    from syncer.render.plan_text import render_plan
    from syncer.render.terminal import Terminal

    world.put(make.installation())
    world.apply()
    world.env = {"SYNCER_KEY": "another-key-of-another-length"}
    planned = world.plan()
    text = render_plan(planned.plan, Terminal(), verbose=True)
    lines = text.splitlines()
    (at,) = [number for number, each in enumerate(lines) if "api_key" in each]
    assert [each.strip() for each in lines[at + 1 : at + 3]] == ["- (hidden)", "+ (secret SYNCER_KEY)"]
    assert not [each for each in ("hush", "another-key", " 29 ", " 11 ") if each in text]


def no_colour(bare: Any) -> None:
    """I11: NO_COLOR, no terminal, a dumb one."""
    from syncer.render.terminal import wants_colour

    assert not wants_colour({"NO_COLOR": "1", "FORCE_COLOR": "1"}, isatty=True)
    assert not wants_colour({}, isatty=False)
    assert not wants_colour({"TERM": "dumb"}, isatty=True)
    assert "\x1b" not in bare.run("--help").all


def root_logger(live: Any, caplog: pytest.LogCaptureFixture) -> None:
    """I12: an embedding program's root logger at DEBUG sees no URL, header or token of ours."""
    caplog.set_level(logging.DEBUG)
    assert live.run("plan").code == 0
    assert not [each for each in caplog.records if each.name.partition(".")[0] in ("httpx", "httpcore", "hpack", "h2")]
    test_transport.test_i12_the_libraries_log_nothing(caplog)


ROWS: dict[str, Check] = {
    "I01": everywhere,
    "I01-plan-file": test_plan.test_no_secret_stands_in_a_plan,
    "I02": quoted_back,
    "I03": a_bug_with_secrets,
    "I04": hostile_names("I04"),
    "I05": hostile_names("I05"),
    "I06": hostile_names("I06"),
    "I06-markdown": test_drift_reports.test_no_text_is_read_as_markdown_or_obeyed,
    "I07": markdown_that_fits,
    "I07-counts": test_drift_reports.test_what_is_left_out_is_counted,
    "I09": masked,
    "I09-text": test_plan_text.test_no_secret_is_in_it,
    "I10": same_bytes,
    "I11": no_colour,
    "I11-streams": test_streams.test_json_is_never_coloured,
    "I12": root_logger,
}

NOT_APPLICABLE = {
    "I08": "no command shows a value of an entity: entities are counted by the platform, never listed",
}


def test_every_row_is_here_or_does_not_apply() -> None:
    found = {name.partition("-")[0] for name in ROWS}
    assert found | set(NOT_APPLICABLE) == {f"I{number:02}" for number in range(1, 13)}
    assert found & set(NOT_APPLICABLE) == set()


@pytest.mark.parametrize("check", ROWS.values(), ids=told(ROWS))
def test_output(check: Check, request: pytest.FixtureRequest) -> None:
    check(**{name: request.getfixturevalue(name) for name in inspect.signature(check).parameters})
