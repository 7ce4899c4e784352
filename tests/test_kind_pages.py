"""The pages of docs/kinds: what the tool writes, with examples that are sound and links that lead somewhere."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from syncer.schema_check.registry import check

ROOT = Path(__file__).parents[1]
PAGES = sorted((ROOT / "docs" / "kinds").glob("*.md"))


def test_pages_are_what_the_tool_writes() -> None:
    tool = ROOT / "tools" / "build_docs.py"
    run = subprocess.run([sys.executable, str(tool), "--check"], capture_output=True, text=True, check=False)
    assert (run.stdout, run.stderr, run.returncode) == ("", "", 0)


def test_every_kind_has_a_page() -> None:
    assert {page.stem for page in PAGES} == {
        "app-installation", "closing-reason", "entity-schema", "flow-template", "removed", "retention-config",
        "syncer",
    }  # fmt: skip


@pytest.mark.parametrize("page", PAGES, ids=[page.stem for page in PAGES])
def test_the_short_example_is_sound(page: Path) -> None:
    [example] = re.findall(r"```yaml\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    assert check(page.stem, yaml.safe_load(example), strict=True) == []


@pytest.mark.parametrize("page", PAGES, ids=[page.stem for page in PAGES])
def test_links_lead_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    headings = [re.sub(r"[^\w-]", "", line.lower()) for line in re.findall(r"^## `(.*)`$", text, re.MULTILINE)]
    assert len(set(headings)) == len(headings)
    for target in re.findall(r"\]\(([^)]+)\)", text):
        assert target[1:] in headings if target.startswith("#") else (page.parent / target).is_file(), target
