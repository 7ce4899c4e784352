"""`syncer fmt` and `syncer schema`: what is written, what is left alone, and the exit codes."""

from __future__ import annotations

import json

import pytest

UGLY = (
    b"# why\r\nspec: {title:   Gewonnen}   # what users see\r\nkind:   ClosingReason\r\nmetadata:\r\n"
    b"    name:  'won'\r\napiVersion: syncer/v1"
)
TIDY = (
    b"# why\napiVersion: syncer/v1\nkind: ClosingReason\nmetadata:\n  name: 'won'\n"
    b"spec: {title:   Gewonnen}   # what users see\n"
)
BROKEN = b"apiVersion: syncer/v1\nspec: [\n"


def test_a_file_is_brought_into_style(repo) -> None:
    path = repo.write("config/won.yaml", UGLY)
    said = repo.run("fmt")
    assert (said.code, said.out, said.err) == (0, "config/won.yaml\n", "1 of 1 file changed\n")
    assert path.read_bytes() == TIDY
    said = repo.run("fmt")
    assert (said.code, said.out, said.err) == (0, "", "0 of 1 file changed\n")


def test_check_changes_nothing(repo) -> None:
    repo.write("config/won.yaml", UGLY)
    repo.write("config/tidy.yaml", TIDY)
    before = repo.digest()
    said = repo.run("fmt", "--check")
    assert (said.code, said.out, said.err, repo.digest()) == (
        2,
        "config/won.yaml\n",
        "1 of 2 files would change\n",
        before,
    )


@pytest.mark.parametrize(("args", "code"), [((), 3), (("--check",), 3)], ids=["fmt", "check"])
def test_a_broken_file_stays_and_the_others_are_formatted(repo, args, code: int) -> None:
    broken = repo.write("config/broken.yaml", BROKEN)
    repo.write("config/won.yaml", UGLY)
    said = repo.run("fmt", *args)
    assert (said.code, said.out, broken.read_bytes()) == (code, "config/won.yaml\n", BROKEN)
    assert "error[yaml-syntax]" in said.err
    assert "config/broken.yaml:" in said.err


def test_only_the_paths_that_are_named(repo) -> None:
    repo.write("config/won.yaml", UGLY)
    other = repo.write("config/sub/other.yaml", UGLY.replace(b"won", b"other"))
    assert repo.run("fmt", "other.yaml", at="config/sub").out == "config/sub/other.yaml\n"
    assert b"'other'\n" in other.read_bytes()
    assert (repo.folder / "config" / "won.yaml").read_bytes() == UGLY


def test_permissions_and_links_stay(repo) -> None:
    path = repo.write("config/won.yaml", UGLY)
    path.chmod(0o640)
    link = repo.folder / "config" / "a-link.yaml"
    link.symlink_to("won.yaml")
    assert repo.run("fmt", "config/a-link.yaml").code == 0
    assert (path.stat().st_mode & 0o777, link.is_symlink(), path.read_bytes()) == (0o640, True, TIDY)


def test_a_missing_path(repo) -> None:
    said = repo.run("fmt", "config/gone.yaml")
    assert (said.code, said.out) == (3, "")
    assert "error[unreadable]: `config/gone.yaml` no such file or directory" in said.err


REASON = "apiVersion: syncer/v1\nkind: ClosingReason\nmetadata:\n  name: won # mine\n{more}spec:\n  title: Won\n"
EXTRA = {
    # a file: what stands in it, what it holds afterwards, what is said
    "an unknown field": (
        REASON.format(more="") + "  colour: red # not yet\n",
        REASON.format(more="  extra:\n    - colour\n") + "  colour: red # not yet\n",
        "ClosingReason/won: `colour`: listed in `metadata.extra` now",
    ),
    "one that is listed, and one that is not": (
        REASON.format(more="  extra: [colour]\n") + "  colour: red\n  tone: {a: 1}\n",
        REASON.format(more="  extra: [colour, tone]\n") + "  colour: red\n  tone: {a: 1}\n",
        "ClosingReason/won: `tone`: listed in `metadata.extra` now",
    ),
    "a word": (
        REASON.format(more="") + "  status: PARKED\n",
        REASON.format(more="  extra:\n    - status\n") + "  status: PARKED\n",
        "ClosingReason/won: `status`: listed in `metadata.extra` now",
    ),
    "nothing unknown": (REASON.format(more=""), REASON.format(more=""), ""),
}


@pytest.mark.parametrize(("text", "wanted", "said"), EXTRA.values(), ids=EXTRA)
def test_what_syncer_does_not_know_is_listed(repo, text: str, wanted: str, said: str) -> None:
    """So that a repository of today is valid, strictly too; a second time there is nothing to do."""
    path = repo.write("config/won.yaml", text)
    before = path.read_bytes()
    checked = repo.run("fmt", "--extra", "--check")
    assert (checked.code, path.read_bytes()) == (2 if said else 0, before)
    done = repo.run("fmt", "--extra")
    assert (done.code, path.read_text("utf-8")) == (0, wanted)
    assert f"warning[extra-path]: {said}" in done.err if said else "extra" not in done.err
    assert repo.run("validate", "--strict").code == 0
    assert repo.run("fmt", "--extra").out == ""


def test_json_and_several_documents_are_listed_too(repo) -> None:
    repo.remove("config/won.yaml")
    spec, metadata = {"title": "J", "x": 1}, {"name": "json"}
    value = {"apiVersion": "syncer/v1", "kind": "ClosingReason", "metadata": metadata, "spec": spec}
    path = repo.write("config/one.json", json.dumps(value))
    each = REASON.format(more="") + "  x: 1\n"
    two = repo.write("config/two.yaml", f"{each}---\n{each.replace('won', 'lost').replace('Won', 'Lost')}")
    assert repo.run("fmt", "--extra").code == 0
    assert json.loads(path.read_text())["metadata"] == {"name": "json", "extra": ["x"]}
    assert two.read_text("utf-8").count("    - x\n") == 2
    assert repo.run("validate", "--strict").code == 0


def test_what_may_delete_records_is_named_and_not_listed(repo) -> None:
    text = (
        "apiVersion: syncer/v1\nkind: RetentionConfig\nmetadata:\n  name: old\nspec:\n  entity_schema: contact\n"
        "  type: deletion\n  enabled: false\n  schedule:\n    strat_date: 2099-01-01\n"
    )
    path = repo.write("config/old.yaml", text)
    done = repo.run("fmt", "--extra")
    assert (done.code, path.read_text("utf-8")) == (0, text)
    assert "RetentionConfig/old: `schedule.strat_date`: not listed, for it may delete more than is meant" in done.err
    assert repo.run("validate").code == 3


SCHEMAS = ["EntitySchema", "FlowTemplate", "ClosingReason", "AppInstallation", "RetentionConfig", "Removed"]
SCHEMAS += ["syncer.yaml", "plan"]


def test_schema_lists_where_they_lie(bare) -> None:
    said = bare.run("schema")
    assert (said.code, sorted(line.split()[0] for line in said.out.splitlines())) == (0, sorted(SCHEMAS))
    for line in said.out.splitlines():
        with open(line.split(maxsplit=1)[1], encoding="utf-8") as file:
            assert "$schema" in json.load(file)


@pytest.mark.parametrize("name", [*SCHEMAS, "entity-schema", "closingreason", "SYNCER"])
def test_schema_prints_one(bare, name: str) -> None:
    said = bare.run("schema", name)
    assert (said.code, said.err, said.json["$schema"]) == (0, "", "https://json-schema.org/draft/2020-12/schema")


@pytest.mark.parametrize(
    ("name", "hint"),
    [("FlowTemplat", "did you mean `FlowTemplate`?"), ("zzz", "known: `EntitySchema`, ")],
)
def test_schema_of_nothing(bare, name: str, hint: str) -> None:
    said = bare.run("schema", name)
    assert (said.code, said.out) == (3, "")
    assert said.err.startswith(f"error[unknown-kind]: kind `{name}` is not known\n\nhint: {hint}")
