"""The plan for machines: its document as text, as `plan --format json` prints it and `plan -o` saves it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from syncer.model.diagnostic import Problem
from syncer.model.json_values import json_text
from syncer.model.kind import LEVELS
from syncer.plan.document.document import plan_document
from syncer.plan.plan import REMOVALS, Change, Plan, Verb
from syncer.render.field_text import INDENT, changed, introduced, laid_out, renumbered
from syncer.render.problems import count
from syncer.render.terminal import Span, Terminal, flowing, paragraph
from syncer.render.value_text import quoted


def plan_json(plan: Plan, problems: Sequence[Problem] = (), *, ascii_only: bool = False) -> str:
    """The document, indented; `ascii_only` for an output that can't take an umlaut."""
    return json_text(plan_document(plan, problems), ascii_only=ascii_only) + "\n"


SIGNS: dict[Verb, tuple[str, str, str]] = {
    # verb: (sign, sign in ASCII, style)
    "create": ("+", "+", "add"),
    "update": ("~", "~", "change"),
    "upgrade": ("↑", "^", "upgrade"),
    "downgrade": ("↓", "v", "downgrade"),
    "delete": ("-", "-", "remove"),
    "deactivate": ("◌", "o", "deactivate"),
    "uninstall": ("×", "x", "remove"),
    "accept": ("!", "!", "change"),
}
UNKNOWN = ("?", "?", "change")
"""Of a verb that only a newer syncer knows: a saved plan is shown all the same."""

CAUSES = {
    "drift": "changed in the organisation, not in the manifest",
    "conflict": "changed in both, each its own way",
    "unverified": "nothing is remembered of it: whether it changed is not known",
}
LISTED = 12
"""Links and released fields that are listed unless the plan is verbose."""


def render_plan(
    plan: Plan,
    terminal: Terminal,
    *,
    needs: Sequence[Problem] = (),
    writes_per_minute: float | None = None,
    verbose: bool = False,
) -> str:
    """The plan as text of at most `terminal.width` columns. `needs`: what an apply of it would be refused for, and the
    flag that lifts it; `writes_per_minute`: the pace, for how long it will take."""
    changes = sorted(plan.changes, key=_gravity)
    blocks = [
        _header(plan, terminal),
        _legend(changes, terminal),
        *(_change(change, terminal, verbose) for change in changes),
        _links(plan, terminal, verbose),
        _released(plan, terminal, verbose),
        _let_go(plan, terminal),
        _notices(plan, terminal),
        _needs(needs, terminal),
        _closing(plan, terminal, writes_per_minute),
    ]
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


def _gravity(change: Change) -> tuple[bool, int, str, str]:
    level = LEVELS.index(change.level) if change.level in LEVELS else len(LEVELS)  # of a newer syncer's plan
    return (change.action not in REMOVALS, -level, *change.address)


def sign(verb: Verb, terminal: Terminal) -> Span:
    """The sign of a verb in its colour."""
    one, ascii_one, style = SIGNS.get(verb, UNKNOWN)
    return style, one if terminal.unicode else ascii_one


def _header(plan: Plan, terminal: Terminal) -> list[str]:
    what = f"Plan to take back run {terminal.shown(plan.undo)} in" if plan.undo else "Plan for"
    words: list[Span] = [
        ("bold", f"{what} {terminal.shown(plan.environment)}:"),
        ("", f"organisation {terminal.shown(plan.org_id)}"),
        ("", f"at {terminal.shown(plan.server)}"),
    ]
    lines = flowing(words, terminal, first=("", ""), indent=2, gap=1)
    if plan.against:
        lines += paragraph(recorded_line(plan, terminal), terminal, style="warning")
    if plan.partial:
        why = "--only, --except"
        if any(notice.rule == "held" for notice in plan.notices):
            why = "a call is open, as is said below"
        lines += paragraph(f"only a part of the manifests was looked at ({why})", terminal, style="warning")
    return lines


def recorded_line(plan: Plan, terminal: Terminal) -> str:
    """`against a recording of production, 3 days old (2026-11-19 08:00 UTC)`."""
    made = str(plan.against["recorded_at"])
    when = f"{made[:10]} {made[11:16]} UTC"
    return terminal.shown(f"against a recording of {plan.environment}, {age(plan.against['age_seconds'])} old ({when})")


def age(seconds: int) -> str:
    """`3 days`, `5 hours`, `12 minutes`, `less than a minute`: in the largest unit of which there is one."""
    for unit, length in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if seconds >= length:
            return count(seconds // length, unit)
    return "less than a minute"


def _legend(changes: Iterable[Change], terminal: Terminal) -> list[str]:
    """The signs and marks that occur, and no other."""
    verbs = {change.action for change in changes}
    known = [verb for verb in SIGNS if verb in verbs]
    shown = [*known, *sorted(verbs - set(known))]
    signs = [(style, f"{text} {terminal.shown(verb)}") for verb in shown for style, text in [sign(verb, terminal)]]
    lines = flowing(signs, terminal, first=("", "  "), indent=2, gap=3) if signs else []
    causes = {field.cause for change in changes for field in change.fields}
    for cause, text in CAUSES.items():
        if cause in causes:
            mark = f"  [{cause}] "
            lines += paragraph(text, terminal, first=("warning", mark), indent=len(mark))
    return lines


def _change(change: Change, terminal: Terminal, verbose: bool) -> list[str]:
    style, text = sign(change.action, terminal)
    words: list[Span] = [("bold", terminal.shown(str(change.address)))]
    if change.name and change.name != change.address.name:
        words.append(("", quoted(_shortened(change.name, terminal), terminal)))
    words.append((change.level, change.level))
    lines = flowing(words, terminal, first=(style, f"{text} "), indent=INDENT)
    for reason in change.reasons:
        first = ("", " " * INDENT)
        lines += paragraph(terminal.shown(reason), terminal, first=first, indent=INDENT + 2, style=change.level)
    if change.action == "create":
        rows, left = introduced(change.fields, terminal, verbose=verbose)
    else:
        rows, left = [changed(each, terminal, verbose=verbose) for each in renumbered(change.fields)], []
    lines += laid_out(rows, terminal)
    if left:
        text = f"{' ' * INDENT}{terminal.dots} {count(len(left), 'more field')}: {terminal.shown(', '.join(left))}"
        lines.append(terminal.line(("dim", terminal.clip(text, terminal.width))))
    if verbose:
        lines += _behind(change, terminal)
    return lines


def _shortened(name: str, terminal: Terminal) -> str:
    """A name of at most 60 characters; the manifest's address beside it is never cut."""
    return name if len(name) <= 60 else name[:57] + terminal.dots


def _behind(change: Change, terminal: Terminal) -> list[str]:
    """What only the curious need: the live id, the calls, what is waited for."""
    notes = [f"id {change.live_id}"] * bool(change.live_id) + [f"calls {call}" for call in change.calls]
    notes += [f"after {address}" for address in change.waits]
    first = ("", " " * INDENT)
    return [
        line
        for note in notes
        for line in paragraph(terminal.shown(note), terminal, first=first, indent=INDENT + 2, style="dim")
    ]


def _links(plan: Plan, terminal: Terminal, verbose: bool) -> list[str]:
    new = [link for link in plan.links if link.new]
    if not new:
        return []
    items = [f"{link.address} is {link.live_id} (by {link.how})" for link in new]
    return _section(f"{count(len(new), 'link')} rebuilt:", items, terminal, verbose)


def _released(plan: Plan, terminal: Terminal, verbose: bool) -> list[str]:
    items = [f"{each.address} {each.path}" for each in plan.released if each.path]
    return _section("No longer declared, left as they are:", items, terminal, verbose) if items else []


def _let_go(plan: Plan, terminal: Terminal) -> list[str]:
    """Never cut short: each of them is something that somebody asks for."""
    items = [str(address) for address in plan.let_go]
    return _section("Let go of: no longer remembered, live as they are:", items, terminal, True) if items else []


def _notices(plan: Plan, terminal: Terminal) -> list[str]:
    if not plan.notices:
        return []
    items = []
    for notice in plan.notices:
        address = str(notice.address) if notice.address else ""
        items.append(f"{address}: {notice.message}" if address and address not in notice.message else notice.message)
    return _section("Notices:", items, terminal, verbose=True)


def _section(title: str, items: Sequence[str], terminal: Terminal, verbose: bool) -> list[str]:
    shown = items if verbose or len(items) <= LISTED + 1 else items[:LISTED]
    lines = [terminal.line(("bold", title))]
    for item in shown:
        lines += paragraph(terminal.shown(item), terminal, first=("", "  "), indent=4)
    if len(shown) < len(items):
        lines.append(terminal.line(("dim", f"  {terminal.dots} {len(items) - len(shown):,} more")))
    return lines


def _needs(needs: Sequence[Problem], terminal: Terminal) -> list[str]:
    if not needs:
        return []
    lines = [terminal.line(("bold", "An apply of this will need:"))]
    for need in needs:
        lines += paragraph(terminal.shown(need.message), terminal, first=("warning", "! "), indent=2)
        if need.hint:
            lines += paragraph(terminal.shown(need.hint), terminal, first=("hint", "  hint: "), indent=8)
    return lines


def _closing(plan: Plan, terminal: Terminal, writes_per_minute: float | None) -> list[str]:
    lines = []
    writes = sum(not call.startswith("GET ") for change in plan.changes for call in change.calls)
    if writes:
        pace = f", {duration(writes, writes_per_minute)}" if writes_per_minute else ""
        lines += paragraph(f"{count(writes, 'write')}{pace}", terminal)
    if plan.changes or plan.let_go:
        lines += paragraph(f"Plan id: {terminal.shown(plan.id)}", terminal)
    return lines + paragraph(summary_line(plan), terminal, style="bold")


def duration(writes: int, writes_per_minute: float) -> str:
    """`under a minute at 400 a minute`, `about 3 minutes …`, `about 1 h 20 min …`."""
    minutes = writes / writes_per_minute
    pace = f"at {writes_per_minute:,.0f} a minute"
    if minutes < 1:
        return f"under a minute {pace}"
    whole = -int(-minutes // 1)
    if whole < 60:
        return f"about {count(whole, 'minute')} {pace}"
    return f"about {whole // 60} h {whole % 60} min {pace}"


def summary_line(plan: Plan) -> str:
    """`Plan: 3 to create, 2 to update`, `…; 1 finding accepted`; `No changes. 41 links rebuilt.`."""
    counts = [f"{number:,} to {verb}" for verb, number in plan.summary.items()]
    if plan.let_go:
        counts.append(f"{len(plan.let_go):,} to let go of")
    if counts:
        accepted = f"; {count(plan.accepted, 'finding')} accepted" if plan.accepted else ""
        return f"Plan: {', '.join(counts)}{accepted}"
    new = sum(link.new for link in plan.links)
    return "No changes." + (f" {count(new, 'link')} rebuilt." if new else "")
