# ruff: noqa: E501  a situation is read in one piece
"""Situations that print a hint: mistakes in manifests, and commands that stop or leave something to do."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from syncer.sandbox.seed import reset
from tests.cli.conftest import OTHER, STRANGER, TOKEN, Repo, Sandbox, flow, reason
from tests.cli.hints.carrying_out import Situation
from tests.cli.test_organisation import PROJECT

Json = Any
Prepare = Callable[[Repo, Sandbox], object]
REASONS = "/v1/workflows/closing-reasons"


def schema(*names: str, **more: str) -> str:
    """The manifest of a schema with these attributes; `more`: lines of its spec, and what an attribute says."""
    each = more.pop("attribute", "label: Text, type: string")
    listed = "".join(f"    - {{name: {json.dumps(name)}, {each}}}\n" for name in names)
    lines = "".join(f"  {key}: {value}\n" for key, value in more.items())
    head = "apiVersion: syncer/v1\nkind: EntitySchema\nmetadata: {name: mast}\nspec:\n  slug: mast\n"
    return f"{head}  name: Mast\n  plural: Masts\n{lines}  attributes:\n{listed}"


def says(text: str, name: str = "config/one.yaml") -> Prepare:
    """The repository gets this file."""
    return lambda repo, sandbox: repo.write(name, text)


def applied(*then: Prepare) -> Prepare:
    """Its one closing reason is applied, and then something happens."""

    def prepare(repo: Repo, sandbox: Sandbox) -> None:
        assert repo.run("apply", "--yes", "--env", "test").code == 0
        for each in then:
            each(repo, sandbox)

    return prepare


def both(*then: Prepare) -> Prepare:
    """One after the other."""

    def prepare(repo: Repo, sandbox: Sandbox) -> None:
        for each in then:
            each(repo, sandbox)

    return prepare


def asked(*command: str, code: int = 0) -> Prepare:
    """A command that was called before."""

    def prepare(repo: Repo, sandbox: Sandbox) -> None:
        said = repo.run(*command)
        assert said.code == code, said.all

    return prepare


def without(name: str) -> Prepare:
    """A file is gone."""
    return lambda repo, sandbox: repo.remove(name)


def made(*titles: str) -> Prepare:
    """Closing reasons that somebody made by hand."""

    def prepare(repo: Repo, sandbox: Sandbox) -> None:
        for title in titles:
            sandbox.ask(f"POST {REASONS}", {"title": title, "status": "ACTIVE"})

    return prepare


def one_of(sandbox: Sandbox, title: str = "Gewonnen") -> str:
    """The id of a live closing reason."""
    reasons = sandbox.ask(f"GET {REASONS}?includeInactive=true")["reasons"]
    return str(next(each["id"] for each in reasons if each["title"] == title))


def switched(title: str = "Gewonnen", status: str = "INACTIVE") -> Prepare:
    """A closing reason that somebody switched by hand."""
    return lambda repo, sandbox: sandbox.ask(
        f"PATCH /v2/workflows/closing-reasons/{one_of(sandbox, title)}", {"status": status}
    )


def by_hand(**fields: Json) -> Prepare:
    """The schema `mast`, changed by hand."""

    def prepare(repo: Repo, sandbox: Sandbox) -> None:
        live = sandbox.ask("GET /v1/entity/schemas/mast")
        sandbox.ask("PUT /v1/entity/schemas/mast", {**live, **fields})

    return prepare


def edited(name: str, old: str, new: str) -> Prepare:
    """A file with other words."""

    def prepare(repo: Repo, sandbox: Sandbox) -> None:
        text = (repo.folder / name).read_text("utf-8")
        assert old in text
        repo.write(name, text.replace(old, new))

    return prepare


def titled(old: str, new: str) -> Prepare:
    """The first manifest with other words."""
    return edited("config/won.yaml", old, new)


VALIDATE = ("validate",)
LIKE_A = reason("one", "A")
FILE = {"FILE": lambda repo, sandbox: "plan.json"}
OF_THE_FIRST = {"ID": lambda repo, sandbox: one_of(sandbox)}
MANIFESTS = {
    "a field misspelt": Situation(
        says(LIKE_A.replace("title", "titel")), VALIDATE, "did you mean `title`? it is required", (3, 0),
    ),
    "a field that only resembles one": Situation(
        says(reason("one", "A", titel="x")), VALIDATE,
        "did you mean `title`? if the platform knows it, add `- titel` below `metadata.extra`", (3, 0), (1,),
    ),
    "a field that resembles none": Situation(
        says(reason("one", "A", zzzz=1)), VALIDATE,
        "its fields are `title`, `status`; if the platform knows it, add `- zzzz` below `metadata.extra`", (3, 0), (2,),
    ),
    "a field of an item": Situation(
        says(schema("first name", attribute="label: Text, type: string, lable: x")), VALIDATE,
        "did you mean `label`? if the platform knows it, add `- \"attributes[first name].lable\"` below `metadata.extra`", (3, 0), (1,),
    ),
    "many fields": Situation(
        says(reason("one", "A", **{f"zz{number}": 1 for number in range(30)})), VALIDATE,
        "if the platform knows them, `syncer fmt --extra` lists them below `metadata.extra`", (3, 0),
    ),
    "a word misspelt": Situation(
        says(reason("one", "A", status="ACTIV")), VALIDATE,
        "did you mean `ACTIVE`? if the platform knows it, add `- status` below `metadata.extra`", (3, 0),
    ),
    "a word of tomorrow": Situation(
        says(reason("one", "A", status="ACTIV")), VALIDATE,
        "did you mean `ACTIVE`? if the platform knows it, add `- status` below `metadata.extra`", (3, 0), (1,),
    ),
    "a kind misspelt": Situation(says(LIKE_A.replace("ClosingReason", "ClosingReson")), VALIDATE, "did you mean `ClosingReason`?", (3, 0)),
    "another version": Situation(says(LIKE_A.replace("syncer/v1", "syncer/v2")), VALIDATE, "write `apiVersion: syncer/v1`", (3, 0)),
    "an environment misspelt": Situation(
        says(LIKE_A.replace("{name: one}", "{name: one, environments: [tets]}")), VALIDATE, "did you mean `test`?", (3, 0),
    ),
    "a reference misspelt": Situation(says(flow("one", "wonn")), VALIDATE, "did you mean `won`?", (3, 0)),
    "a reference by a former name": Situation(
        both(says(flow("one", "lost")), titled("{name: won}", "{name: won, aliases: [lost]}")), VALIDATE,
        "it was renamed: write `ref: won`", (3, 0),
    ),
    "an edge to nowhere": Situation(says(flow("one", "won").replace("to_id: check", "to_id: chek")), VALIDATE, "did you mean `check`?", (3, 0)),
    "no way from the trigger": Situation(
        says(flow("one", "won").replace("  edges:\n    - {from_id: trigger, to_id: check}\n", "  edges: []\n")), VALIDATE,
        "add `{from_id: trigger, to_id: check}`", (3, 0),
    ),
    "a text for a boolean": Situation(says(schema("one", published="'yes'")), VALIDATE, "write `true`, without quotes", (3, 0)),
    "a number for a text": Situation(says(LIKE_A.replace('"A"', "5")), VALIDATE, 'write `"5"`, with quotes', (3, 0)),
    "an item for a list": Situation(
        says(schema("one", attribute="label: Text, type: select, options: red")), VALIDATE, "write `[red]`, a list of one", (3, 0),
    ),
    "a variable misspelt": Situation(
        both(says(LIKE_A.replace('"A"', '"${var.nmae}"')), edited("syncer.yaml", "  test:\n", "  test:\n    vars: {name: A}\n")), VALIDATE,
        "did you mean `name`?", (3, 0),
    ),
    "a path of extra misspelt": Situation(
        says(reason("one", "A", flags="x").replace("{name: one}", "{name: one, extra: [flagss]}")), VALIDATE,
        "did you mean `flags`?", (3, 0),
    ),
    "a byte order mark": Situation(says("\ufeff" + LIKE_A), VALIDATE, "save it as UTF-8 without BOM; `syncer fmt` takes the mark away", (3, 0)),
    "a schema's name misspelt": Situation(both(), ("schema", "ClosingReson"), "did you mean `ClosingReason`?", (3, 0)),
}  # fmt: skip
COMMANDS = {
    "an option misspelt": Situation(both(), ("plan", "--onyl", "*", "--env", "test"), "did you mean `--only`?", (3, 0)),
    "no environment said": Situation(both(), ("plan",), "name one with --env NAME or SYNCER_ENV", (3, 0), fill={"NAME": lambda repo, sandbox: "test"}),
    "an environment misspelt in a command": Situation(both(), ("plan", "--env", "tets"), "did you mean `test`?", (3, 0)),
    "no token": Situation(
        lambda repo, sandbox: repo.env.pop("EPILOT_TOKEN_TEST"), ("plan", "--env", "test"),
        "set one of `EPILOT_TOKEN_TEST`, `SYNCER_TOKEN`, `EPILOT_TOKEN` to an access token of the organisation", (3, 0),
    ),
    "an empty token": Situation(
        lambda repo, sandbox: repo.env.update(EPILOT_TOKEN_TEST=""), ("plan", "--env", "test"),
        "set `EPILOT_TOKEN_TEST` to an access token, or unset it; in CI, a secret that is not there is an empty text", (3, 0),
    ),
    "nobody to say yes": Situation(
        both(), ("apply", "--env", "test"),
        "--yes applies it unasked, or apply a saved plan: `syncer plan --env test -o FILE`, `syncer apply --env test FILE`", (4, 0),
    ),
    "nobody to say yes, and a plan saved": Situation(
        both(), ("apply", "--env", "test"),
        "--yes applies it unasked, or apply a saved plan: `syncer plan --env test -o FILE`, `syncer apply --env test FILE`", (4, 0), (1, 2), FILE,
    ),
    "a removal": Situation(
        applied(says(LIKE_A), without("config/won.yaml")), ("apply", "--yes", "--env", "test"), "--allow-delete=1 lifts this, and the limit", (4, 0),
    ),
    "more removals than were allowed": Situation(
        applied(says(LIKE_A), without("config/won.yaml")), ("apply", "--yes", "--allow-delete=0", "--env", "test"), "--allow-delete=1", (4, 0),
    ),
    "no manifest any more": Situation(
        applied(without("config/won.yaml")), ("apply", "--yes", "--allow-delete", "--env", "test"),
        "check `manifests` in syncer.yaml; --allow-empty lifts this", (4, 0), (1,),
    ),
    "data that would be lost": Situation(
        both(says(schema("first name", "other")), applied(says(schema("other")))), ("apply", "--yes", "--env", "test"),
        "--accept-data-loss 'EntitySchema/mast/first name'", (4, 0),
    ),
    "something protected": Situation(
        both(titled("{name: won}", "{name: won, protect: true}"), applied(says(LIKE_A), without("config/won.yaml"))),
        ("apply", "--yes", "--allow-delete", "--env", "test"), "put the manifest back; --allow-protected ClosingReason/won lifts this", (4, 0),
    ),
    "more updates than the limit": Situation(
        both(edited("syncer.yaml", "  test:\n", "  test:\n    limits: {update: 0}\n"), applied(titled("Gewonnen", "Gewonnen!"))),
        ("apply", "--yes", "--env", "test"), "--allow-update=1 lifts this", (4, 0),
    ),
    "fewer updates allowed than due": Situation(
        applied(titled("Gewonnen", "Gewonnen!")), ("apply", "--yes", "--allow-update=0", "--env", "test"), "--allow-update=1", (4, 0),
    ),
    "an environment that asks": Situation(
        edited("syncer.yaml", "  test:\n", "  test:\n    confirm: true\n"), ("apply", "--yes", "--env", "test"),
        "--confirm test, or --confirm <ANY> in CI", (4, 0),
    ),
    "a pull request": Situation(
        both(), ("apply", "--yes", "--env", "test"), "apply after the merge; --allow-pull-request lifts this", (4, 0),
        env={"GITHUB_EVENT_NAME": "pull_request"},
    ),
    "the first contact": Situation(
        made("Verloren"), ("apply", "--yes", "--env", "test"),
        "bring the state back, name a former title in `metadata.titles`, or say with --first-contact that those are somebody else's", (4, 0), (1,),
    ),
    "a kind that is not listed any more": Situation(
        both(lambda repo, sandbox: repo.reasons(4), applied(lambda repo, sandbox: [
            sandbox.ask(f"DELETE /v2/workflows/closing-reasons/{one_of(sandbox, title)}") for title in sandbox.titles()
        ])), ("apply", "--yes", "--env", "test"),
        "check the token's rights and the organisation; --allow-missing ClosingReason lifts this", (4, 0),
    ),
    "an address misspelt": Situation(applied(), ("state", "rm", "--env", "test", "ClosingReason/wonn"), "did you mean `ClosingReason/won`?", (3, 0)),
    "an address of drift misspelt": Situation(
        both(says(schema("one")), applied(by_hand(icon="pole"))), ("drift", "--env", "test", "--accept", "EntitySchema/masst"),
        "did you mean `EntitySchema/mast`?", (3, 0),
    ),
    "a run misspelt": Situation(applied(), ("undo", "--env", "test", "zzzzzzzz"), "`syncer undo --env test` lists them; the 20 newest runs of an environment are kept, on the machine that made them", (3, 3)),
    "drift that nobody declared": Situation(
        both(says(schema("one")), applied(by_hand(icon="pole"))), ("pull", "--env", "test", "--name", "mast"),
        "`syncer pull --env test --complete EntitySchema/mast` declares all of it, `--complete EntitySchema/mast/FIELD` one field; `syncer drift --env test --accept EntitySchema/mast` takes it for known", (0, 0),
    ),
    "drift that nobody declared, one field": Situation(
        both(says(schema("one")), applied(by_hand(icon="pole"))), ("pull", "--env", "test", "--name", "mast"),
        "`syncer pull --env test --complete EntitySchema/mast` declares all of it, `--complete EntitySchema/mast/FIELD` one field; `syncer drift --env test --accept EntitySchema/mast` takes it for known", (0, 0), (1,),
        {"FIELD": lambda repo, sandbox: "icon"}, leaves=frozenset({"undeclared"}),
    ),
    "drift that nobody declared, taken for known": Situation(
        both(says(schema("one")), applied(by_hand(icon="pole"))), ("pull", "--env", "test", "--name", "mast"),
        "`syncer pull --env test --complete EntitySchema/mast` declares all of it, `--complete EntitySchema/mast/FIELD` one field; `syncer drift --env test --accept EntitySchema/mast` takes it for known", (0, 0), (2,),
    ),
    "an object that is gone": Situation(
        applied(lambda repo, sandbox: sandbox.ask(f"DELETE /v2/workflows/closing-reasons/{one_of(sandbox)}")), ("pull", "--env", "test"),
        "remove the manifest (`--prune-files` does), or the next apply creates the object anew", (0, 0),
    ),
    "two of one title": Situation(
        made("Gewonnen", "Gewonnen"), ("plan", "--env", "test"),
        "delete or rename all but one in the organisation, or say which with `syncer adopt --env test ClosingReason/won ID`; syncer does not guess which one is meant", (3, 0), (0,), OF_THE_FIRST, leaves=frozenset({"duplicate-live"}),
    ),
    "a damaged state": Situation(
        applied(lambda repo, sandbox: repo.state.write_text("{", "utf-8")), ("plan", "--env", "test"),
        "restore the backup beside it, or run `syncer state rebuild --env test`", (3, 0),
    ),
    "a state with marks of a merge": Situation(
        applied(lambda repo, sandbox: repo.state.write_text("<<<<<<< a\n" + repo.state.read_text("utf-8"), "utf-8")), ("plan", "--env", "test"),
        "take either side whole, then run `syncer state rebuild --env test`", (3, 0),
    ),
    "a plan that is stale": Situation(
        both(asked("plan", "--env", "test", "-o", "plan.json"), titled("Gewonnen", "Verloren")), ("apply", "plan.json"),
        "make it again: `syncer plan --env test -o FILE`", (4, 0), (0,), FILE,
    ),
    "a plan of a recording": Situation(
        both(asked("record", "--env", "test", "-o", "there.json"), asked("plan", "--env", "test", "--against", "there.json", "--format", "json")),
        ("plan", "--env", "test", "--against", "there.json", "-o", "plan.json"),
        "read it here or with --format json; `syncer plan --env test -o FILE`, with a token, saves one to be applied", (3, 3), (1,), FILE,
    ),
    "an undo to be done": Situation(
        both(applied(titled("Gewonnen", "Verloren"), asked("apply", "--yes", "--env", "test"))),
        ("undo", "--env", "test", "RUN"), "to do this: `syncer undo --env test <ANY> -o FILE`, then `syncer apply --env test FILE`", (0, 0), (0, 1), FILE,
    ),
    "an address that is taken": Situation(
        both(says(LIKE_A), applied()), ("state", "mv", "--env", "test", "ClosingReason/won", "ClosingReason/one"),
        "let go of one first: `syncer state rm --env test ClosingReason/one`", (3, 0),
    ),
    "an object that is linked": Situation(
        applied(made("Anders")), ("adopt", "--env", "test", "ClosingReason/won", "ID"),
        "let go of that first: `syncer state rm --env test ClosingReason/won`", (3, 0),
    ),
    "a manifest renamed": Situation(
        applied(titled("{name: won}", "{name: gained}")), ("plan", "--env", "test"),
        "ClosingReason/gained is created with the title of ClosingReason/won, which is removed; if they are the same, write `aliases: [won]` in its metadata", (0, 0),
    ),
    "warnings of manifests": Situation(
        says(LIKE_A.replace("{name: one}", "{name: one, extra: [odd]}")), ("plan", "--env", "test"),
        "1 warning about the manifests; `syncer validate` shows it", (0, 0),
    ),
    "no repository here": Situation(
        lambda repo, sandbox: repo.remove("syncer.yaml"), ("validate",), "`syncer init` writes one; --config names one that lies elsewhere", (3, 0),
    ),
    "live objects without a manifest": Situation(
        applied(made("Verloren")), ("drift", "--env", "test", "--unmanaged"), "<ANY> live objects have no manifest (1 ClosingReason, <ANY> EntitySchema): `syncer pull --env test` writes them", (2, 0),
    ),
    "changes of the manifests": Situation(
        applied(titled("Gewonnen", "Verloren")), ("drift", "--env", "test"), "1 object is to be changed by the manifests, which is no drift: `syncer plan --env test`", (0, 0),
    ),
    "items of others": Situation(
        both(says(schema("one")), applied(by_hand(attributes=[
            {"id": name, "name": name, "label": "Text", "type": "string"} for name in ("one", "two")
        ]))), ("drift", "--env", "test"), "1 item or field of others has changed in lists of 1 object to which others may add: `syncer drift --env test --undeclared` counts it", (0, 0),
    ),
    "an answer that was lost": Situation(
        both(
            lambda repo, sandbox: sandbox.fault(method="POST", path=REASONS, drop=True, after_commit=True),
            lambda repo, sandbox: sandbox.fault(method="GET", path=REASONS, skip=1, status=400, times=99),
        ), ("apply", "--yes", "--env", "test"),
        "run `syncer apply --env test` again: it looks before it sends", (7, 0),
    ),
    "a lock of another machine": Situation(
        lambda repo, sandbox: repo.write(".syncer/state/test.lock", json.dumps({"owner": "ben", "host": "desk", "pid": 4712, "boot": "b", "since": 1.0})),
        ("state", "unlock", "--env", "test"), "--yes lifts it unasked", (4, 0),
    ),
    "an object that is gone, and looked for": Situation(
        both(), ("state", "show", "--env", "test", "ClosingReason/won"), "`syncer state list --env test` shows what is remembered", (3, 3),
    ),
    "nothing that could be accepted": Situation(
        applied(), ("drift", "--env", "test", "--accept", "ClosingReason/won"),
        "`syncer drift --env test -v` names what was changed; a declared field is taken over with `syncer pull --env test`, or put back", (3, 3), (0, 1),
    ),
    "an address of drift that is none": Situation(
        applied(), ("drift", "--env", "test", "--accept", "FlowTemplate/far"), "`syncer state list --env test` names those that are managed", (3, 3),
    ),
    "a reason that was switched off": Situation(
        both(titled("  status: \"ACTIVE\"\n", ""), applied(switched())), ("plan", "--env", "test"),
        "ClosingReason/won: it is INACTIVE, and the manifest does not say `status`: it stays so; write `status: ACTIVE` to revive it", (0, 0), (1,),
    ),
    "a manifest that was renamed, and is adopted": Situation(
        applied(edited("config/won.yaml", "{name: won}", "{name: gained}")), ("adopt", "--env", "test", "ClosingReason/gained", "OURS"),
        "if that manifest was renamed, write `aliases: [won]` in the metadata of this one", (3, 0),
    ),
    "not applied where it is promoted from": Situation(
        both(), ("promote", "ClosingReason/won", "--from", "test", "--to", "other"), "apply it there first: `syncer apply -e test`", (5, 0),
    ),
    "a repository that is there already": Situation(
        both(), ("init", "--env", "third"), "`syncer init --env third --org ID`", (3, 0), fill={"ID": lambda repo, sandbox: "118822"},
    ),
    "a plan against a recording that lacks a kind": Situation(
        asked("record", "--env", "test", "--kind", "EntitySchema", "-o", "plan.json"), ("plan", "--env", "test", "--against", "plan.json"),
        "record again, without --kind or with more of them: `syncer record --env test -o FILE`", (3, 0), (1,), FILE,
    ),
    "a plan against another's recording": Situation(
        asked("record", "--env", "other", "-o", "plan.json"), ("plan", "--env", "test", "--against", "plan.json"),
        "choose its own: --env other, or record `test`: `syncer record --env test -o FILE`", (4, 0), (2,), FILE,
    ),
    "a plan that nobody wrote": Situation(
        lambda repo, sandbox: repo.write("plan.json", "{}"), ("apply", "plan.json"), "make it again with `syncer plan -o FILE`", (3, 0), (0,),
        {"plan": lambda repo, sandbox: "plan --env test", **FILE},
    ),
    "an open call, and a name by hand": Situation(
        both(
            lambda repo, sandbox: sandbox.fault(method="POST", path=REASONS, drop=True, after_commit=True),
            lambda repo, sandbox: sandbox.fault(method="GET", path=REASONS, skip=1, status=400, times=99),
            asked("apply", "--yes", "--env", "test", code=7), lambda repo, sandbox: sandbox.well_again(),
        ), ("state", "mv", "--env", "test", "ClosingReason/won", "ClosingReason/one"),
        "run `syncer apply --env test` first: it looks whether that took effect, and remembers it", (4, 0),
    ),
    "an open call, and drift": Situation(
        both(
            lambda repo, sandbox: sandbox.fault(method="POST", path=REASONS, drop=True, after_commit=True),
            lambda repo, sandbox: sandbox.fault(method="GET", path=REASONS, skip=1, status=400, times=99),
            asked("apply", "--yes", "--env", "test", code=7), lambda repo, sandbox: sandbox.well_again(),
        ), ("drift", "--env", "test"), "`syncer apply --env test` settles it; until then it may be reported as drift", (0, 0),
    ),
    "no state": Situation(
        both(), ("drift", "--env", "test"),
        "give it the state that the last apply left (docs/state.md); where there never was one, `syncer apply` makes it", (2, 0), (0,),
        {"apply": lambda repo, sandbox: "apply --yes --env test"},
    ),
}  # fmt: skip


def two_environments(repo: Repo, sandbox: Sandbox) -> Repo:
    """The repository of every situation: for two organisations, so that a command must say which."""
    reset(str(sandbox.db), OTHER)
    repo.env |= {"EPILOT_TOKEN_TEST": TOKEN, "EPILOT_TOKEN_OTHER": STRANGER, "SYNCER_SERVER": sandbox.url}
    repo.write("syncer.yaml", PROJECT)
    return repo
