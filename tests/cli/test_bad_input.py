# ruff: noqa: E501  a case is a line, so that the tables can be read down
"""The table of bad input (docs/catalogue.md#manifests, #configuration-and-command-line): exit code, rules and places,
nothing sent, nothing lost.

Each row is here with its id, or in NOT_APPLICABLE with the reason. An `In` is judged by `validate`, and where that is
an error by `plan` too, which must end the same way without a request. A function is a row that takes more than files.
"""

from __future__ import annotations

import copy
import json
import os
import random
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import JWT, ROOT, STRANGER, TOKEN, flow, reason
from tests.support.catalogue import told

Found = tuple[str, int, int]
BROKEN = ROOT / "examples" / "broken"
HEAD = "apiVersion: syncer/v1\nkind: ClosingReason\nmetadata: {name: x}\nspec:\n"
GOOD = HEAD + "  title: Ja\n  status: ACTIVE\n"


@dataclass(frozen=True)
class In:
    """Files, and what is said of them: (rule, line, column) each, in order. `name` is the file's that is meant."""

    content: str | bytes | Callable[[Path], None]
    problems: list[Found] = field(default_factory=list)
    code: int = 3
    name: str = "config/x.yaml"
    more: Mapping[str, str] = field(default_factory=dict)
    validates: bool = False
    """Whether `validate` has nothing to say: only the process, or the platform, shows it."""
    hint: str = ""
    env: Mapping[str, str] = field(default_factory=dict)


Check = Callable[[Any, Any], None]


def title(written: str) -> str:
    """A closing reason with a title as it is written; it begins at 5:10."""
    return f"{HEAD}  title: {written}\n  status: ACTIVE\n"


def named(written: str) -> str:
    """A closing reason with a name as it is written; it begins at 3:18."""
    return GOOD.replace("{name: x}", f"{{name: {written}}}")


def text_of(path: str) -> str:
    """A flow whose description is a file."""
    return flow("x").replace("  closing_reasons: []\n", f"  description: {{file: {json.dumps(path)}}}\n")


def example(name: str) -> str:
    return (BROKEN / f"{name}.yaml").read_text("utf-8")


def schema(slug: str, attribute: str) -> str:
    return (
        "apiVersion: syncer/v1\nkind: EntitySchema\nmetadata: {name: x}\nspec:\n"
        f"  slug: {slug}\n  name: X\n  plural: Xs\n  published: false\n  attributes:\n    - {attribute}\n"
    )


def workflow(name: str, target: str) -> str:
    """A flow that starts another by an automation; the reference begins at 5:112 where the names have three letters."""
    action = f"{{type: trigger-workflow, config: {{target_workflow: {{ref: {target}}}}}}}"
    automation = f"{{flow_name: {name}, triggers: [], actions: [{action}]}}"
    task = "task_type: AUTOMATION, automation_config: {flow_id: {automation: a}}"
    return (
        flow(name).replace("spec:\n", f"spec:\n  automations: {{a: {automation}}}\n").replace("task_type: MANUAL", task)
    )


def circle(number: int) -> str:
    return "---\n".join(workflow(f"f{n:02}", f"f{(n + 1) % number:02}") for n in range(number))


# ---------------------------------------------------------------------------------------- rows that take more than files


def values(written: Mapping[str, str]) -> Check:
    """Titles as they are written, and as the plan would send them."""

    def check(repo: Any, sandbox: Any) -> None:
        for number, text in enumerate(written):
            repo.write(f"config/v{number}.yaml", title(text).replace("{name: x}", f"{{name: v{number}}}"))
        repo.remove("config/won.yaml")
        assert repo.run("validate", "--strict").code == 0
        said = repo.run("plan", "--format", "json")
        titles = [each["name"] for each in said.json["changes"]]
        assert dict(zip(written, titles, strict=True)) == written

    return check


def huge(repo: Any, sandbox: Any) -> None:
    """G20: what is no file of a possible size is told by its sort, and never read to its end."""
    with open(repo.folder / "config" / "sparse.yaml", "wb") as file:
        file.truncate(1 << 30)
    os.mkfifo(repo.folder / "config" / "pipe.yaml")
    (repo.folder / "config" / "zero.yaml").symlink_to("/dev/zero")
    repo.write("config/above.yaml", b"#" * (1 << 20) + b"\n")
    repo.write("config/limit.yaml", GOOD.encode() + b"#" * ((1 << 20) - len(GOOD)))
    repo.write("config/nothing.yaml", b"")
    started = time.process_time()
    said = repo.run("validate", "--format", "json")
    assert (said.code, time.process_time() - started < 2) == (3, True)
    assert {each["file"]: each["rule"] for each in said.json["problems"]} == {
        "config/sparse.yaml": "file-too-large", "config/pipe.yaml": "not-a-file", "config/zero.yaml": "outside-root",
        "config/above.yaml": "file-too-large", "config/nothing.yaml": "empty-file",
    }  # fmt: skip
    assert (repo.run("plan").code, sandbox.requests()) == (3, [])


def bomb(repo: Any, sandbox: Any) -> None:
    """G17: refused at the first anchor, and in no time; not every one of a thousand is listed."""
    lines = ["a: &a [x, x, x, x, x, x, x, x, x]\n"]
    for old, new in zip("abcdefgh", "bcdefghi", strict=True):
        lines.append(f"{new}: &{new} [{', '.join([f'*{old}'] * 9)}]\n")
    repo.write("config/x.yaml", "".join(lines))
    started = time.process_time()
    said = repo.run("validate", "--format", "json")
    assert (said.code, said.problems()[0], time.process_time() - started < 1) == (3, ("yaml-anchor", 1, 4), True)
    assert {rule for rule, _, _ in said.problems()} == {"yaml-anchor", "yaml-alias", "too-many-problems"}


def handlebars(repo: Any, sandbox: Any) -> None:
    """G24: text of the platform's own is no template of ours."""
    written = "{{ env.EPILOT_TOKEN_TEST }} {% raw %} ${not.ours} $HOME `id` {{#if a}}"
    repo.write("config/x.yaml", title(json.dumps(written.replace("${", "$${"))))
    assert repo.run("apply", "--yes").code == 0
    assert written in sandbox.titles()


def text_moves(repo: Any, sandbox: Any) -> None:
    """G27: the file's content is part of the plan."""
    repo.write("texts/a.md", "eins")
    repo.write("config/x.yaml", text_of("texts/a.md"))
    assert repo.run("plan", "-o", "p").code == 0
    repo.write("texts/a.md", "zwei")
    sandbox.forget()
    said = repo.run("apply", "p")
    assert (said.code, sandbox.writes()) == (4, [])
    assert "FlowTemplate/x: its manifest, or a variable it uses, has changed" in said.err


def referred_and_removed(repo: Any, sandbox: Any) -> None:
    """G29: by `ref` it is an unknown reference. By `lookup` the plan still finds it: the flow is not asked about it
    again, and the reason's removal is told and refused unasked like any other."""
    repo.write("config/lost.yaml", reason("lost", "Verloren"))
    repo.write("config/f.yaml", flow("f", "won", "lost"))
    assert repo.run("apply", "--yes").code == 0
    repo.remove("config/lost.yaml")
    said = repo.run("plan", "--format", "json")
    assert (said.code, said.problems()) == (3, [("unknown-reference", 9, 39)])
    repo.write("config/f.yaml", flow("f", "won", "lost").replace("ref: lost", "lookup: Verloren"))
    sandbox.forget()
    said = repo.run("apply", "--yes")
    assert (said.code, sandbox.writes()) == (4, [])
    assert "error[removals]" in said.err


def renamed(repo: Any, sandbox: Any) -> None:
    """G30: a manifest's new name needs an alias. Without one it is a removal and a create: the removal is refused
    unasked, and a notice says what was probably meant. With one nothing is written, or what changed beside the name."""
    repo.run("apply", "--yes")
    repo.remove("config/won.yaml")
    repo.write("config/x.yaml", reason("gained", "Gewonnen"))
    sandbox.forget()
    said = repo.run("apply", "--yes")
    assert (said.code, sandbox.writes()) == (4, [])
    assert "write `aliases: [won]` in its metadata" in said.out
    repo.write(
        "config/x.yaml", reason("gained", "Gewonnen").replace("{name: gained}", "{name: gained, aliases: [won]}")
    )
    said = repo.run("apply", "--yes")
    assert (said.code, sandbox.writes(), sandbox.titles()) == (0, [], ["Gewonnen"])
    assert repo.run("state", "list").out.startswith("ClosingReason/gained ")
    repo.remove("config/x.yaml")
    repo.write("config/y.yaml", reason("y", "Verkauft").replace("{name: y}", "{name: y, aliases: [gained]}"))
    said = repo.run("apply", "--yes")
    assert (said.code, sandbox.titles()) == (0, ["Verkauft"])


def order(repo: Any, sandbox: Any) -> None:
    """G32: closing reasons are a set, in whatever order they are written."""
    repo.write("config/lost.yaml", reason("lost", "Verloren"))
    repo.write("config/f.yaml", flow("f", "won", "lost"))
    repo.run("apply", "--yes")
    repo.write("config/f.yaml", flow("f", "lost", "won"))
    assert repo.run("plan", "--detailed-exitcode").code == 0


def which_files(repo: Any, sandbox: Any) -> None:
    """G36: three suffixes are read; hidden files, backups and other people's folders are not."""
    repo.remove("config/won.yaml")
    repo.write("config/a.yaml", reason("a", "A"))
    repo.write("config/a.yml", reason("b", "B"))
    repo.write("config/a.json", json.dumps({
        "apiVersion": "syncer/v1", "kind": "ClosingReason", "metadata": {"name": "c"}, "spec": {"title": "C"},
    }))  # fmt: skip
    for name in (".hidden.yaml", "a.yaml~", "#a.yaml#", "a.yaml.swp", ".a.yaml.swp", "node_modules/x.yaml",
                 ".git/x.yaml", "__pycache__/x.yaml", "a.yaml.bak", "syncer.yaml"):  # fmt: skip
        repo.write(f"config/{name}", "not: [a manifest\n")
    said = repo.run("validate")
    assert (said.code, said.err) == (0, "3 manifests in 3 files: valid\n")


def folders(repo: Any, sandbox: Any) -> None:
    """G37: many files, deep folders, loops of links."""
    for number in range(2000):
        repo.write(f"config/many/{number % 40}/r{number}.yaml", reason(f"r{number}", f"Grund {number}"))
    deep = "/".join("d" * 60 for _ in range(30))
    repo.write(f"config/{deep}/deep.yaml", reason("deep", "Tief"))
    (repo.folder / "config" / "loop").symlink_to(".", target_is_directory=True)
    (repo.folder / "config" / "many" / "up").symlink_to("../..", target_is_directory=True)
    started = time.process_time()
    said = repo.run("validate")
    assert (said.code, said.err) == (0, "2002 manifests in 2002 files: valid\n")
    assert time.process_time() - started < 10


def closed_folder(repo: Any, sandbox: Any) -> None:
    """G37: a folder that cannot be searched is an error: what it holds may be all there is."""
    if os.geteuid() == 0:
        pytest.skip("nothing is forbidden to root")
    closed = repo.folder / "config" / "closed"
    closed.mkdir(mode=0)
    try:
        said = repo.run("validate", "--format", "json")
        assert (said.code, said.problems()) == (3, [("unreadable", 1, 1)])
        assert (repo.run("plan").code, sandbox.requests()) == (3, [])
    finally:
        closed.chmod(0o700)


def vanishes(repo: Any, sandbox: Any) -> None:
    """G38: a file that is listed and gone when it is read is an error, not one manifest less; its text is read once."""
    from syncer.manifests.loader import load

    loaded = load(
        [repo.folder / "config" / "won.yaml", repo.folder / "config" / "gone.yaml"], repo.folder, {"ClosingReason"}
    )
    assert [each.name for each in loaded.manifests] == ["won"]
    assert [(each.rule, each.at.file if each.at else "") for each in loaded.problems] == [
        ("unreadable", "config/gone.yaml")
    ]


def long_line(repo: Any, sandbox: Any) -> None:
    """G40: a line of 800 kB is planned in few, applied whole, and the second plan is empty; a text in a file is held
    to the field's limit like any other."""
    text = "<p>" + "ä" * 400_000 + "</p>"

    def titled(by: str) -> str:
        plain = schema("x", "{name: a, label: A, type: string}")
        return plain.replace("  attributes:\n", f"  title_template: '{by}'\n  attributes:\n")

    repo.write("config/x.yaml", titled(text))
    assert len((repo.folder / "config" / "x.yaml").read_bytes()) > 800_000
    said = repo.run("plan")
    assert (said.code, len(said.out) < 5000) == (0, True)
    assert repo.run("apply", "--yes").code == 0
    repo.write("config/x.yaml", titled(f"{text}!"))
    said = repo.run("plan")
    assert (said.code, len(said.out) < 5000, "1 to update" in said.out) == (0, True, True)
    assert repo.run("apply", "--yes").code == 0
    assert repo.run("plan", "--detailed-exitcode").code == 0
    repo.write("texts/a.html", text)
    repo.write("config/y.yaml", text_of("texts/a.html"))
    said = repo.run("validate", "--format", "json")
    assert (said.code, said.problems()) == (3, [("too-long", 9, 16)])


def unprotected_and_removed(repo: Any, sandbox: Any) -> None:
    """G46: protection lasts until an apply without it: the line and the manifest cannot go at once."""
    repo.write("config/x.yaml", GOOD.replace("{name: x}", "{name: x, protect: true}"))
    repo.run("apply", "--yes")
    repo.remove("config/x.yaml")
    sandbox.forget()
    said = repo.run("apply", "--yes", "--allow-delete")
    assert (said.code, sandbox.writes()) == (4, [])
    assert "error[protected]: ClosingReason/x is protected and would be removed" in said.err
    repo.write("config/x.yaml", GOOD)  # the first of two applies: the word goes
    assert repo.run("apply", "--yes").code == 0
    repo.remove("config/x.yaml")
    assert repo.run("apply", "--yes", "--allow-delete").code == 0


def random_bytes(repo: Any, sandbox: Any) -> None:
    """G48: bytes of anything, one file each, judged together: nothing but problems."""
    dice = random.Random(48)
    pieces = [b"apiVersion", b": ", b"\n", b"  ", b"- ", b"{", b"}", b"[", b"]", b'"', b"'", b"|", b">", b"&a", b"*a", b"!!",
              b"\x00", b"\xff", b"\xef\xbb\xbf", b"---", b"<<: ", b"#", b"\t", b"\r", b"1e999", b"syncer/v1", b"kind"]  # fmt: skip
    for number in range(1000):
        size = dice.randrange(1, 60)
        mixed = b"".join(dice.choice(pieces) if dice.random() < 0.7 else dice.randbytes(2) for _ in range(size))
        repo.write(f"config/fuzz/{number}.{dice.choice(['yaml', 'yml', 'json'])}", mixed)
    started = time.process_time()
    said = repo.run("validate", "--format", "json")
    assert said.code == 3
    assert time.process_time() - started < 20
    rules = {each["rule"] for each in said.json["problems"]}
    assert not rules & {"bug", "not-checked", "refused"}
    assert len(rules) >= 8


def mutants(repo: Any, sandbox: Any) -> None:
    """G48: the Stadtwerk's manifests, each time with one thing changed: problems or none, and quickly."""
    from syncer.documents.yaml_reader import read
    from syncer.manifests.project import read_project
    from syncer.manifests.resolution import read_manifests
    from syncer.manifests.validation import validate

    source = ROOT / "examples" / "stadtwerk"
    repo.remove("config/won.yaml")
    repo.write("syncer.yaml", (source / "syncer.yaml").read_bytes())
    documents = [
        (path, document.value)
        for path in sorted((source / "config").rglob("*.yaml"))
        for document in read(path.read_bytes(), path.name)
    ]
    for path in (source / "config" / "texts").rglob("*"):
        repo.write(str(path.relative_to(source)), path.read_bytes())
    dice = random.Random(int(os.environ.get("SYNCER_SEED", "48")))
    odd: list[Any] = [None, "", " ", 0, -1, 1.5, True, [], {}, [None], {"": {}}, {"ref": None}, {"ref": "x", "id": "y"}, "${var.x}",
           "${id.", "\u202e\x1b[31m", "9" * 400, {"file": "../x"}, [[[]]], {"lookup": {"a": []}}, "trigger"]  # fmt: skip
    worst = 0.0
    for _ in range(250):
        number = dice.randrange(len(documents))
        mutant = json.loads(json.dumps(documents[number][1]))
        for _ in range(dice.choice([1, 1, 2, 5])):
            _mutate(mutant, dice, odd)
        repo.write("config/x.json", json.dumps(mutant))
        for other in dice.sample(range(len(documents)), 3):
            repo.write(f"config/o{other}.json", json.dumps(documents[other][1]))
        started = time.process_time()
        problems = validate(read_manifests(read_project(repo.folder / "syncer.yaml")))
        worst = max(worst, time.process_time() - started)
        assert not {each.rule for each in problems} & {"bug", "not-checked", "refused"}, mutant
    assert worst < 2


def _mutate(value: Any, dice: random.Random, odd: list[Any]) -> None:
    """Change one thing somewhere in a mapping or list, in place."""
    while True:
        keys = list(value) if isinstance(value, dict) else list(range(len(value)))
        if not keys:
            return
        key = dice.choice(keys)
        if isinstance(value[key], dict | list) and value[key] and dice.random() < 0.8:
            value = value[key]
            continue
        way = dice.randrange(4)
        if way == 0:
            value[key] = copy.deepcopy(dice.choice(odd))
        elif way == 1:
            del value[key]
        elif way == 2 and isinstance(value, dict):
            value[f"{key}_"] = value.pop(key)
        elif isinstance(value, list):
            value.append(copy.deepcopy(value[key]))
        else:
            value[key] = [value[key]]
        return


# --- H


def tokens(repo: Any, sandbox: Any) -> None:
    """H01: what can be no token is refused before a request, and never shown."""
    wrong: dict[str | None, str] = {
        None: "there is no token for environment `test`",
        "": "token in `EPILOT_TOKEN_TEST` is empty",
        "   ": "token in `EPILOT_TOKEN_TEST` is empty",
        "canary\nsecond": "holds characters that no token has",
        "canary second": "holds characters that no token has",
        "“canary”": "holds characters that no token has",
        "canary\x7f": "holds characters that no token has",
    }
    for token, said in wrong.items():
        result = repo.run("plan", env={"EPILOT_TOKEN_TEST": token})
        assert (result.code, result.out, said in result.err, "canary" in result.all) == (3, "", True, False), token
    assert sandbox.requests() == []
    assert repo.run("plan", env={"EPILOT_TOKEN_TEST": f"  {TOKEN}\n"}).code == 0  # what an editor leaves around it
    for name in ("SYNCER_TOKEN", "EPILOT_TOKEN"):
        assert repo.run("plan", env={"EPILOT_TOKEN_TEST": None, name: TOKEN}).code == 0
    sandbox.forget()
    for first, second in (("EPILOT_TOKEN_TEST", "SYNCER_TOKEN"), ("SYNCER_TOKEN", "EPILOT_TOKEN")):
        result = repo.run("plan", env={"EPILOT_TOKEN_TEST": None, first: "", second: TOKEN})
        assert (result.code, result.out) == (3, "")  # another's token does not come in place of one not handed over
        assert f"token in `{first}` is empty" in result.err
    assert sandbox.requests() == []


def whose_token(repo: Any, sandbox: Any) -> None:
    """H02, T17: expired and publishable ones and another organisation's at once; one for reading before a write."""
    for name, code, sent, said in (
        ("expired", 6, False, "token in `EPILOT_TOKEN_TEST` expired on 2023-11-14 22:13 UTC"),
        ("journey", 6, False, "is a `journey` token, not one for the API"),
        ("other", 4, False, "the token belongs to organisation `911042`, and environment `test` is `739224`"),
        ("reading", 4, True, "the token is read-only"),
        ("good", 0, True, ""),
    ):
        sandbox.forget()
        result = repo.run("apply", "--yes", env={"EPILOT_TOKEN_TEST": JWT[name]})
        assert (result.code, said in result.err) == (code, True), name
        assert bool(sandbox.requests()) == sent
        assert bool(sandbox.writes()) == (name == "good")


def refused_token(repo: Any, sandbox: Any) -> None:
    """H02: a token that the platform does not know: exit 6 by the reply, in `plan` and in `apply`."""
    for command in (["plan"], ["apply", "--yes"]):
        said = repo.run(*command, env={"EPILOT_TOKEN_TEST": "canary-unknown"})
        assert (said.code, sandbox.writes(), "canary-unknown" in said.all) == (6, [], False)
        assert "the token in `EPILOT_TOKEN_TEST` is not accepted" in said.err


def servers(repo: Any, sandbox: Any) -> None:
    """H03: a server that would see the token in the clear, or is written oddly, is refused and not asked."""
    for url in (
        "http://example.org", "http://user:canary@127.0.0.1:1", "https://user@epilot.io", "ftp://127.0.0.1", "127.0.0.1:80",
        "http://127.0.0.1:80/a/../b", "http://127.0.0.1:80?x=1", "http://127.0.0.1:80#x", "http://127.0.0.1:999999",
        "http://127.0.0.1.example.org", "https://entity.sls.epílot.io", "http://localhost:1\n", "https://",
    ):  # fmt: skip
        said = repo.run("plan", "--server", url)
        assert (said.code, said.out, "canary" in said.err) == (3, "", False), url
        assert said.err.startswith("error[url]: server URL"), url
    assert sandbox.requests() == []


def nobody_listens(repo: Any, sandbox: Any) -> None:
    """H03, B01: nobody there: exit 6, nothing written."""
    said = repo.run("apply", "--yes", "--server", "http://127.0.0.1:9")
    assert (said.code, said.out) == (6, "")
    assert not repo.state.exists()


def settings(line: str, rule: str, at: tuple[int, int]) -> Check:
    """A line in syncer.yaml that is refused, before anything is asked."""

    def check(repo: Any, sandbox: Any) -> None:
        text = (repo.folder / "syncer.yaml").read_text("utf-8")
        repo.write("syncer.yaml", text + line + "\n")
        before = repo.digest()
        said = repo.run("plan", "--format", "json")
        assert (said.code, said.problems()) == (3, [(rule, *at)])
        assert (sandbox.requests(), repo.digest()) == ([], before)

    return check


def flags(repo: Any, sandbox: Any) -> None:
    """H06: what cannot be meant, or contradicts itself."""
    repo.run("plan", "-o", "p")
    sandbox.forget()
    for args in (
        ["apply", "p", "--only", "*"], ["apply", "p", "--except", "*"], ["apply", "--allow-delete=-1"],
        ["apply", "--allow-delete=101%"], ["apply", "--allow-update=nan"], ["apply", "--allow-delete=1.5"],
        ["apply", "--workers", "0"], ["plan", "--format", "yaml"], ["plan", "-o"], ["plan", "-o", "."],
        ["apply", "p", "q"], ["sandbox", "serve", "--quota", "-1"], ["sandbox", "serve", "--port", "70000"],
    ):  # fmt: skip
        said = repo.run(*args)
        assert (said.code, said.out) == (3, ""), args
        assert said.err.startswith("error[usage]: "), args
    assert sandbox.requests() == []


def targets(repo: Any, sandbox: Any) -> None:
    """H07: a pattern that fits nothing is an error; one that fits all says what it comes to."""
    for args in (
        ["--only", "FlowTemplate/*"],
        ["--only", "won"],
        ["--except", "ClosingReason/nosuch"],
        ["--only", "ClosingReason/[x"],
    ):
        said = repo.run("plan", *args, "--format", "json")
        assert (said.code, said.problems()) == (3, [("nothing-selected", 0, 0)]), args
    assert repo.run("plan", "--only", "*").out.endswith("Plan: 1 to create\n")
    assert sandbox.writes() == []


def places(repo: Any, sandbox: Any) -> None:
    """H08: the same from a folder below; a clear word outside."""
    (repo.folder / "config" / "sub").mkdir()
    assert repo.run("plan", at="config/sub").out == repo.run("plan").out
    assert (repo.run("apply", "--yes", at="config/sub").code, repo.state.is_file()) == (0, True)
    (repo.folder / ".git").mkdir()
    repo.write("elsewhere/.git/config", "")
    for at in ("elsewhere", "/"):
        said = repo.run("validate", at=at)
        assert (said.code, said.out) == (3, "")
        assert said.err.startswith("error[no-project]: there is no syncer.yaml in this folder")
    assert repo.run("validate", "--config", str(repo.folder), at="/").code == 0
    said = repo.run("validate", "--config", "nosuch")
    assert (said.code, said.err.splitlines()[0]) == (3, "error[no-project]: `nosuch` does not exist")


def nobody_asked(repo: Any, sandbox: Any) -> None:
    """H09: an apply, and nobody to ask."""
    assert (repo.run("apply").code, sandbox.writes()) == (4, [])
    assert repo.run("apply", "--yes").code == 0


def guards(repo: Any, sandbox: Any) -> None:
    """H10: each guard, the flag that lifts it, and no other."""
    repo.reasons(4)
    repo.write("config/p.yaml", reason("p", "Geschützt").replace("{name: p}", "{name: p, protect: true}"))
    assert repo.run("apply", "--yes").code == 0
    repo.write("config/many.yaml", "# none left\n")
    repo.remove("config/p.yaml")

    def rules(*args: str) -> list[str]:
        sandbox.forget()
        said = repo.run("apply", "--yes", "--format", "json", *args)
        assert sandbox.writes() == [] or said.code == 0
        return [each["rule"] for each in said.json.get("problems", ())]

    assert rules() == ["protected", "removals"]
    assert rules("--allow-delete=4") == ["protected", "removals"]
    assert rules("--allow-delete=5") == ["protected"]
    assert rules("--allow-protected", "ClosingReason/p") == ["removals"]
    assert rules("--allow-empty", "--accept-data-loss", "ClosingReason/p") == ["protected", "removals"]
    repo.remove("config/won.yaml")
    assert rules("--allow-delete", "--allow-protected", "ClosingReason/p") == ["no-manifests"]
    assert rules("--allow-delete", "--allow-protected", "ClosingReason/p", "--allow-empty") == []
    assert repo.run("state", "list").out == ""


def pull_requests(repo: Any, sandbox: Any) -> None:
    """H11: validate and plan run for a pull request, apply does not."""
    for event in ("pull_request", "pull_request_target"):
        env = {"GITHUB_EVENT_NAME": event}
        assert repo.run("plan", env=env).code == 0
        said = repo.run("apply", "--yes", env=env)
        assert (said.code, sandbox.writes()) == (4, [])
        assert f"error[pull-request]: this runs for a pull request (GITHUB_EVENT_NAME is `{event}`)" in said.err
    assert (
        repo.run("apply", "--yes", "--allow-pull-request", env={"GITHUB_EVENT_NAME": "pull_request_target"}).code == 0
    )


def json_errors(repo: Any, sandbox: Any) -> None:
    """H12: whatever goes wrong, stdout is one JSON document with the exit code in it, and nothing else."""
    repo.write("broken/syncer.yaml", "version: [\n")
    for args, env in (
        (["validate", "--config", "broken"], {}), (["plan", "--config", "broken"], {}), (["plan", "-e", "nosuch"], {}),
        (["plan", "--only", "zzz/*"], {}), (["plan"], {"EPILOT_TOKEN_TEST": ""}), (["plan"], {"EPILOT_TOKEN_TEST": "unknown"}),
        (["plan"], {"SYNCER_SERVER": "http://127.0.0.1:9"}), (["apply"], {}), (["apply", "nosuch"], {}),
        (["apply", "--yes"], {"EPILOT_TOKEN_TEST": STRANGER}), (["show", "nosuch"], {}), (["show"], {}),
        (["state", "list", "-e", "nosuch"], {}), (["plan", "--frobnicate"], {}), (["plan", "-o", "syncer.yaml/p"], {}),
    ):  # fmt: skip
        for form in (["--format", "json"], ["--format=json"]):
            said = repo.run(*args, *form, env=env)
            document = json.loads(said.out)
            assert (document["exit_code"], "error[" in said.err) == (said.code, False), args
            assert document["format_version"] == 1
            assert document["problems"], args
            assert said.code in (3, 4, 6), args


TABLE: dict[str, Mapping[str, In | Check] | Check] = {
    "G01": {  # a warning: a file somebody is about to fill is no reason to stop the others; `--strict` makes it an error
        "nothing": In("", [("empty-file", 1, 1)], 0),
        "comments": In("# later\n\n# more\n", [("empty-file", 1, 1)], 0),
        "a dash": In("---\n", [("empty-file", 1, 1)], 0),
        "null": In("null\n", [("empty-file", 1, 1)], 0),
    },
    "G02": {
        "three, one wrong": In(f"{GOOD}---\n{reason('y', 'Y')}---\n{reason('z', 'Z', status='ALIVE')}", [("not-allowed-value", 20, 11)]),
        "three, all wrong": In("- 1\n---\n- 2\n---\n- 3\n", [("envelope", 1, 1), ("envelope", 3, 1), ("envelope", 5, 1)]),
        "one empty": In(f"---\n---\n{GOOD}...\n", [], 0),
    },
    "G03": {
        "a list": In("- a\n", [("envelope", 1, 1)], hint="a manifest is a mapping"),
        "a text": In("just text\n", [("envelope", 1, 1)]),
        "a number": In("\n\n  5\n", [("envelope", 3, 3)]),
        "a mapping of something else": In("name: ci\non: push\n", [("envelope", 1, 1)], hint="begin with `apiVersion: syncer/v1`"),
    },
    "G04": {
        "near": In(GOOD.replace("ClosingReason", "ClosingReson"), [("unknown-kind", 2, 7)], hint="did you mean `ClosingReason`?"),
        "far": In(GOOD.replace("ClosingReason", "Journey"), [("unknown-kind", 2, 7)], hint="known: `"),
        "by case": In(GOOD.replace("ClosingReason", "closingreason"), [("unknown-kind", 2, 7)], hint="did you mean `ClosingReason`?"),
    },
    "G05": {
        "missing": In(HEAD + "  status: ACTIVE\n", [("missing-field", 5, 3)]),
        "unknown": In(GOOD.replace("status", "stauts"), [("unknown-field", 6, 3)], hint="did you mean `status`?"),
    },
    "G06": {
        "twice": In(GOOD + "  title: Nein\n", [("duplicate-key", 7, 3)]),
        "in brackets": In(GOOD.replace("{name: x}", "{name: x, name: y}"), [("duplicate-key", 3, 21)]),
    },
    "G07": {
        "a number": In(GOOD + "  1: a\n", [("key-type", 7, 3)]),
        "a boolean": In(GOOD + "  true: b\n", [("key-type", 7, 3)]),
        "null": In(GOOD + "  ~: b\n", [("key-type", 7, 3)]),
        "a list": In(GOOD + "  ? [a]\n  : b\n", [("key-type", 7, 5)]),
        "a word of YAML 1.1": In(GOOD + "  yes: b\n", [("unknown-field", 7, 3)]),
    },
    "G08": {
        "twice": In(GOOD, [("duplicate-address", 3, 18), ("duplicate-live-key", 5, 10)], more={"config/a.yaml": GOOD}),
        "by case": In(named("X").replace("Ja", "Nein"), [("bad-format", 3, 18), ("duplicate-address", 3, 18)], more={"config/a.yaml": GOOD}),
        "by Unicode form": In(title("Zu\u0308rich"), [("duplicate-live-key", 5, 10)], more={"config/a.yaml": reason("a", "Z\u00fcrich")}),
    },
    "G09": {
        "texts": values({
            "NO": "NO", "on": "on", "yes": "yes", "Off": "Off", "22:22:22": "22:22:22", "1_000": "1_000", "0b1": "0b1", "=": "=",
        }),
        "a leading zero": In(title("010"), [("wrong-type", 5, 10), ("yaml-lost-digits", 5, 10)], hint="\"010\""),
        "an octal": In(title("0o10"), [("wrong-type", 5, 10), ("yaml-lost-digits", 5, 10)]),
        "a boolean": In(title("true"), [("wrong-type", 5, 10)]),
        "null": In(title("~"), [("null-value", 5, 10)]),
    },
    "G10": values({"2024-01-01": "2024-01-01", "2024-01-01T10:00:00Z": "2024-01-01T10:00:00Z"}),
    "G11": values({"2024-13-45": "2024-13-45", "0000-00-00": "0000-00-00"}),
    "G12": {
        word: In(title(word), [("number-not-finite", 5, 10)]) for word in (".inf", "-.INF", ".nan", "1e999", "-1e999")
    },
    "G13": In(title("1" * 5000), [("number-too-large", 5, 10)]),
    "G14": {
        "2^53 + 1": In(title("9007199254740993"), [("number-too-large", 5, 10)]),
        "hexadecimal": In(title("0xFFFFFFFFFFFFFFFF"), [("number-too-large", 5, 10)]),
        "2^53": In(title("9007199254740992"), [("wrong-type", 5, 10)]),
    },
    "G15": {
        tag: In(title(f"{tag} x"), [("yaml-tag", 5, 10)]) for tag in ("!!binary", "!!set", "!!omap", "!!timestamp")
    },
    "G16": {
        tag: In(title(f"{tag} x"), [("yaml-tag", 5, 10)])
        for tag in ("!foo", "!!python/object/apply:os.system", "!<tag:yaml.org,2002:python/name:os.system>", "!include")
    },
    "G17": {
        "an alias": In(HEAD + "  title: &a Ja\n  status: *a\n", [("yaml-anchor", 5, 10), ("yaml-alias", 6, 11)]),
        "a bomb": bomb,
        "itself": In("&a [*a]\n", [("yaml-anchor", 1, 1), ("yaml-alias", 1, 5)]),
    },
    "G18": In(GOOD + "  <<: {status: INACTIVE}\n", [("yaml-merge-key", 7, 3)]),
    "G19": {
        "101": In(HEAD + "  title: " + "[" * 101 + "]" * 101 + "\n", [("too-deep", 5, 108)]),
        **{f"{number:,}": In("[" * number, [("too-deep", 1, 101)]) for number in (1000, 30_000, 1_000_000)},
        "mappings": In("{a: " * 20_000, [("too-deep", 1, 401)]),
        "JSON": In("[" * 30_000, [("too-deep", 1, 101)], name="config/x.json"),
        "indented": In("".join(" " * n + "a:\n" for n in range(400)), [("too-deep", 101, 101)]),
    },
    "G20": huge,
    "G21": {
        "no UTF-8": In(title("Ja").encode() + b"# caf\xe9\n", [("encoding", 7, 6)]),
        "UTF-16": In(GOOD.encode("utf-16"), [("encoding", 1, 1)]),
        "a mark": In(b"\xef\xbb\xbf" + GOOD.encode(), [("byte-order-mark", 1, 1)]),
        "NUL": In(GOOD.encode() + b"\x00\n", [("character", 7, 1)]),
        "half a pair": In(title('"\\ud800"'), [("yaml-syntax", 5, 13)]),
        "half a pair, JSON": In('{"apiVersion": "\\ud800"}', [("json-syntax", 1, 16)], name="config/x.json"),
    },
    "G22": {
        "a tab": In(HEAD + "\ttitle: Ja\n", [("yaml-tab", 5, 1)]),
        "CR": In(GOOD.replace("\n", "\r"), [], 0),
        "CRLF": In(GOOD.replace("\n", "\r\n"), [], 0),
        "garbage": In(GOOD + "}\n", [("yaml-syntax", 7, 1)]),
        "a directive": In("%YAML 1.1\n---\n" + GOOD, [("yaml-directive", 1, 1)]),
    },
    "G23": {
        "ESC, raw": In(title("\x1b[31mrot"), [("character", 5, 10)]),
        "ESC in a name": In(named('"a\\e[2Jb"'), [("bad-format", 3, 18)]),
        "bidi in a name": In(named('"a\u202eb"'), [("bad-format", 3, 18)]),
        "zero width in a key": In(GOOD + "  sta\u200btus: x\n", [("key-character", 7, 3)]),
        "bidi in a title, shown harmlessly": In(title('"a\\u202eb"'), [], 0),
    },
    "G24": handlebars,
    "G25": {
        "10,000 characters": In(named("a" * 10_000), [("bad-format", 3, 18)]),
        "no characters": In(named("''"), [("bad-format", 3, 18)]),
        "blanks": In(named("'   '"), [("bad-format", 3, 18)]),
        "a blank at its end": In(named("'a '"), [("bad-format", 3, 18)]),
        "no title": In(title("''"), [("too-short", 5, 10)]),
    },
    "G26": {
        word: In(named(json.dumps(word)), [("bad-format", 3, 18)])
        for word in ("a/b", "..", "../x", "a:b", "%2e%2e", "a.", ".a", "a\\b", "ä")
    } | {word: In(named(word), [("reserved-name", 3, 18)]) for word in ("con", "aux", "nul.txt", "com1", "lpt9.x")},
    "G27": {
        "absolute": In(text_of("/etc/hostname"), [("file-path", 9, 23)]),
        "upwards": In(text_of("../outside.md"), [("file-path", 9, 23)]),
        "upwards inside": In(text_of("a/../../x.md"), [("file-path", 9, 23)]),
        "missing": In(text_of("texts/none.md"), [("unreadable", 9, 23)]),
        "a folder": In(text_of("config"), [("not-a-file", 9, 23)]),
        "NUL": In(text_of("a\0b"), [("file-path", 9, 23)]),
        "too large": In(text_of("big.txt"), [("file-too-large", 9, 23)], more={"big.txt": "x" * ((1 << 20) + 1)}),
        "changed between plan and apply": text_moves,
    },
    "G28": {
        "unknown": In(flow("x", "nobody"), [("unknown-reference", 9, 27)]),
        "near": In(flow("x", "wno"), [("unknown-reference", 9, 27)], hint="did you mean `won`?"),
        "of another kind": In(flow("x", "f"), [("wrong-kind", 9, 27)], more={"config/f.yaml": schema("f", "{name: a, label: A, type: string}").replace("{name: x}", "{name: f}")}),
        "itself": In(workflow("x", "x"), [], 0),  # a flow may start itself: it is cut when it is written
        "a circle of 2": In(circle(2), [("reference-circle", 5, 112)]),
        "a circle of 50": In(circle(50), [("reference-circle", 5, 112)]),
    },
    "G29": referred_and_removed,
    "G30": renamed,
    "G31": {
        "null, which the API requires": In(title("null"), [("null-value", 5, 10)]),
        "an empty text": In(title("''"), [("too-short", 5, 10)]),
        "an empty list": In(title("[]"), [("wrong-type", 5, 10)]),
        "absent": In(HEAD + "  title: Ja\n", [], 0),
    },
    "G32": {
        "the order of a set": order,
        "an item twice": In(flow("x", "won", "won"), [("duplicate-reference", 9, 33)]),
    },
    "G33": In(example("app-secret-literal"), [("secret-literal", 13, 33)]),
    "G34": {
        "missing": In(text_of("x").replace('{file: "x"}', "${env.EPILOT_NOTHING}"), [("env-missing", 9, 16)], validates=True),
        "empty": In(text_of("x").replace('{file: "x"}', "${env.EPILOT_EMPTY}"), [("env-missing", 9, 16)], validates=True, env={"EPILOT_EMPTY": ""}),
        "not allowed": In(text_of("x").replace('{file: "x"}', "${env.HOME}"), [("env-not-allowed", 9, 16)]),
        "the token": In(text_of("x").replace('{file: "x"}', "${env.EPILOT_TOKEN_TEST}"), [("env-token", 9, 16)]),
        "the token, within a text": In(schema("x", "{name: a, label: 'x${env.EPILOT_TOKEN}', type: string}"), [("env-token", 10, 24)]),
        "the token of an environment that was": In(text_of("x").replace('{file: "x"}', "${env.EPILOT_TOKEN_PROD}"), [("env-token", 9, 16)]),
        "the token by another name": In(text_of("x").replace('{file: "x"}', "${env.EPILOT_ALIAS}"), [("env-token", 9, 16)], validates=True, env={"EPILOT_ALIAS": f"Bearer {TOKEN}"}),
        "what an object is recognised by": In(title("${env.EPILOT_TITLE}"), [("env-identity", 5, 10)]),
    },
    "G35": {
        "a comment": In('{"a": 1} // x\n', [("json-comment", 1, 10)], name="config/x.json"),
        "a comma": In('{"a": 1,}\n', [("json-trailing-comma", 1, 8)], name="config/x.json"),
        "a key twice": In('{"a": 1,\n "a": 2}\n', [("duplicate-key", 2, 2)], name="config/x.json"),
        "NaN": In('{"a": NaN}\n', [("number-not-finite", 1, 7)], name="config/x.json"),
        "YAML in JSON": In(GOOD, [("json-syntax", 1, 1), ("json-syntax", 1, 11)], name="config/x.json"),
    },
    "G36": which_files,
    "G37": {"many, deep, in loops": folders, "closed": closed_folder},
    "G38": vanishes,
    "G39": In(f"<<<<<<< HEAD\n{GOOD}=======\n{GOOD}>>>>>>> theirs\n", [("conflict-marker", 1, 1), ("conflict-marker", 8, 1), ("conflict-marker", 15, 1)]),
    "G40": long_line,
    "G41": {
        "a task twice": In(example("flow-duplicate-id"), [("flow-duplicate-id", 14, 12)]),
        "waiting for each other": In(example("flow-requirement-cycle"), [("flow-requirement-cycle", 14, 100)]),
        "out of reach": In(example("flow-unreachable"), [("flow-unreachable", 14, 7)], 0),
    },
    "G43": {
        "a number for a text": In(title("5"), [("wrong-type", 5, 10)], hint="write `\"5\"`"),
        "a text for a boolean": In(flow("x").replace("enabled: false", 'enabled: "false"'), [("wrong-type", 7, 12)], hint="write `false`"),
        "a text for a number": In(schema("x", '{name: a, label: A, type: string, order: "5"}'), [("wrong-type", 10, 48)]),
    },
    "G44": whose_token,
    "G45": {
        "a title": In(title("Gewonnen"), [("duplicate-live-key", 5, 10)], more={"config/a.yaml": reason("a", "Gewonnen")}),
        "a slug": In(schema("f", "{name: a, label: A, type: string}"), [("duplicate-live-key", 5, 9)], more={
            "config/a.yaml": schema("f", "{name: a, label: A, type: string}").replace("{name: x}", "{name: y}")}),
    },
    "G46": unprotected_and_removed,
    "G48": {"random bytes": random_bytes, "mutants": mutants},
    "H01": tokens,
    "H02": {"by its claims": whose_token, "by the reply": refused_token},
    "H03": {"servers": servers, "nobody listens": nobody_listens},
    "H04": {  # .env, sitecustomize.py and modules named like libraries: test_validate_command.py
        "proxy": settings('proxy: "http://127.0.0.1:1"', "not-in-repository", (7, 1)),
        "a certificate": settings("    ca_file: x.pem", "not-in-repository", (7, 5)),
        "a server": settings('server: "https://example.org"', "not-in-repository", (7, 1)),
        "a host": settings('services: {entity: "https://entity.sls.epilot.io.example.org"}', "host", (7, 20)),
        "a host in the clear": settings('services: {entity: "http://entity.sls.epilot.io"}', "host", (7, 20)),
        "a token": settings("  b: {org_id: '1', token: canary-literal}", "token-env", (7, 27)),
        "another's variable": settings("  b: {org_id: '1', token: {env: AWS_SECRET_ACCESS_KEY}}", "token-env", (7, 33)),
    },
    "H05": {
        "an unknown key": settings("paralel: 5", "unknown-field", (7, 1)),
        "of an environment": settings("    confrim: true", "unknown-field", (7, 5)),
    },
    "H06": {
        "flags": flags,
        "a limit above 100%": settings("    limits: {delete: 101%}", "limit", (7, 22)),
        "a limit below 0": settings("    limits: {delete: -1}", "limit", (7, 22)),
        "a limit that is no number": settings("    limits: {update: .nan}", "number-not-finite", (7, 22)),
        "a pace of nothing": settings("    pace: 0%", "pace", (7, 11)),
    },
    "H07": targets,
    "H08": places,
    "H09": nobody_asked,
    "H10": guards,
    "H11": pull_requests,
    "H12": json_errors,
}  # fmt: skip

NOT_APPLICABLE = {
    "G42": "no field of the five kinds holds a pattern that syncer looks into; texts are passed on as they are",
    "G47": "manifests are judged by the schemas that syncer ships; no schema that comes from the API is ever evaluated",
}


def test_every_row_is_here_or_does_not_apply() -> None:
    rows = {f"G{n:02}" for n in range(1, 49)} | {f"H{n:02}" for n in range(1, 13)}
    assert set(TABLE) | set(NOT_APPLICABLE) == rows
    assert set(TABLE) & set(NOT_APPLICABLE) == set()


CASES = {
    f"{row} {name}".strip(): case
    for row, cases in TABLE.items()
    for name, case in (cases.items() if isinstance(cases, Mapping) else [("", cases)])
}


@pytest.mark.parametrize("case", CASES.values(), ids=told(CASES))
def test_bad_input(live: Any, sandbox: Any, case: In | Check) -> None:
    if not isinstance(case, In):
        case(live, sandbox)
        return
    live.env |= case.env
    assert not callable(case.content)
    live.write(case.name, case.content)
    for name, content in case.more.items():
        live.write(name, content)
    before = live.digest()
    started = time.process_time()
    said = live.run("validate", case.name, "--format", "json")
    took = time.process_time() - started
    expected = [] if case.validates else case.problems
    assert (said.problems(), said.code) == (expected, 0 if case.validates else case.code)
    assert case.hint in "".join(each["hint"] or "" for each in said.json["problems"])
    if case.code == 3:
        said = live.run("plan", "--format", "json")
        errors = [each for each in said.problems() if each in case.problems]
        assert (said.code, bool(errors)) == (3, True)
    else:
        live.run("plan")
    if case.code == 3:
        assert sandbox.requests() == []
    assert (sandbox.writes(), live.digest(), took < 3) == ([], before, True)
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f\u202e]", live.run("validate", case.name).all)
