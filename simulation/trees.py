"""A small repository of every kind, and the ways in which it changes: sound and unsound, by people and by accident."""

from __future__ import annotations

import copy
import json
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from simulation.manifests import Make, document

Json = Any

SETTINGS: Json = {
    "version": 1,
    "manifests": ["config"],
    "environments": {
        "test": {"org_id": "739224", "token": {"env": "EPILOT_TOKEN_A"}, "vars": {"status": "ACTIVE", "who": "lost"}},
        "live": {"org_id": "911690", "token": {"env": "EPILOT_TOKEN_B"}, "vars": {"status": "ACTIVE", "who": "lost"}},
        "third": {"org_id": "911691", "token": {"env": "EPILOT_TOKEN_C"}, "vars": {"status": "ACTIVE", "who": "lost"}},
    },
}
REMOVED = {"address": "ClosingReason/x", "action": "forget"}
ODD_VALUES: list[Json] = [7, True, None, "", "contact", [], {}, "a\nb"]
ODD_VALUES += ["${var.status}", "${var.nothing}", "$${x}", "${env.SYNCER_KEY}"]
ODD_LINES = {
    "tab": b"\t- x\n",
    "bracket": b"x: [1,\n",
    "byte": b"# \xff\n",
    "digits": b"code: 01067\n",
    "document": b"---\n",
}


class Tree:
    """A repository that changes."""

    def __init__(self, root: Path, rng: random.Random) -> None:
        self.root, self.rng = root, rng
        self.config = root / "config"
        self.config.mkdir(parents=True)
        (root / "texts").mkdir()
        (root / "texts" / "why.md").write_text("Warum\n", "utf-8")
        self.settings = copy.deepcopy(SETTINGS)
        self.old: list[Path] = []
        self.write_settings()
        for name, documents in self.first().items():
            self.write(self.config / name, documents)

    def first(self) -> dict[str, list[Json]]:
        """Files of the repository as it begins: some of each kind, those that know each other, and odd ones."""
        statement = {
            "source": {
                "origin": "trigger", "origin_type": "entity", "schema": "site",
                "attribute": "size", "attribute_type": "string", "attribute_repeatable": False,
            },
            "operator": "any_of",
            "values": ["x"],
        }  # fmt: skip
        decision = {
            "id": "ask", "name": "Ask", "task_type": "DECISION", "trigger_mode": "automatic",
            "conditions": [
                {"id": "yes", "branch_name": "Yes", "logical_operator": "AND", "statements": [statement]},
                {"id": "no", "branch_name": "No", "logical_operator": "AND", "statements": []},
            ],
        }  # fmt: skip
        tasks = [{"id": name, "name": name.title(), "task_type": "MANUAL"} for name in ("call", "write")]
        asking = Make.flow(
            "asking",
            tasks=[decision, *tasks],
            edges=[
                {"from_id": "trigger", "to_id": "ask"},
                {"from_id": "ask", "to_id": "call", "condition_id": "yes"},
                {"from_id": "ask", "to_id": "write", "condition_id": "no", "none_met": True},
            ],
            trigger={"type": "manual", "entity_schema": "site"},
        )
        meter = Make.schema("meter", Make.text("number"), Make.relation("sites", "site"))
        site = Make.schema("site", Make.text("size"), {**Make.relation("meters", "meter"), "reverse_attributes": {}})
        site["spec"]["attributes"][1]["reverse_attributes"] = {"meter": "sites"}
        return {
            "reasons.yaml": [Make.reason(f"reason-{number}") for number in range(5)],
            "lost.yaml": [Make.reason("lost", {"environments": ["live"]})],
            "varied.yaml": [Make.reason("varied", status="${var.status}", title="Varied ${var.who}")],
            "json.json": [Make.reason("of-json")],
            "plain.yaml": [
                Make.flow("plain", {"environments": ["live"]}, closing_reasons=[{"ref": "reason-1"}, {"ref": "lost"}])
            ],
            "told.yaml": [Make.flow("told", description={"file": "texts/why.md"})],
            "asking.yaml": [asking],
            "meter.yaml": [meter],
            "site.yaml": [site],
            "first.yaml": [Make.bundle("first")],
            "keep.yml": [Make.retention("old-sites", entity_schema={"ref": "site"})],
            "removed.yaml": [document("Removed", "gone", {"objects": [REMOVED]})],
        }  # fmt: skip

    def command(self) -> list[str]:
        """A way to ask."""
        files = [path.relative_to(self.root).as_posix() for path in self.files()]
        asked = ["validate", *self.rng.choice((["--strict"], [], []))]
        form = self.rng.choice(("text", "text", "json", "github", "sarif"))
        number = self.rng.choice((0, 0, 1, 1, 1, 2, 4))
        named = self.rng.sample(files, min(number, len(files)))
        if self.rng.random() < 0.05:
            named.append("syncer.yaml")
        return [*asked, "--format", form, *named]

    # --- changes

    def change(self) -> None:
        """One of them."""
        changes: list[Callable[[], None]] = [
            self.spoil_value, self.spoil_value, self.copy_value, self.copy_value, self.rename_word, self.spoil_text,
            self.spoil_text, self.move_file, self.copy_file, self.delete_file, self.add_file, self.touch_file,
            self.change_settings, self.change_text, self.change_metadata, self.close_circle, self.take_back,
            self.take_back, self.begin_again,
        ]  # fmt: skip
        before = self.root.with_name(f"before-{len(self.old)}")
        shutil.copytree(self.root, before, symlinks=True)
        self.old.append(before)
        self.rng.choice(changes)()

    def files(self) -> list[Path]:
        return sorted(path for path in self.config.rglob("*") if path.suffix in {".yaml", ".yml", ".json"})

    def documents(self) -> tuple[Path, list[Json]] | None:
        """A file that can be read, and what it holds."""
        files = self.files()
        self.rng.shuffle(files)
        for path in files:
            try:
                found = [each for each in yaml.safe_load_all(path.read_bytes()) if isinstance(each, dict)]
            except (yaml.YAMLError, ValueError, OSError):
                continue
            if found:
                return path, found
        return None

    def write(self, path: Path, documents: list[Json]) -> None:
        """The file, as JSON where it is called so."""
        text = (
            json.dumps(documents[0], indent=1)
            if path.suffix == ".json"
            else yaml.safe_dump_all(documents, sort_keys=False, allow_unicode=True)
        )
        path.write_text(text, "utf-8")

    def write_settings(self) -> None:
        (self.root / "syncer.yaml").write_text(yaml.safe_dump(self.settings, sort_keys=False), "utf-8")

    def places(self, value: Json) -> list[tuple[Json, Json]]:
        """Every container in a value with a key or index of it."""
        items = list(value.items()) if isinstance(value, dict) else list(enumerate(value))
        found: list[tuple[Json, Json]] = []
        for key, item in items:
            found.append((value, key))
            if isinstance(item, (dict, list)):
                found += self.places(item)
        return found

    def spoil_value(self) -> None:
        """A field of another value, of another name, or gone."""
        if (found := self.documents()) is None:
            return
        path, documents = found
        container, key = self.rng.choice(self.places(self.rng.choice(documents)))
        how = self.rng.choice(("gone", "value", "name"))
        if how == "gone":
            del container[key]
        elif how == "value" or not isinstance(container, dict):
            container[key] = self.rng.choice(ODD_VALUES)
        else:
            container[f"{key}x"] = container.pop(key)
        self.write(path, documents)

    def copy_value(self) -> None:
        """What another manifest says, here too: a name, a title, a slug, an attribute."""
        one, other = self.documents(), self.documents()
        if one is None or other is None:
            return
        path, documents = one
        places = self.places(self.rng.choice(documents))
        texts = [
            item for each in other[1] for box, key in self.places(each) if isinstance(item := box[key], str)
        ]  # fmt: skip
        container, key = self.rng.choice(places)
        if texts and isinstance(container[key], str):
            word = self.rng.choice(texts)
            container[key] = word.upper() if self.rng.random() < 0.1 else word
        self.write(path, documents)

    def rename_word(self) -> None:
        """A word of one file, everywhere in it: a manifest renamed while others still refer to it."""
        if (found := self.documents()) is None:
            return
        path, documents = found
        metadata = documents[0].get("metadata")  # which an earlier change may have made anything
        name = str((metadata.get("name") if isinstance(metadata, dict) else None) or "x")
        path.write_text(path.read_text("utf-8").replace(name, f"{name}-new"), "utf-8")

    def spoil_text(self) -> None:
        """Lines gone, doubled, cut, and bytes that do not belong there."""
        files = self.files()
        if not files:
            return
        path = self.rng.choice(files)
        content = path.read_bytes()
        lines = content.splitlines(keepends=True) or [b"\n"]
        place = self.rng.randrange(len(lines))
        how = self.rng.choice(("gone", "twice", "tab", "cut", "bracket", "byte", "mark", "empty", "digits", "document"))
        if how == "gone":
            del lines[place]
        elif how == "twice":
            lines.insert(place, lines[place])
        elif how in ODD_LINES:
            lines.insert(place, ODD_LINES[how])
        content = b"".join(lines)
        if how == "cut":
            content = content[: self.rng.randrange(len(content) + 1)]
        elif how == "mark":
            content = b"\xef\xbb\xbf" + content
        elif how == "empty":
            content = self.rng.choice((b"", b"# nothing\n", b"---\n"))
        path.write_bytes(content)

    def move_file(self) -> None:
        """Another name, another folder, another suffix."""
        if not (files := self.files()):
            return
        path = self.rng.choice(files)
        name = self.rng.choice((f"moved-{path.name}", f"below/{path.name}", f"{path.stem}.yml", ".hidden.yaml"))
        (self.config / name).parent.mkdir(exist_ok=True)
        path.rename(self.config / name)

    def copy_file(self) -> None:
        """The same content twice, or a link to it."""
        if not (files := self.files()):
            return
        path = self.rng.choice(files)
        target = self.config / f"copy-{self.rng.randrange(3)}{path.suffix}"
        if target.exists() or target.is_symlink():
            return
        if self.rng.random() < 0.3:
            target.symlink_to(path)
        else:
            shutil.copyfile(path, target)

    def delete_file(self) -> None:
        if files := self.files():
            self.rng.choice(files).unlink()

    def add_file(self) -> None:
        name = f"added-{self.rng.randrange(5)}"
        made = self.rng.choice((
            Make.reason(name),
            Make.flow(name, closing_reasons=[{"ref": self.rng.choice(("reason-0", "lost", "nobody"))}]),
            Make.schema(self.rng.choice(("contact", "site", "added")), Make.text("size")),
            Make.flow(name, automations=Make.bundle(name)["spec"]["automations"]),
        ))  # fmt: skip
        self.write(self.config / f"{name}.yaml", [made])

    def touch_file(self) -> None:
        """Another text that says the same: a line more, so that everything stands elsewhere."""
        if files := self.files():
            path = self.rng.choice(files)
            path.write_bytes(b"# seen\n" + path.read_bytes())

    def change_settings(self) -> None:
        environments = self.settings["environments"]
        name = self.rng.choice(("test", "live", "third", "fourth"))
        how = self.rng.choice(("status", "gone", "more", "folders", "broken", "vars", "back", "file"))
        if how == "status" and name in environments:
            environments[name]["vars"] = {
                "status": self.rng.choice(("ACTIVE", "INACTIVE", "odd", 1, True)),
                "who": name,
            }
        elif how == "vars" and name in environments:
            environments[name]["vars"] = {}
        elif how == "file" and name in environments:
            environments[name]["vars"] = {"status": {"file": "texts/why.md"}, "who": "lost"}
        elif how == "gone":
            environments.pop(name, None)
        elif how == "more":
            environments.setdefault(name, {"org_id": "911699", "vars": {"status": "ACTIVE", "who": "lost"}})
        elif how == "folders":
            self.settings["manifests"] = self.rng.choice((["config"], ["config", "more"], ["."], ["config/below"]))
        elif how == "broken":
            self.settings["odd"] = 1
        else:
            self.settings = copy.deepcopy(SETTINGS)
        self.write_settings()

    def change_text(self) -> None:
        path = self.root / "texts" / "why.md"
        how = self.rng.choice(("other", "gone", "long", "byte", "back"))
        if how == "gone":
            path.unlink(missing_ok=True)
        else:
            texts = {"other": b"Anders\n", "long": b"x" * 70_000, "byte": b"\xff", "back": b"Warum\n"}
            path.write_bytes(texts[how])

    def change_metadata(self) -> None:
        if (found := self.documents()) is None:
            return
        path, documents = found
        metadata = self.rng.choice(documents).setdefault("metadata", {})
        if isinstance(metadata, dict):
            name, value = self.rng.choice((
                ("environments", ["live"]), ("environments", ["tset"]), ("environments", ["test", "third"]),
                ("environments", []), ("aliases", ["reason-1"]), ("aliases", ["old"]), ("aliases", ["con"]),
                ("titles", ["Lost"]), ("protect", True), ("name", "Lost"), ("name", "${var.who}"),
            ))  # fmt: skip
            metadata[name] = value
        self.write(path, documents)

    def close_circle(self) -> None:
        """Flows that start each other, over as many as there are."""
        names = ["one", "two", "three"][: self.rng.randint(1, 3)]
        for name, following in zip(names, [*names[1:], names[0]], strict=True):
            made = Make.bundle(name)
            made["spec"]["automations"]["start"]["actions"][0]["config"]["target_workflow"] = {"ref": following}
            self.write(self.config / f"circle-{name}.yaml", [made])

    def take_back(self) -> None:
        """As it was before one of the earlier changes."""
        before = self.rng.choice(self.old)
        shutil.rmtree(self.root)
        shutil.copytree(before, self.root, symlinks=True)

    def begin_again(self) -> None:
        """As it was at first: sound, or nearly so."""
        before = self.old[0]
        shutil.rmtree(self.root)
        shutil.copytree(before, self.root, symlinks=True)
        self.settings = copy.deepcopy(SETTINGS)
