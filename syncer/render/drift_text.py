"""A report of drift for people: what was lost first, every field as declared and as live, when and by whom."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from syncer.model.field_change import Cause
from syncer.plan.document.timestamps import LastChange
from syncer.plan.drift import Drift, DriftedObject, DriftField, Stranger, What
from syncer.plan.plan import Field
from syncer.render.field_text import INDENT, changed, laid_out
from syncer.render.problems import count
from syncer.render.terminal import Span, Terminal, flowing, paragraph
from syncer.render.value_text import quoted, value_text

SIGNS: dict[What, tuple[str, str, str]] = {
    # what: (sign, sign in ASCII, style)
    "deleted": ("-", "-", "remove"),
    "replaced": ("±", "x", "remove"),
    "deactivated": ("◌", "o", "deactivate"),
    "changed": ("~", "~", "change"),
    "missing": ("-", "-", "remove"),
    "differs": ("?", "?", "change"),
}
WORDS: dict[What, str] = {
    "deleted": "deleted by hand",
    "replaced": "deleted by hand, and made anew",
    "deactivated": "switched off by hand",
    "changed": "changed by hand",
    "missing": "not in the organisation",
    "differs": "not as the manifest says",
}
ADDED = "items of others"
FIELDS = 12
"""Fields of an object that are listed unless the report is verbose."""

NO_STATE = (
    "there is no state of this environment: what was declared last is not known, so what somebody changed in the "
    "organisation cannot be told from what the manifests changed"
)
GET_STATE = (
    "give it the state that the last apply left (docs/state.md); where there never was one, `syncer apply` makes it"
)


def render_drift(
    drift: Drift,
    terminal: Terminal,
    *,
    verbose: bool = False,
    unmanaged: bool = False,
    in_full: Callable[[str], str] = str,
) -> str:
    """The report as text of at most `terminal.width` columns. `unmanaged`: each live object without a manifest is
    listed, as it is where the report is verbose. `in_full`: a line of ours, its commands as they are to be typed."""
    blocks = [
        header(drift, terminal),
        *(object_lines(each, drift, terminal, verbose=verbose) for each in drift.objects),
        *(object_lines(each, drift, terminal, verbose=verbose) for each in drift.added),
        _others(drift, terminal, in_full),
        _strangers(drift, terminal, in_full, listed=verbose or unmanaged),
        closing(drift, terminal, in_full),
    ]
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


def header(drift: Drift, terminal: Terminal) -> list[str]:
    """Whose drift it is, and since when it counts."""
    words: list[Span] = [
        ("bold", f"Drift in {terminal.shown(drift.environment)}:"),
        ("", f"organisation {terminal.shown(drift.org_id)}"),
        ("", f"at {terminal.shown(drift.server)}"),
    ]
    lines = flowing(words, terminal, first=("", ""), indent=2, gap=1)
    if drift.applied:
        text = f"last apply known here: {drift.applied.moment}, run {drift.applied.run}"
        lines += paragraph(terminal.shown(text), terminal)
    if drift.fields or drift.added:
        told = "as declared at the last apply" if drift.remembered else "as the manifest says"
        lines += paragraph(f"fields: {told} {terminal.arrow} as live now", terminal)
    if drift.partial:
        lines += paragraph("only a part of the manifests was looked at (--only, --except)", terminal, style="warning")
    if not drift.remembered:
        lines += paragraph(NO_STATE, terminal, first=("warning", "! "), indent=2)
        lines += paragraph(GET_STATE, terminal, first=("hint", "  hint: "), indent=8)
    return lines


def object_lines(each: DriftedObject, drift: Drift, terminal: Terminal, *, verbose: bool) -> list[str]:
    """One object: what happened, when and by whom, and its fields."""
    one, ascii_one, style = SIGNS[each.what]
    words: list[Span] = [("bold", terminal.shown(str(each.address)))]
    if each.name and each.name != each.address.name:
        words.append(("", quoted(each.name if len(each.name) <= 60 else each.name[:57] + terminal.dots, terminal)))
    words.append((style, ADDED if each in drift.added else WORDS[each.what]))
    lines = flowing(words, terminal, first=(style, f"{one if terminal.unicode else ascii_one} "), indent=INDENT)
    notes = [each.note] * bool(each.note) + [text for text in (since(each, drift),) if text]
    notes += [f"version {_version(version, each.seen)}" for version in each.versions]
    notes += [f"id {each.live_id}"] * bool(verbose and each.live_id)
    notes += [f"created {_by(each.seen.created_at, each.seen.created_by)}"] * bool(verbose and each.seen.created_at)
    for note in notes:
        lines += paragraph(terminal.shown(note), terminal, first=("", " " * INDENT), indent=INDENT + 2, style="dim")
    shown = each.fields if verbose or len(each.fields) <= FIELDS + 1 else each.fields[:FIELDS]
    lines += laid_out([changed(_as_field(field), terminal, verbose=verbose) for field in shown], terminal)
    for field in shown:
        if field.cause == "conflict" and not each.note:
            text = f"{terminal.shown(field.path)}: the manifest says {value_text(field.wanted, terminal)}"
            lines += paragraph(text, terminal, first=("", " " * INDENT), indent=INDENT + 2)
        if field.reason:
            text = f"{terminal.shown(field.path)}: {terminal.shown(field.reason)}"
            lines += paragraph(text, terminal, first=("", " " * INDENT), indent=INDENT + 2)
    if len(shown) < len(each.fields):
        lines.append(
            terminal.line(("dim", f"{' ' * INDENT}{terminal.dots} {len(each.fields) - len(shown):,} more fields"))
        )
    return lines


def _as_field(field: DriftField) -> Field:
    """As a plan's renderer takes it; drift needs no mark here, for all of it is."""
    cause: Cause = "conflict" if field.cause == "conflict" else "ours"
    return Field(field.path, field.before, field.after, cause, title=field.title)


def since(each: DriftedObject, drift: Drift) -> str:
    """`last written 2026-03-02T09:14:03Z by 10010728, after the last apply`, as far as it is known."""
    told = f"last written {_by(each.seen.changed_at, each.seen.changed_by)}" if each.seen.changed_at else ""
    if not told and each.seen.changed_by:
        told = f"last written by {each.seen.changed_by}"
    if each.when and drift.applied:
        told += f"{', ' if told else ''}{each.when} the last apply"
    return told


def _by(moment: str, user: str) -> str:
    return f"{moment} by {user}" if user else moment


def _version(version: LastChange, newest: LastChange) -> str:
    """`36 of 2026-03-02T09:14:03.120Z from blueprint b8f8 "Import"`; the newest one's time is said already."""
    moment = version.changed_at if version.changed_at != newest.changed_at else ""
    parts = [version.version or "?", f"of {moment}" if moment else ""]
    parts += [f"from {version.source}" if version.source else "", f'"{version.comment}"' if version.comment else ""]
    return " ".join(part for part in parts if part)


def added_line(drift: Drift) -> str:
    """That others have items of their own, in lists to which they may add."""
    fields = sum(len(each.fields) for each in drift.added)
    come = "item or field of others has" if fields == 1 else "items or fields of others have"
    where = count(len(drift.added), "object")
    return (
        f"{fields:,} {come} changed in lists of {where} to which others may add: `syncer drift --undeclared` counts it"
    )


def unknown_line(drift: Drift) -> str:
    """That a state does not say what was live and undeclared."""
    return f"what was live and undeclared in {count(drift.unknown, 'object')} is not known before the next apply"


def _others(drift: Drift, terminal: Terminal, in_full: Callable[[str], str]) -> list[str]:
    lines = paragraph(in_full(added_line(drift)), terminal) if drift.added else []
    return lines + (paragraph(unknown_line(drift), terminal, style="dim") if drift.unknown and drift.remembered else [])


def _strangers(drift: Drift, terminal: Terminal, in_full: Callable[[str], str], *, listed: bool) -> list[str]:
    if not drift.strangers:
        return []
    lines = paragraph(in_full(strangers_line(drift)), terminal)
    for each in drift.strangers if listed else ():
        lines += paragraph(stranger_text(each, terminal), terminal, first=("", "  "), indent=4)
    return lines


def stranger_text(each: Stranger, terminal: Terminal) -> str:
    """`ClosingReason "Umzug" (x7)  created 2026-03-02T09:14:03.120Z`."""
    made = f"  created {_by(each.seen.created_at, each.seen.created_by)}" if each.seen.created_at else ""
    return f"{each.kind} {quoted(each.name, terminal)} ({terminal.shown(each.live_id)}){terminal.shown(made)}"


def strangers_line(drift: Drift) -> str:
    """`3 objects have no manifest (2 ClosingReason, 1 FlowTemplate): …`; holds no foreign text."""
    kinds = Counter(each.kind for each in drift.strangers)
    listed = ", ".join(f"{number:,} {kind}" for kind, number in sorted(kinds.items()))
    has = "has" if len(drift.strangers) == 1 else "have"
    return f"{count(len(drift.strangers), 'live object')} {has} no manifest ({listed}): `syncer pull` writes them"


def pending_line(drift: Drift) -> str:
    """That the manifests changed too; "" where they did not."""
    if not drift.pending:
        return ""
    be = "is" if drift.pending == 1 else "are"
    return f"{count(drift.pending, 'object')} {be} to be changed by the manifests, which is no drift: `syncer plan`"


def closing(drift: Drift, terminal: Terminal, in_full: Callable[[str], str]) -> list[str]:
    """What else there is, and the sum of it."""
    lines = paragraph(in_full(pending_line(drift)), terminal) if drift.pending else []
    if drift.unclear:
        text = f"not compared: {', '.join(map(str, drift.unclear))}"
        lines += paragraph(terminal.shown(text), terminal, first=("warning", "! "), indent=2)
    return lines + paragraph(summary_line(drift), terminal, style="bold")


def summary_line(drift: Drift) -> str:
    """`Drift: 1 deleted, 2 changed, 1 field in conflict`; `No drift in 41 objects.`."""
    counts: Sequence[str] = [f"{number:,} {what}" for what, number in drift.summary.items()]
    if drift.conflicts:
        counts = [*counts, f"{count(drift.conflicts, 'field')} in conflict"]
    if counts:
        return f"{'Drift' if drift.remembered else 'Differences'}: {', '.join(counts)}"
    return f"No {'drift' if drift.remembered else 'difference'} in {count(drift.compared, 'object')}."
