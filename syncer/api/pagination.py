"""A whole list out of its pages: complete and without repeats, or not at all; knows paging, not the network."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from syncer.model.calls import Call, Listing
from syncer.model.diagnostic import PlatformError, Problem
from syncer.model.json_values import Json

ROUNDS = 3
"""How often a list whose pages contradict each other is read before it is given up (docs/catalogue.md#c01)."""

MOST_PAGES = 10_000
MOST_OBJECTS = 500_000
"""Of one list, over all its pages: what is more is no organisation's, and would fill the memory page by page."""

_IDLE = 50
"""Pages in a row that bring nothing new, before a cursor is taken for one that goes in circles."""


@dataclass(frozen=True, slots=True)
class Page:
    """A reply's body and the call it answers, in words."""

    title: str
    body: Json


Ask = Callable[[Call], Page]
Together = Callable[[Sequence[Callable[[], Page]]], list[Page]]


class _Moved(Exception):
    """The pages don't fit each other: something was added or removed while they were read."""


def list_all(listing: Listing, ask: Ask, together: Together) -> list[Json]:
    """Every object of a listing. `together` asks for several pages side by side, where their number is known.

    PlatformError for pages that are not what the API promises, or that still contradict each other after `ROUNDS`.
    """
    read = {"none": _one, "cursor": _by_cursor, "page": _by_number, "from": _by_number}[listing.paging]
    reason = ""
    for _ in range(ROUNDS):
        try:
            return read(listing, ask, together)
        except _Moved as moved:
            reason = str(moved)
    title = call_of(listing).title
    raise PlatformError(
        Problem(
            "list-moves", f"`{title}`: {reason}, {ROUNDS} times in a row", hint="run it again when less is changing"
        )
    )


def call_of(listing: Listing, **paging: str | int) -> Call:
    """The call for one page: the paging as a query, or in the body of a search."""
    if listing.method == "POST":
        return Call("POST", listing.path, {**(listing.body or {}), **paging}, listing.service)
    query = "&".join(f"{name}={quote(str(value), safe='', errors='surrogatepass')}" for name, value in paging.items())
    path = f"{listing.path}{'&' if '?' in listing.path else '?'}{query}" if query else listing.path
    return Call("GET", path, service=listing.service)


def _one(listing: Listing, ask: Ask, together: Together) -> list[Json]:
    page = ask(call_of(listing))
    items = _items(page, listing)
    total = _total(page, listing.total)
    if total is not None and total > len(items):
        raise _Moved(f"{total} objects are said to exist, {len(items)} are listed")
    return items


def _by_cursor(listing: Listing, ask: Ask, together: Together) -> list[Json]:
    found: dict[str, Json] = {}
    cursor, before, idle = "", {""}, 0
    for _ in range(MOST_PAGES):
        page = ask(call_of(listing, limit=listing.size, **({"cursor": cursor} if cursor else {})))
        known = len(found)
        for item in _items(page, listing):
            found.setdefault(_identity(item), item)
        _require_fewer(len(found), listing)
        idle = idle + 1 if len(found) == known else 0
        following = _at(page.body, "cursor")
        if following is None or following == "":
            return list(found.values())
        if not isinstance(following, str):
            raise _contract(page, "its `cursor` is no text")
        if following in before or idle >= _IDLE:
            raise _contract(page, "its pages lead in a circle")
        before.add(following)
        cursor = following
    raise _contract(Page(f"`{call_of(listing).title}`", None), f"it has more than {MOST_PAGES:,} pages")


def _by_number(listing: Listing, ask: Ask, together: Together) -> list[Json]:
    """`page`/`pageSize` or `from`/`size`. The platform may give smaller pages than asked for: the first one shows how
    many a page holds; with the total, the others are asked for side by side."""
    first = ask(_numbered(listing, 0, 0))
    step = len(_items(first, listing))
    total = _total(first, "pagination.total" if listing.paging == "page" else listing.total)
    pages = [first]
    if step and total is not None:
        rest = range(1, -(-total // step))
        if len(rest) >= MOST_PAGES:
            raise _contract(first, f"it has more than {MOST_PAGES:,} pages")
        _require_fewer(total, listing)
        pages += together([lambda number=number: ask(_numbered(listing, number, step)) for number in rest])  # type: ignore[misc]
    elif step:
        pages += _until_empty(listing, ask, first, step)
    found = {_identity(item): item for page in pages for item in _items(page, listing)}
    if total is not None and len(found) != total:
        raise _Moved(f"{total} objects are said to exist, {len(found)} are listed")
    return list(found.values())


def _until_empty(listing: Listing, ask: Ask, first: Page, step: int) -> list[Page]:
    """The further pages of a list that does not say how long it is: up to an empty one."""
    pages: list[Page] = []
    seen = {_identity(item) for item in _items(first, listing)}
    taken = step
    for number in range(1, MOST_PAGES):
        call = _numbered(listing, number, step) if listing.paging == "page" else _numbered(listing, 1, taken)
        page = ask(call)
        items = _items(page, listing)
        if not items:
            return pages
        names = {_identity(item) for item in items}
        if names <= seen:
            raise _contract(page, "its pages repeat")
        seen |= names
        taken += len(items)
        _require_fewer(taken, listing)
        pages.append(page)
    raise _contract(first, f"it has more than {MOST_PAGES:,} pages")


def _require_fewer(objects: int, listing: Listing) -> None:
    if objects > MOST_OBJECTS:
        raise _contract(Page(f"`{call_of(listing).title}`", None), f"it has more than {MOST_OBJECTS:,} objects")


def _numbered(listing: Listing, number: int, step: int) -> Call:
    if listing.paging == "page":
        return call_of(listing, page=number + 1, pageSize=listing.size)
    return call_of(listing, **{"from": number * step, "size": listing.size})


def _items(page: Page, listing: Listing) -> list[Json]:
    items = _at(page.body, listing.items)
    if not isinstance(items, list) or not all(isinstance(each, dict) for each in items):
        where = f"`{listing.items}` is" if listing.items else "it is"
        raise _contract(page, f"{where} not a list of objects")
    return items


def _total(page: Page, path: str) -> int | None:
    total = _at(page.body, path)
    if total is None:
        return None
    if isinstance(total, bool) or not isinstance(total, int) or total < 0:
        raise _contract(page, f"`{path}` is not a number of objects")
    return total


def _at(body: Json, path: str) -> Json:
    for name in path.split(".") if path else []:
        if not isinstance(body, dict):
            return None
        body = body.get(name)
    return body


def _identity(item: Json) -> str:
    """What makes an object of a list this one: its id; the whole of it where it has none."""
    own = item.get("id")
    return own if isinstance(own, str) and own else json.dumps(item, sort_keys=True)


def _contract(page: Page, what: str) -> PlatformError:
    message = f"reply to {page.title} is not what the API promises: {what}"
    return PlatformError(Problem("platform", message, hint="look at the platform's changelog, and for a newer syncer"))
