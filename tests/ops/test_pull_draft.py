"""One draft for both comparisons of a pull: what is taken over, written and said is what each comparison by itself
comes to; manifests are read once, and one whose file was changed is what reading everything anew makes of it."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest

from simulation.repositories import organisation, repository
from syncer.api.client import fetch_all
from syncer.fs.change_set import ChangeSet, FileChange, write
from syncer.kinds import KINDS
from syncer.manifests.project import read_project
from syncer.ops.cached_reader import CachedReader
from syncer.ops.pull.first_draft import FirstDraft, changed, undrafted, with_draft
from syncer.ops.pull.options import PullOptions
from syncer.ops.pull.pull import PullPlan, PullRequest, prepare, pull
from syncer.ops.pull.write_back import WriteBackOptions, WriteBackResult, take_over
from syncer.ops.refresh import read_sides
from syncer.ops.selection import PlanRequest
from tests.ops.test_pull_random import by_hand

World = Any
MANY = int(os.environ.get("SYNCER_EXAMPLES") or 8)


class Silent:
    """Nobody who is told."""

    def taken_over(self, taken: WriteBackResult) -> None:
        """Nothing."""

    def wrote(self, line: str) -> None:
        """Nothing."""


def order_of(world: World) -> PullOptions:
    project = read_project(world.folder / "syncer.yaml")
    environment = project.environments[world.environment]
    return PullOptions(project, environment, tuple(KINDS), (), world.env, frozenset(), "http://127.0.0.1", world.today)


def drifted(number: int, make_world: Callable[..., World]) -> World:
    """A repository that was applied, and an organisation that people changed since."""
    dice = Random(number)
    world = make_world()
    world.seed(organisation(dice))
    world.put(*repository(dice))
    try:
        world.apply()
    except Exception as refusal:  # two live objects of one title: a repository that cannot be applied
        assert type(refusal).__name__ == "InvalidInput"  # noqa: PT017
    by_hand(world, dice)
    return world


def alone(order: PullOptions, reader: Any, entries: Any, wish: WriteBackOptions) -> WriteBackResult:
    """What is taken over where every manifest is compared."""
    first, unread = undrafted(order), dict[Any, Any]()
    request = PlanRequest(order.target)
    sides, _, _, looked_at = read_sides(reader, fetch_all, first.desired, entries, request, unread)
    return take_over(first.existing, order.environment, sides, looked_at, wish, unread=unread, unseen=reader.unread)


def told(plan: PullPlan) -> list[Any]:
    """All that a pull does and says of a plan."""
    planned = plan.planned
    assert planned is not None
    texts = {each.file: each.text for each in plan.drafts}
    return [texts, plan.left_out, plan.mistakes, plan.unread, plan.others, planned.plan, plan.settled, planned.problems]


def read(first: FirstDraft) -> list[Any]:
    """What was read, without what only tells where it stands."""
    raws = [(raw.file, raw.document.index, raw.document.value, raw.content) for raw in first.existing.all]
    removed = [(raw.file, raw.document.index, raw.document.value) for raw in first.existing.removed]
    return [raws, removed, [each._replace(where=None, judged=None) for each in first.desired], first.dangling]


@pytest.mark.parametrize("number", range(MANY))
def test_one_draft_says_what_two_comparisons_say(number: int, make_world: Callable[..., World]) -> None:
    world = drifted(number, make_world)
    order, entries = order_of(world), world.state().entries
    with world.api(read_only=True) as api:
        reader = CachedReader(api, forgiving=True)
        for wish in (WriteBackOptions(), WriteBackOptions(everything=True, prune_files=True)):
            try:
                taken, first = with_draft(order, reader, fetch_all, entries, undrafted(order), wish)
                before = prepare(order, reader, fetch_all, entries)
            except Exception as refusal:  # as above
                assert type(refusal).__name__ == "InvalidInput"  # noqa: PT017
                world.close()
                return
            assert taken == alone(order, reader, entries, wish)
            assert told(prepare(order, reader, fetch_all, entries, first=first)) == told(before)
        write(taken.changes, world.folder)
        first = changed(order, first, taken.changes)
        assert read(first) == read(undrafted(order))
        after = prepare(order, reader, fetch_all, entries, first=first)
        assert told(after) == told(prepare(order, reader, fetch_all, entries))
    world.close()


def test_a_changed_file_is_what_reading_all_anew_makes_of_it(world: World) -> None:
    def reason(name: str) -> str:
        head = f"apiVersion: syncer/v1\nkind: ClosingReason\nmetadata: {{name: {name}}}\n"
        return f"{head}spec: {{title: {name.title()}, status: ACTIVE}}\n"

    gone = (
        "apiVersion: syncer/v1\nkind: Removed\nmetadata: {name: gone}\nspec: {remove: [{address: ClosingReason/x}]}\n"
    )
    folder = world.folder / "config"
    folder.mkdir(exist_ok=True)
    texts = {
        "a.yaml": reason("one"),
        "b.yaml": f"{reason('two')}---\n{gone}---\n{reason('three')}",
        "c.yaml": reason("four"),
    }
    for name, text in texts.items():
        (folder / name).write_text(text, "utf-8")
    order = order_of(world)
    first = undrafted(order)
    after = {
        "config/a.yaml": texts["a.yaml"].replace("One", "Uno").encode(),
        "config/b.yaml": f"{reason('two')}---\n{gone}---\n{reason('five')}---\n{reason('three')}".encode(),
        "config/c.yaml": None,
    }
    changes = ChangeSet({name: FileChange((world.folder / name).read_bytes(), text) for name, text in after.items()})
    write(changes, world.folder)
    assert read(changed(order, first, changes)) == read(undrafted(order))


def test_each_manifest_is_read_once(
    make_world: Callable[..., World], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    world = make_world()
    world.put(*repository(Random(1)))
    assert world.apply().problems == []
    opened, once = Counter[str](), os.open

    def watched(path: Any, *more: Any, **named: Any) -> int:
        if "/config/" in str(path) and not str(path).endswith(".tmp"):
            opened[str(path)] += 1
        return once(path, *more, **named)

    monkeypatch.setattr(os, "open", watched)
    taken, _ = pull(world, PullRequest(order_of(world)), Silent())
    assert (bool(taken.changes), len(opened) > 0, {*opened.values()}) == (False, True, {1})
    world.close()
