"""A hint taken at its word: its commands and lines are read from what was printed, and carried out as they stand."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import click
import yaml

from syncer.cli import syncer
from tests.cli.conftest import TOKEN, Repo, Result, Sandbox

Json = Any
Step = tuple[str, ...]


@dataclass(frozen=True)
class Situation:
    """Something that syncer has a hint for. `prepare`: what leads to it; `command`: what prints the hint; `says`: the
    whole hint, `<ANY>` for a word that differs from run to run; `codes`: the exit codes of the command before and
    after; `way`: which of the ways that the hint names is gone, and by whom, as of `ways`; `fill`: what a person puts
    for a word in capitals."""

    prepare: Callable[[Repo, Sandbox], object]
    command: tuple[str, ...]
    says: str
    codes: tuple[int, int]
    way: tuple[int, ...] = (0,)
    fill: Mapping[str, Callable[[Repo, Sandbox], str]] = field(default_factory=dict)
    env: Mapping[str, str | None] = field(default_factory=dict)
    leaves: frozenset[str] = frozenset()
    """Rules of what is said afterwards, which before was part of what the hint is about."""


def printed(said: Result, hint: str) -> tuple[str, str]:
    """The hint as it was printed, and the place that its problem names. A hint stands on one line or is wrapped."""
    pattern = r"\s+".join(re.escape(word).replace("<ANY>", r"[^\s`]+") for word in hint.split(" "))
    found = re.search(pattern, said.all)
    assert found, f"no such hint: {hint}\n{said.all}"
    assert not any("\n" in each for each in re.findall(r"`syncer [^`]*`", found[0])), (
        f"a command over two lines: {found[0]}"
    )
    places = re.findall(r"^  at (.*)$", said.all[: found.start()], re.MULTILINE)
    return " ".join(found[0].split()), places[-1] if places else ""


def ways(hint: str) -> list[str]:
    """What the hint gives to be typed or written, in its order: commands, options, lines."""
    return [each[0] or each[1] for each in re.findall(r"`([^`]+)`|(?<![^ (])(--[a-z][^`]*)", hint)]


class Carrier:
    """Who does what a hint says. `asked`: the command line that printed it, to which an option is added."""

    def __init__(self, repo: Repo, sandbox: Sandbox, situation: Situation, place: str, asked: list[str]) -> None:
        self.repo, self.sandbox, self.situation = repo, sandbox, situation
        self.place, self.asked = place, asked

    def do(self, what: str, hint: str, message: str) -> None:
        """One of the ways: a command is run, an option is added to the one that was asked, a line is written."""
        for word, value in self.situation.fill.items():
            what = re.sub(rf"(?<![A-Za-z]){word}(?![A-Za-z])", value(self.repo, self.sandbox), what)
        if what.startswith("syncer "):
            done = self.repo.run(*shlex.split(what)[1:], env=self.situation.env)
            if "error[not-asked]" in done.err:  # where a person is asked, this one says yes
                done = self.repo.run(*shlex.split(what)[1:], "--yes", env=self.situation.env)
            assert done.code in (0, 2), f"{what}: {done.code}\n{done.all}"
        elif "an access token" in hint and re.fullmatch(r"[A-Z_]+", what):
            self.repo.env[what] = TOKEN
        elif f"did you mean `{what}`" in hint:
            self._mean(what, message)
        elif what.startswith("--"):
            self.asked += option_of(what, self.asked)
        elif f"write `{what}` in its metadata" in hint:
            self._write_into("metadata", hint.split(" ")[0], yaml.safe_load(what))
        elif f"write `{what}` in the metadata of this one" in hint:
            self._add_to_metadata(**yaml.safe_load(what))
        elif not self.place:
            self._write_into("spec", hint.partition(":")[0], yaml.safe_load(what))
        elif f"add `{what}` below `metadata.extra`" in hint:
            self._add_to_metadata(extra=yaml.safe_load(what))
        else:
            self._write(yaml.safe_load(what))

    def _mean(self, word: str, message: str) -> None:
        """Put the right word where the wrong one stands: in the file that was named, else in the command."""
        wrong = next((each for each in re.findall(r"`([^`]+)`", message) if each in self.asked[1:]), "")
        if wrong:
            self.asked[self.asked.index(wrong)] = word
            return
        file, line, column = self._at()
        path = self.repo.folder / file
        lines = path.read_text("utf-8").splitlines(keepends=True)
        before, after = lines[line - 1][: column - 1], lines[line - 1][column - 1 :]
        lines[line - 1] = before + re.sub(r"^([\"']?)[^\s:,}\]\"']+", rf"\g<1>{word}", after, count=1)
        path.write_text("".join(lines), "utf-8")

    def _at(self) -> tuple[str, int, int]:
        file, line, column = self.place.split(" ")[0].rsplit(":", 2)
        return file, int(line), int(column)

    def _documents(self) -> tuple[list[Json], Json]:
        """All documents of the file that was named, and the one of the place."""
        file, line, _ = self._at()
        text = (self.repo.folder / file).read_text("utf-8")
        documents = list(yaml.safe_load_all(text))
        return documents, documents[text.split("\n")[: line - 1].count("---")]

    def _save(self, documents: list[Json]) -> None:
        (self.repo.folder / self._at()[0]).write_text(yaml.safe_dump_all(documents, sort_keys=False), "utf-8")

    def _add_to_metadata(self, **lists: list[Json]) -> None:
        """Into the metadata of the manifest that the place is in."""
        documents, document = self._documents()
        for key, items in lists.items():
            document["metadata"].setdefault(key, []).extend(items)
        self._save(documents)

    def _write_into(self, section: str, address: str, values: dict[str, Json]) -> None:
        """Into a section of the manifest of this address, which the message names."""
        kind, _, name = address.partition("/")
        for path in sorted((self.repo.folder / "config").rglob("*.yaml")):
            documents = list(yaml.safe_load_all(path.read_text("utf-8")))
            for each in documents:
                if (each["kind"], each["metadata"]["name"]) == (kind, name):
                    each[section].update(values)
                    path.write_text(yaml.safe_dump_all(documents, sort_keys=False), "utf-8")

    def _write(self, value: Json) -> None:
        """At the place that the problem names: an edge among the edges, `key: value` over the nearest that is there
        and else into what is named, any other value in its place."""
        documents, document = self._documents()
        steps = [step.strip("[]") for step in re.findall(r"[^.\[]+|\[\d+\]", self.place.split(" $.")[1])]
        holders = [document]
        for step in steps:
            holders.append(holders[-1][int(step) if step.isdigit() else step])
        above = holders[:-1]
        if not isinstance(value, dict):
            above[-1][int(steps[-1]) if steps[-1].isdigit() else steps[-1]] = value
        elif "from_id" in value:
            document["spec"].setdefault("edges", []).append(value)
        else:
            mappings = [each for each in reversed(holders) if isinstance(each, dict)]
            next((each for each in mappings if value.keys() <= each.keys()), mappings[0]).update(value)
        self._save(documents)


def option_of(text: str, asked: list[str]) -> list[str]:
    """The option that a text begins with, and as many values as the command takes for it."""
    found = re.match(r"(--[a-z-]+)(=\S+)?(?: ('[^']*'|[^\s,;]+))?", text)
    assert found, text
    name = found[1]
    command: click.Command = syncer
    for word in asked:
        if isinstance(command, click.Group) and (inner := command.get_command(click.Context(command), word)):
            command = inner
    option = next(each for each in command.params if name in each.opts)
    assert isinstance(option, click.Option)
    if found[2] or option.is_flag:
        return [name + (found[2] or "").rstrip(",;")]
    return [name, *shlex.split(found[3])]


def rules(said: Result) -> set[str]:
    """The rules of all that was printed as wrong."""
    return set(re.findall(r"^(?:error|warning)\[([a-z-]+)\]", said.all, re.MULTILINE))
