"""Valid manifests spoilt by dice: bytes, pieces of YAML's grammar, and values in the wrong place (N11 of
docs/reliability.md#the-table).

The valid ones are the repository's own examples and those of `manifests`; what becomes of the spoilt ones is `fuzz`'s.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import yaml

from simulation.manifests import Make
from syncer.documents.yaml_reader import read

Json = Any
EXAMPLES = Path(__file__).parents[1] / "examples"
BYTES = 300
"""Of a file of random bytes, at most."""
PIECES = [
    *("\t", "\n", "\r", "\r\n", " ", "  ", ":", ": ", "- ", "-", "? ", "#", " #", "&a ", "*a",
      "!x ", "!!int ", "!!binary "),
    *("|", ">", "|2-", ">+9", "'", '"', "[", "]", "{", "}", ",", "<<: ", "<<: *a", "---\n", "...\n", "%YAML 1.1\n"),
    *("\\", "\\ud800", "\\x", "\0", "\x1b[2J", "\x7f", "\u2028", "\u202e", "\ufeff", "\ud800",
      "\U0001f50c", "a\u0308", "ä"),
    *("{{", "}}", "${", "${var.", "${var.title}", "${env.PATH}", "${id.nobody}", "$${", "1e999",
      "-0", "0x", "0o9", ".nan"),
    *("9" * 50, "9" * 5000, "~", "null", "true", "no", "2024-01-01", "1:30", "<<<<<<< a\n",
      "=======\n", "@", "`", "//", "/*"),
    *("NaN", "Infinity", "[" * 150, "{a: " * 150, "- " * 300, "x" * 70_000, "kind: Removed\n",
      "kind: FlowTemplate\n"),
]  # fmt: skip
"""What libraries for YAML and JSON have stumbled over, and what means something to us."""


def _deep(levels: int) -> Json:
    value: Json = "x"
    for _ in range(levels):
        value = [value]
    return value


HOSTILE: tuple[Json, ...] = (
    *(None, True, False, 0, -1, 2**53, 2**63, 10**40, 0.1, -0.0, 1e308, "", " ", "x" * 20_000, [],
      {}, [[]], [{}], {"": {}}),
    *("1", "null", "no", "ä", "a\u0308", "\u202e", "\x1b[31m", "\ud800", "::error::x", "\n",
      "../../x", "/etc/passwd"),
    *("${var.x}", "${env.HOME}", "${id.x}", "${", "{{x}}", "(a+)+$", "%s%n", "<script>", "purpose:", "2026-02-30"),
    *({"ref": "x"}, {"ref": None}, {"lookup": "x"}, {"id": []}, {"file": "../x"},
      {"file": "config"}, {"automation": "x"}),
    *({"ref": "x", "id": "y"}, {"$ref": "file:///etc/passwd"}, {"const": {}}, ["x"] * 2000,
      {f"k{n}": n for n in range(500)}),
    *(_deep(40), _deep(120)),
)  # fmt: skip
FREE = [
    "ref",
    "lookup",
    "id",
    "file",
    "kind",
    "name",
    "metadata",
    "spec",
    "policy",
    "environments",
    "aliases",
    "titles",
    "type",
]
"""Keys that mean something somewhere."""


@cache
def good() -> tuple[Json, ...]:
    """Valid documents of every kind, as values: each example of the repository and one or two of each kind."""
    found: list[Json] = [
        Make.reason("won"), Make.schema("site", Make.text("street"), Make.relation("to_site", "site")),
        Make.flow("visit"), Make.bundle("offer"), Make.installation(), Make.checker(), Make.retention(),
        Make.document("Removed", "gone", {"objects": [
            {"address": "ClosingReason/lost", "action": "forget"},
            {"kind": "FlowTemplate", "key": "Alt", "action": "delete"}]}),
    ]  # fmt: skip
    for path in sorted((EXAMPLES / "stadtwerk" / "config").rglob("*.yaml")):
        found += [each.value for each in read(path.read_bytes(), path.name)]
    return tuple(found)


@cache
def _texts() -> tuple[str, ...]:
    """Valid files, comments and all, and the broken ones that the examples show."""
    paths = sorted(path for path in EXAMPLES.rglob("*") if path.suffix in (".yaml", ".json"))
    return tuple(path.read_text("utf-8", "replace") for path in paths if path.name != "syncer.yaml")


SETTINGS = """version: 1
manifests: [config]
environments:
  sandbox: {org_id: "911690", token: {env: EPILOT_TOKEN_SANDBOX}, vars: {title: Gewonnen}}
  production: {org_id: "739224", confirm: true, limits: {delete: 0, update: 30%}, pace: 80%}
"""


@cache
def _settings() -> tuple[str, ...]:
    """Valid settings; under the second, every example is valid."""
    return SETTINGS, (EXAMPLES / "stadtwerk" / "syncer.yaml").read_text("utf-8")


def repository(dice: Random) -> dict[str, bytes]:
    """Path → content: a spoilt file and what stands beside it."""
    if dice.random() < 0.15:
        text = dice.choice(_settings())
        spoilt = (
            _bytes(text, dice)
            if dice.random() < 0.5
            else _written(_value(read(text.encode(), "syncer.yaml")[0].value, dice), dice)
        )
        return {"syncer.yaml": spoilt, "config/a.yaml": _written(dice.choice(good()), dice)}
    ending = dice.choice(["yaml", "yaml", "yaml", "yml", "json"])
    files = {"syncer.yaml": dice.choice(_settings()).encode(), f"config/a.{ending}": _file(dice)}
    if dice.random() < 0.3:
        files["config/b.json"] = json.dumps(dice.choice(good())).encode()
    return files


def _file(dice: Random) -> bytes:
    way = dice.random()
    if way < 0.08:
        return dice.randbytes(dice.randrange(BYTES))
    if way < 0.14:
        return "".join(dice.choices(PIECES, k=dice.randrange(40))).encode("utf-8", "surrogatepass")
    if way < 0.5:
        return _bytes(dice.choice(_texts()), dice)
    documents = [_value(copy.deepcopy(dice.choice(good())), dice) for _ in range(dice.choice([1, 1, 1, 2, 4]))]
    whole = b"\n---\n".join(_written(each, dice) for each in documents)
    return _bytes(whole.decode("utf-8", "surrogateescape"), dice) if dice.random() < 0.2 else whole


def _bytes(text: str, dice: Random) -> bytes:
    """A text with one to six changes: pieces put in, cut out, doubled, moved, bytes replaced."""
    data = text.encode("utf-8", "surrogatepass")
    for _ in range(dice.choice([1, 1, 2, 6])):
        at, end = sorted((dice.randrange(len(data) + 1), dice.randrange(len(data) + 1)))
        end = min(end, at + 60)
        match dice.randrange(5):
            case 0:
                data = data[:at] + dice.choice(PIECES).encode("utf-8", "surrogatepass") + data[at:]
            case 1:
                data = data[:at] + data[end:]
            case 2:
                data = data[:end] + data[at:end] * dice.choice([1, 1, 50]) + data[end:]
            case 3:
                data = data[:at] + bytes([dice.randrange(256)]) + data[at + 1 :]
            case _:
                rest, to = data[:at] + data[end:], dice.randrange(len(data) + 1)
                data = rest[:to] + data[at:end] + rest[to:]
    return data


def _value(value: Json, dice: Random) -> Json:
    """A document with one to four of its nodes replaced, removed, doubled, renamed, or taken from another one."""
    for _ in range(dice.choice([1, 1, 1, 2, 4])):
        places = list(_places(value))
        if not places:
            return dice.choice(HOSTILE)
        holder, key = dice.choice(places)
        _CHANGES[dice.randrange(len(_CHANGES))](holder, key, dice)
    return value


def _places(value: Json) -> list[tuple[Json, Any]]:
    """(what holds it, its key) of every node."""
    found: list[tuple[Json, Any]] = []
    rest = [value]
    while rest and len(found) < 3000:
        node = rest.pop()
        keys = list(node) if isinstance(node, dict) else range(len(node)) if isinstance(node, list) else ()
        found += [(node, key) for key in keys]
        rest += [node[key] for key in keys]
    return found


def _replace(holder: Json, key: Any, dice: Random) -> None:
    holder[key] = copy.deepcopy(dice.choice(HOSTILE))


def _remove(holder: Json, key: Any, dice: Random) -> None:
    del holder[key]


def _double(holder: Json, key: Any, dice: Random) -> None:
    if isinstance(holder, list):
        holder.insert(dice.randrange(len(holder) + 1), copy.deepcopy(holder[key]))
    else:
        holder[f"{key}{dice.choice(['', ' ', 's', '2'])}"] = copy.deepcopy(holder[key])


def _rename(holder: Json, key: Any, dice: Random) -> None:
    if isinstance(holder, dict):
        new = dice.choice(
            [*FREE, str(key).upper(), str(key)[:-1], f"{key}_x", dice.choice(["", "ä", "\n", "a.b", "$x"])]
        )
        holder[new] = holder.pop(key)


def _graft(holder: Json, key: Any, dice: Random) -> None:
    donor, at = dice.choice(_places(dice.choice(good())))
    holder[key] = copy.deepcopy(donor[at])


def _wrap(holder: Json, key: Any, dice: Random) -> None:
    holder[key] = dice.choice([[holder[key]], {dice.choice(FREE): holder[key]}])


_CHANGES: tuple[Callable[[Json, Any, Random], None], ...] = (
    _replace,
    _replace,
    _remove,
    _double,
    _rename,
    _graft,
    _wrap,
)


def _written(value: Json, dice: Random) -> bytes:
    """As JSON or as YAML in one of its styles."""
    way = dice.randrange(4)
    if way > 1:
        try:
            text = yaml.dump(
                value, Dumper=yaml.CSafeDumper, allow_unicode=way == 2, default_flow_style=None, sort_keys=False
            )
            return text.encode("utf-8", "surrogatepass")
        except (yaml.YAMLError, UnicodeError):
            pass  # what the writer cannot write goes as JSON
    return json.dumps(value, indent=way or None, ensure_ascii=way == 0).encode("utf-8", "surrogatepass")
