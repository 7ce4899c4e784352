"""Changed trees, with what earlier runs remember and without, scaled down; and that a cache which forgets to look is
noticed."""

from __future__ import annotations

from collections.abc import Callable

import pytest

pytest.importorskip("flask", reason="the sandbox's extra is not installed")

from simulation.caches import CHANGES, live
from syncer.manifests import outline, read_cache

pytestmark = pytest.mark.slow


def test_the_same_is_said_with_a_cache_and_without() -> None:
    lives = [live(seed) for seed in range(6)]
    assert [problem for each in lives for problem in each.problems] == []
    assert sum(each.trees for each in lives) == 6 * CHANGES
    assert 6 <= sum(each.sound for each in lives) <= 54  # both are met


Patch = Callable[[pytest.MonkeyPatch], None]


def _nothing_said(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(outline, "needed_files", lambda *_: set())


def _no_settings(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(read_cache.ReadCache, "run", lambda cache, _: cache._run)


def _no_content(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("syncer.manifests.file_texts.digest_of", lambda content, file="": file)


BREAKS: dict[str, tuple[Patch, range]] = {
    # what is no longer looked at                → lives in one of which that is noticed
    "what others say of a file": (_nothing_said, range(12)),
    "syncer.yaml": (_no_settings, range(12)),
    "the content": (_no_content, range(12)),
}


@pytest.mark.parametrize(("break_it", "seeds"), BREAKS.values(), ids=BREAKS)
def test_a_cache_that_does_not_look_is_noticed(break_it: Patch, seeds: range, monkeypatch: pytest.MonkeyPatch) -> None:
    break_it(monkeypatch)
    assert any(live(seed).problems for seed in seeds)
