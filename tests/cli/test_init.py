"""`syncer init`: a repository from nothing, in one that exists, and a further environment in its syncer.yaml."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from syncer.manifests.project import read_project

ROOT = Path(__file__).parents[2]
STADTWERK = ROOT / "examples" / "stadtwerk" / "syncer.yaml"


def test_from_nothing_to_valid(bare) -> None:
    said = bare.run("init")
    assert (said.code, said.out) == (0, "wrote syncer.yaml\nwrote config/closing-reasons.yaml\nwrote .gitignore\n")
    assert said.err.splitlines()[1] == "next: set EPILOT_TOKEN_SANDBOX to a token of that organisation, then"
    said = bare.run("validate", "--strict")
    assert (said.code, said.out, said.err) == (0, "", "1 manifest in 1 file: valid\n")
    assert bare.run("fmt", "--check").code == 0


def test_twice_changes_nothing(bare) -> None:
    bare.run("init", "--org", "739224")
    before = bare.digest()
    said = bare.run("init", "--org", "12")
    assert (said.code, said.out, bare.digest()) == (0, "", before)
    assert said.err == "kept syncer.yaml: it is there already\nkept .gitignore: it is there already\n"


def test_with_a_name_and_an_organisation(bare) -> None:
    assert bare.run("init", "sub/folder", "--env", "test-1", "--org", "739224").code == 0
    environments = read_project(bare.folder / "sub" / "folder" / "syncer.yaml").environments
    assert [(each.name, each.org_id, each.token_env) for each in environments.values()] == [
        ("test-1", "739224", "EPILOT_TOKEN_TEST_1")
    ]


def test_in_an_existing_repository(bare) -> None:
    """What is there stays: a .gitignore gets its lines at its end, a filled `config` gets no example."""
    bare.write(".gitignore", "*.pyc\nbuild")
    bare.write("config/mine.yaml", "# mine\n")
    bare.write("README.md", "Grüße\n")
    before = bare.digest()
    said = bare.run("init")
    assert (said.code, said.out) == (0, "wrote syncer.yaml\nwrote .gitignore\n")
    assert "kept config: there are files in it\n" in said.err
    after = bare.digest()
    assert {name for name in before if after[name] != before[name]} == {".gitignore"}
    text = (bare.folder / ".gitignore").read_text("utf-8")
    assert text.startswith("*.pyc\nbuild\n\n# What syncer remembers")
    assert text.endswith("\n.syncer/\n")


def test_a_gitignore_in_any_encoding(bare) -> None:
    bare.write(".gitignore", b"caf\xe9/\r\n")
    assert bare.run("init").code == 0
    assert (bare.folder / ".gitignore").read_bytes().startswith(b"caf\xe9/\n\n# What")


@pytest.mark.parametrize("line", [".syncer", "/.syncer/", "  .syncer/  "])
def test_a_gitignore_that_knows(bare, line: str) -> None:
    path = bare.write(".gitignore", f"x\n{line}\n")
    assert bare.run("init").code == 0
    assert path.read_text("utf-8") == f"x\n{line}\n"


def test_a_link_stays_a_link(bare) -> None:
    shared = bare.write("shared/ignored", "x\n")
    (bare.folder / ".gitignore").symlink_to("shared/ignored")
    assert bare.run("init").code == 0
    assert (bare.folder / ".gitignore").is_symlink()
    assert shared.read_text("utf-8").endswith(".syncer/\n")


REFUSED = {
    # what is there                     arguments                                rule
    "an organisation that is none": ({}, ["--org", "73 92"], "usage"),
    "full-width digits": ({}, ["--org", "７３"], "usage"),
    "a folder that is a file": ({"sub": "x"}, ["sub"], "unwritable"),
    "syncer.yml": ({"syncer.yml": "version: 1\n"}, [], "no-project"),
    "a name that is none": ({}, ["--env", "a/b"], "environment-name"),
    "no organisation": (None, ["--env", "production"], "usage"),
    "another name by case only": (None, ["--env", "TEST", "--org", "1"], "environment-name"),
    "a broken syncer.yaml": (
        {"syncer.yaml": "version: 1\nenvironments: [\n"}, ["--env", "x", "--org", "1"], "yaml-syntax",
    ),
    "environments on one line": (
        {"syncer.yaml": 'version: 1\nenvironments: {a: {org_id: "1"}}\n'}, ["--env", "x", "--org", "1"], "not-written",
    ),
    "JSON in YAML": (
        {"syncer.yaml": '{"version": 1, "environments": {"a": {"org_id": "1"}}}'}, ["--env", "x", "--org", "1"],
        "not-written",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("files", "args", "rule"), REFUSED.values(), ids=REFUSED)
def test_refused_and_nothing_written(bare, files, args, rule: str) -> None:
    for name, content in (
        {"syncer.yaml": 'version: 1\nenvironments:\n  test:\n    org_id: "1"\n'} if files is None else files
    ).items():
        bare.write(name, content)
    before = bare.digest()
    said = bare.run("init", *args)
    assert (said.code, said.out, bare.digest()) == (3, "", before)
    assert f"[{rule}]" in said.err


def test_the_hint_of_a_refusal_can_be_pasted(bare) -> None:
    bare.write("syncer.yaml", 'version: 1\nenvironments: {a: {org_id: "1"}}\n')
    said = bare.run("init", "--env", "prod", "--org", "12")
    assert (
        'hint: write this among the `environments`: "prod": {org_id: "12", token: {env: EPILOT_TOKEN_PROD}}' in said.err
    )


ADDED = {
    # a syncer.yaml, ⟨⟩ where the new lines belong
    "the usual": """version: 1
environments:
  sandbox:
    org_id: "911690"
    token: {env: EPILOT_TOKEN_SANDBOX}
⟨  prod:
    org_id: "739224"
    token: {env: EPILOT_TOKEN_PROD}
⟩""",
    "something follows": """version: 1
environments:   # all of them
  'sandbox':
    org_id:   '911690'   # odd spaces
    vars:
      many:
        - a   # first
        - b
    # pace: 50%

# Where the services are
⟨⟩services: {entity: "https://entity.sls.epilot.io"}
""",
    "four spaces": """version: 1
environments:
    a:
        org_id: "1"
    b:
        org_id: "2"
⟨    prod:
        org_id: "739224"
        token: {env: EPILOT_TOKEN_PROD}
⟩manifests:
- config
""",
    "a block text at the end": """---
version: 1
environments:
  a:
    org_id: "1"
    vars:
      text: |
        eins
        # zwei
⟨  prod:
    org_id: "739224"
    token: {env: EPILOT_TOKEN_PROD}
⟩
manifests: [config]
""",
    "no line end at the end": """version: 1
environments:
  a: {org_id: "1"}⟨
  prod:
    org_id: "739224"
    token: {env: EPILOT_TOKEN_PROD}
⟩""",
    "lines of Windows": "version: 1\r\nenvironments:\r\n  a: {org_id: \"1\"}\r\n⟨  prod:\r\n    org_id: \"739224\"\r\n"
    "    token: {env: EPILOT_TOKEN_PROD}\r\n⟩manifests: [config]\r\n",
}  # fmt: skip
BLOCK = '  prod:\n    org_id: "739224"\n    token: {env: EPILOT_TOKEN_PROD}\n'
ADDED["something follows"] = ADDED["something follows"].replace("⟨⟩", "").replace("50%\n", f"50%\n⟨{BLOCK}⟩")


@pytest.mark.parametrize("text", ADDED.values(), ids=ADDED)
def test_an_environment_is_added_and_no_line_changed(bare, text: str) -> None:
    new = text[text.index("⟨") + 1 : text.index("⟩")]
    path = bare.write("syncer.yaml", text.replace(f"⟨{new}⟩", "", 1))
    before = read_project(path).document.value
    said = bare.run("init", "--env", "prod", "--org", "739224")
    assert (said.code, said.out) == (0, "added environment `prod` to syncer.yaml\n")
    assert path.read_bytes().decode() == text.replace("⟨", "").replace("⟩", "")
    added = {"prod": {"org_id": "739224", "token": {"env": "EPILOT_TOKEN_PROD"}}}
    assert read_project(path).document.value == {**before, "environments": {**before["environments"], **added}}
    assert "set EPILOT_TOKEN_PROD to a token" in said.err


def test_a_real_file_with_many_comments(bare) -> None:
    path = bare.write("syncer.yaml", STADTWERK.read_bytes())
    assert bare.run("init", "--env", "staging", "--org", "12").code == 0
    assert bare.run("init", "--env", "no", "--org", "13").code == 0
    text = STADTWERK.read_text("utf-8")
    rest = path.read_text("utf-8").removeprefix(text)
    assert rest == (
        '  staging:\n    org_id: "12"\n    token: {env: EPILOT_TOKEN_STAGING}\n'
        '  "no":\n    org_id: "13"\n    token: {env: EPILOT_TOKEN_NO}\n'
    )


def test_an_environment_that_is_there_is_left_alone(repo) -> None:
    before = repo.digest()
    said = repo.run("init", "--env", "test", "--org", "1")
    assert (said.code, said.out, repo.digest()) == (0, "", before)
    assert said.err == "kept syncer.yaml: environment `test` is in it already\n"


def test_a_folder_that_cannot_be_written(bare) -> None:
    if os.geteuid() == 0:
        pytest.skip("nothing is forbidden to root")
    bare.folder.chmod(0o500)
    try:
        said = bare.run("init")
    finally:
        bare.folder.chmod(0o700)
    assert (said.code, said.out) == (3, "")
    assert "[unwritable]" in said.err
