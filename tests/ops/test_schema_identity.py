"""Which part is which that goes by a name, where a table of edits does not say it; and the parts of schemas."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from syncer.model.diagnostic import InvalidInput
from tests.support.part_identity import PARTS, Bench, Json, Part, moved, part_at, renamed

NAMED = {name: part for name, part in PARTS.items() if part.key != "id"}
named_parts = pytest.mark.parametrize("part", NAMED)


def without(part: Part, spec: Json) -> Json:
    """The part that is gone."""
    listed = part.items(spec)
    return listed.pop(listed.index(part_at(part, spec, part.one)))


@named_parts
def test_removed_and_made_anew_in_the_manifest(begin: Callable[[Part], Bench], part: str) -> None:
    """The others of its list keep their ids while it is away and when it is back."""
    sort = NAMED[part]
    bench = begin(sort)
    others = [each for each in bench.ids(sort) if each[1] != sort.one]
    gone: list[Json] = []
    bench.edit(lambda spec: gone.append(without(sort, spec)))
    bench.world.apply()
    assert bench.ids(sort) == others
    bench.edit(lambda spec: sort.items(spec).append(gone[0]))
    bench.world.apply()
    assert [each for each in bench.ids(sort) if each[1] != sort.one] == others
    bench.settled()


@named_parts
@pytest.mark.parametrize("how", ["by hand, taken back", "by hand, taken over", "both"])
def test_removed_and_made_anew_by_hand(begin: Callable[[Part], Bench], part: str, how: str) -> None:
    """One name is one part: the new id stays, whatever happens to the part beside it."""
    sort = NAMED[part]
    bench = begin(sort)

    def again(live: Json) -> None:
        item = without(sort, live)
        if "id" in item:
            item["id"] = "99999999-9999-4999-8999-999999999999"
        sort.items(live).append(item)

    bench.hand(again)
    ids = bench.ids(sort)
    if how == "both":
        bench.edit(lambda spec: (renamed if sort.title else moved)(sort, spec, sort.one, sort.two))
    if how == "by hand, taken over":
        bench.pull()
    if part == "condition" and how != "by hand, taken over":  # its id is its identity: two would have one name
        with pytest.raises(InvalidInput) as refused:
            bench.world.plan()
        assert [each.message for each in refused.value.problems] == [
            "condition `big` stands twice, once this is applied"
        ]
        return
    bench.world.apply()
    assert bench.ids(sort) == ids
    bench.settled()


ALIKE = {name: part for name, part in NAMED.items() if part.title and part.alike and name != "condition"}
"""The platform lets no condition have another name."""


def names_swapped(part: Part, spec: Json) -> None:
    """Each goes by the other's name; all else stays where it is."""
    one, two = part_at(part, spec, part.one), part_at(part, spec, part.two)
    one[part.key], two[part.key] = two[part.key], one[part.key]


def _without_ids(value: Json) -> Json:
    """Of a capability that changed, the attributes are other ones."""
    if isinstance(value, dict):
        return {name: _without_ids(each) for name, each in value.items() if name != "id"}
    return [_without_ids(each) for each in value] if isinstance(value, list) else value


HOWS = ("in the manifest", "by hand, taken back", "by hand, taken over", "both")
SWAPS = [(part, how) for part in ALIKE for how in HOWS if (part, how) != ("capability", "by hand, taken back")]
"""What stands in a capability under another name is somebody's who added it there: it stays beside ours."""


@pytest.mark.parametrize(("part", "how"), SWAPS)
def test_two_that_swap_their_names(begin: Callable[[Part], Bench], part: str, how: str) -> None:
    """A name is the part, so what is said of it has changed; its id goes with it."""
    sort = ALIKE[part]
    bench = begin(sort)
    before = bench.before

    def said(live: Json) -> list[Json]:
        return [_without_ids(part_at(sort, live, each)) for each in (sort.one, sort.two)]

    def ids(live: Json) -> list[Json]:
        return [part_at(sort, live, each).get("id") for each in (sort.one, sort.two)]

    if how != "in the manifest":
        bench.hand(lambda live: names_swapped(sort, live))
        by_hand = bench.live()
    if how in ("in the manifest", "both"):
        bench.edit(lambda spec: names_swapped(sort, spec))
    if how == "by hand, taken over":
        bench.pull()
    bench.world.apply()
    bench.settled()
    swapped = how != "by hand, taken back"
    one, two = said(before)
    expected = [{**two, sort.key: sort.one}, {**one, sort.key: sort.two}] if swapped else [one, two]
    assert said(bench.live()) == expected
    kept = ids(before if how == "in the manifest" else by_hand)
    assert ids(bench.live()) == kept


def test_every_group_made_anew_by_hand(begin: Callable[[Part], Bench]) -> None:
    """All are said with what stands in them; those that the manifest knows by an id come back with it, and one that it
    knows by its label alone is taken for the one that has it now. Nothing goes."""
    bench = begin(PARTS["group"])

    def anew(live: Json) -> None:
        for number, each in enumerate(live["group_settings"]):
            each["id"] = f"anew-{number}"

    bench.hand(anew)
    assert [each.message for each in bench.world.plan().plan.notices if each.rule == "kind"] == [
        "group `One` (`g-one`) was deleted in the organisation, and `a` still stands in it; `anew-0` has its label "
        "and is another group",
        "group `Two` (`g-two`) was deleted in the organisation, and `b` still stands in it; `anew-1` has its label "
        "and is another group",
        "group `Three` (`Three`) was deleted in the organisation, and `c` still stands in it; `anew-2`, which has its "
        "label, is taken for it",
    ]
    bench.world.apply()
    anew_ids = [("anew-0", "anew-0"), ("anew-1", "anew-1"), ("anew-2", "anew-2")]
    assert bench.ids(PARTS["group"]) == [*anew_ids, ("g-one", "g-one"), ("g-two", "g-two")]
    assert bench.live()["attributes"] == bench.before["attributes"]
    bench.settled()


def test_a_group_that_is_gone_is_said_with_what_stands_in_it(begin: Callable[[Part], Bench]) -> None:
    bench = begin(PARTS["group"])
    bench.hand(lambda live: live["group_settings"][0].update(id="9f0e"))
    assert [each.message for each in bench.world.plan().plan.notices if each.rule == "kind"] == [
        "group `One` (`g-one`) was deleted in the organisation, and `a` still stands in it; `9f0e` has its label "
        "and is another group"
    ]


@pytest.mark.parametrize(
    ("by_hand", "changes"),
    [("New", []), ("By hand", [("attributes[n].label", "By hand", "New", "conflict")])],
    ids=["equal, taken over", "different"],
)
def test_added_in_git_and_by_hand_at_once(begin: Callable[[Part], Bench], by_hand: str, changes: list[Json]) -> None:
    bench = begin(PARTS["attribute"])
    bench.hand(lambda live: live["attributes"].append({"name": "n", "label": by_hand, "type": "string"}))
    bench.edit(lambda spec: spec["attributes"].append({"name": "n", "label": "New", "type": "string"}))
    planned = bench.world.plan().plan.changes
    assert [(each.path, each.before, each.after, each.cause) for one in planned for each in one.fields] == changes


def test_a_label_that_two_live_groups_have_is_unclear_without_state(begin: Callable[[Part], Bench]) -> None:
    """Which of them the manifest's group without an id is, nobody remembers: no third one is made."""
    bench = begin(PARTS["group"])

    def two_of_it(live: Json) -> None:
        live["group_settings"][2:] = [{"id": "third", "label": "Three"}, {"id": "another", "label": "Three"}]
        next(each for each in live["attributes"] if each["name"] == "c")["group"] = "third"

    bench.hand(two_of_it)
    live = bench.live()
    bench.world.forget()
    with pytest.raises(InvalidInput) as refused:
        bench.world.plan()
    assert [(each.rule, each.message, each.path) for each in refused.value.problems] == [
        (
            "parts-unclear",
            "group `Three` could be 2 live ones of the label `Three`: `third`, `another`",
            "$.spec.group_settings[2]",
        ),
        (
            "live-duplicates",
            "EntitySchema/site: the live list `group_settings` has another number of items with label `Three` than the "
            "manifest",
            "$.spec.group_settings",
        ),
    ]
    assert bench.live() == live
