"""What a terminal can show, and lines that fit it; knows nothing of plans or problems."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from syncer.model.named_tuple import NamedTuple
from syncer.render.escape import disarmed, for_terminal

NARROWEST, WIDEST = 40, 200

_ONE_COLUMN_EACH = "[\x00-\xac\xae-\u02ff\u2010-\u2027\u20ac\u2190-\u2193\u2212\u25cc]*"
"""Latin letters, and the punctuation of European texts and of ours: one column each in whatever order. A plan in German
does without the tables, which take 20 ms to import."""

_TYPED = re.compile(r"`(?:syncer |--)[^`]*`[^ ]*|(?<![^ ])--[a-z-]+ (?:'[^']*'[^ ]*|[^ ]+)")
"""What a text gives to be typed: a command or an option between backticks, an option with its value."""

Span = tuple[str, str]
"""(style, text): a stretch of a line. The style is a key of `STYLES` or "" for plain."""

STYLES = {
    "add": "32",
    "change": "33",
    "remove": "31",
    "upgrade": "36",
    "downgrade": "33",
    "deactivate": "35",
    "bold": "1",
    "dim": "2",
    "error": "1;31",
    "warning": "1;33",
    "note": "1;36",
    "hint": "36",
    "safe": "2",
    "risky": "33",
    "destructive": "1;31",
}


class Terminal(NamedTuple):
    """What may be written: SGR colours or none, how many columns, characters beyond ASCII or not."""

    colour: bool = False
    width: int = 100
    unicode: bool = True

    @property
    def arrow(self) -> str:
        """From before to after."""
        return "→" if self.unicode else "->"

    @property
    def dots(self) -> str:
        """Something was left out here."""
        return "…" if self.unicode else "..."

    def shown(self, text: str) -> str:
        """Foreign text as it may stand in a line."""
        return for_terminal(text, self.unicode)

    def line(self, *spans: Span) -> str:
        """The spans as one line without trailing space. A workflow command that only their meeting makes is broken,
        at the price of that line's colours."""
        plain = "".join(text for _, text in spans)
        harmless = disarmed(plain)
        if harmless != plain or not self.colour:
            return harmless.rstrip()
        kept = list(spans)
        while kept and not kept[-1][1].strip():
            kept.pop()
        if kept:
            kept[-1] = (kept[-1][0], kept[-1][1].rstrip())
        return "".join(self.paint(style, text) for style, text in kept)

    def paint(self, style: str, text: str) -> str:
        """The text in a style's colour, or as it is."""
        if not self.colour or not style or not text:
            return text
        return f"\x1b[{STYLES[style]}m{text}\x1b[0m"

    def clip(self, text: str, width: int) -> str:
        """The text in at most `width` columns, its end replaced by dots where it is longer."""
        return text if cells(text) <= width else first_cells(text, width - len(self.dots)) + self.dots


def terminal_for(env: Mapping[str, str], *, isatty: bool, encoding: str | None, columns: int) -> Terminal:
    """The terminal behind a stream: `columns` is what the system says of its width (80 to 100 where it knows none)."""
    return Terminal(wants_colour(env, isatty), max(NARROWEST, min(columns, WIDEST)), can_encode(encoding))


def wants_colour(env: Mapping[str, str], isatty: bool) -> bool:
    """`NO_COLOR` (not empty) forbids, `FORCE_COLOR` (neither empty nor 0) demands; else a terminal that isn't dumb."""
    if env.get("NO_COLOR"):
        return False
    if env.get("FORCE_COLOR"):
        return env["FORCE_COLOR"] != "0"
    return isatty and env.get("TERM", "") != "dumb"


def can_encode(encoding: str | None) -> bool:
    """Whether a stream of this encoding takes every character we draw with, and an umlaut."""
    try:
        "→…↑◌×ü".encode(encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def _plain(text: str) -> bool:
    return text.isascii() or re.fullmatch(_ONE_COLUMN_EACH, text) is not None


def cells(text: str) -> int:
    """Columns the text takes, by the tables of the `wcwidth` package: wide East Asian characters and emoji two,
    combining marks none, what stands as one sign (a flag, a thumb with a skin tone) as that."""
    if _plain(text):
        return len(text)
    from wcwidth import width

    return width(text, control_codes="ignore")


def first_cells(text: str, width: int) -> str:
    """As much of the text's beginning as fits into so many columns; what stands as one sign is not taken apart."""
    if _plain(text):
        return text[: max(width, 0)]
    from wcwidth import iter_graphemes

    return _fitting(iter_graphemes(text), width)


def last_cells(text: str, width: int) -> str:
    """As much of the text's end as fits into so many columns; what stands as one sign is not taken apart."""
    if _plain(text):
        return text[-width:] if width > 0 else ""
    from wcwidth import iter_graphemes

    signs = list(iter_graphemes(text))
    left_out = len(text) - len(_fitting(reversed(signs), width))
    return text[left_out:]


def _fitting(signs: Iterable[str], width: int) -> str:
    """The first signs that fit together into so many columns."""
    taken: list[str] = []
    room = width
    for sign in signs:
        room -= cells(sign)
        if room < 0:
            break
        taken.append(sign)
    return "".join(taken)


def wrapped(text: str, width: int) -> list[str]:
    """The text in lines of at most so many columns, broken at spaces, within a word only where it is too long; what
    is to be typed stays on one line, where one has room for it. No line begins as a workflow command does."""
    lines: list[str] = []
    current = ""
    for word in _words(text, width):
        candidate = f"{current} {word}" if current else disarmed(word)
        if cells(candidate) <= width:
            current = candidate
            continue
        if current:
            lines.append(current)
        *full, current = cut(disarmed(word), width, width)
        lines += full
    return [*lines, current] if current or not lines else lines


def _words(text: str, width: int) -> Iterator[str]:
    """The text between its spaces; a command, or an option with its value, is one word where it fits a line."""
    glued = _TYPED.sub(lambda found: found[0].replace(" ", "\0") if cells(found[0]) <= width else found[0], text)
    return (word.replace("\0", " ") for word in glued.split(" "))


def cut(text: str, first: int, then: int) -> list[str]:
    """The text in pieces that fit the room on the first line, and on those that follow."""
    pieces = [first_cells(text, first)]
    rest = disarmed(text[len(pieces[0]) :])
    while rest:
        pieces.append(first_cells(rest, then) or rest[0])
        rest = disarmed(rest[len(pieces[-1]) :])
    return pieces


def flowing(spans: list[Span], terminal: Terminal, *, first: Span, indent: int, gap: int = 2) -> list[str]:
    """The spans beside one another, `gap` columns apart, on as many lines as the width asks for; none is cut."""
    lines: list[list[Span]] = [[first]]
    used, space = cells(first[1]), 0
    for style, text in spans:
        if space and used + space + cells(text) > terminal.width:
            lines.append([("", " " * indent)])
            used, space = indent, 0
        for number, piece in enumerate(cut(text, terminal.width - used - space, terminal.width - indent)):
            if number:
                lines.append([("", " " * indent)])
                used, space = indent, 0
            lines[-1] += [("", " " * space), (style, piece)]
            used += space + cells(piece)
        space = gap
    return [terminal.line(*line) for line in lines]


def paragraph(text: str, terminal: Terminal, *, first: Span = ("", ""), indent: int = 0, style: str = "") -> list[str]:
    """A text wrapped to the width, after `first`, the further lines indented."""
    room = terminal.width - max(indent, cells(first[1]))
    pieces = wrapped(text, max(room, 8))
    lines = [terminal.line(first, (style, pieces[0]))]
    return lines + [terminal.line(("", " " * indent), (style, piece)) for piece in pieces[1:]]
