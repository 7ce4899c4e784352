"""The whole of `validate`: every problem of every manifest, in all its environments, in one run."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterator, Sequence

from syncer.kinds import KINDS, REMOVED
from syncer.manifests.cross_checks import together
from syncer.manifests.project import Environment, no_environment
from syncer.manifests.resolution import Manifests, asked_for, judge, lives_in, resolve
from syncer.manifests.variables import named_in
from syncer.model.address import NOBODY_ASKED, KnownObjects
from syncer.model.diagnostic import Problem, ordered


def validate(
    manifests: Manifests,
    *,
    strict: bool = False,
    only: Collection[str] | None = None,
    known: KnownObjects = NOBODY_ASKED,
    create: bool = False,
) -> list[Problem]:
    """Every problem of the manifests in all their environments, in the order of files and lines, each once.

    `strict`: each of them is an error. `only`: names of files to report on (as pre-commit hands them over); references
    reach the whole repository. `create`: what a create needs, all manifests must have; else those that `known` doesn't
    name.
    """
    project = manifests.project
    problems = list(manifests.problems)
    environments = list(project.environments.values())
    if not environments and (manifests.all or manifests.removed):  # what a variable stands for, an environment says
        return ordered([*problems, no_environment(project)])
    problems += _in_environments(manifests, environments, strict, only, known, create)
    if manifests.whole is not None and any(each.rule == "reference-circle" for each in problems):
        return validate(
            manifests.whole(), strict=strict, only=only, known=known, create=create
        )  # which circle is told, all of them decide
    names = [environment.name for environment in environments]
    for raw in manifests.all:  # what lives nowhere is judged as well: its environments may be misspelt
        if not any(lives_in(raw, name) for name in names) and (only is None or raw.file in only):
            problems += judge(raw, KINDS[raw.kind], project, environments[0], strict)
    nowhere = [raw for raw in manifests.removed if not any(lives_in(raw, name) for name in names)]
    if nowhere:
        from syncer.manifests.removed_documents import read_removed  # late: few repositories ask for removals

        problems += read_removed(nowhere, project, environments[0], (), strict=strict)[1]
    problems += _accepting_nothing(manifests, only, problems)
    mine = [problem for problem in problems if only is None or problem.at is None or problem.at.file in only]
    return ordered(
        problem._replace(severity="error") if strict and problem.severity == "warning" else problem for problem in mine
    )


def _accepting_nothing(manifests: Manifests, only: Collection[str] | None, problems: list[Problem]) -> list[Problem]:
    """Of the entries of `metadata.accept` those that fit none of the problems."""
    accepting = [raw for raw in manifests.all if raw.metadata.get("accept") and raw.file not in manifests.outlined]
    if not accepting:
        return []
    from syncer.manifests.acceptance import unused  # late: few manifests accept anything

    return list(unused([raw for raw in accepting if only is None or raw.file in only], problems))


def _in_environments(
    manifests: Manifests,
    environments: Sequence[Environment],
    strict: bool,
    only: Collection[str] | None,
    known: KnownObjects,
    create: bool,
) -> Iterator[Problem]:
    """What is found in each environment. Of those that differ in nothing that a manifest sees, one in which nothing is
    found speaks for the others: what differs between them then is how they are called in what would be said."""
    seen = _seen_by_manifests(manifests) if len(environments) > 1 else lambda environment: environment.name
    quiet: set[Hashable] = set()
    for position, environment in enumerate(environments):
        group = seen(environment), known.get(environment.name)
        if group in quiet:
            continue
        # what no variable touches says the same in every environment: once is enough
        desired, found = resolve(manifests, environment, None, strict=strict, unvarying=position == 0, only=only)
        found += together(desired, only)
        if create or environment.name in known:
            from syncer.manifests.create_schema import missing_offline  # late: what compares is loaded with it

            found += missing_offline(desired, environment.name, known, create=create)
        found += asked_for(manifests, environment, desired, strict=strict)[1]
        yield from found
        if not found:
            quiet.add(group)


def _seen_by_manifests(manifests: Manifests) -> Callable[[Environment], Hashable]:
    """A function to what manifests see of an environment: which of them live there, and the values of the variables
    that they name."""
    every = [*manifests.all, *manifests.removed]
    lists = {tuple(map(str, names)) for raw in every if isinstance(names := raw.metadata.get("environments"), list)}
    words = sorted({
        word for raw in every if raw.may_hold_variables or raw.kind == REMOVED for word in named_in(raw.spec)
    })  # fmt: skip

    def seen(environment: Environment) -> Hashable:
        values = {"var": environment.vars, "id": environment.ids}
        pairs = [word.partition(".")[::2] for word in words]
        used = [repr(values[family][name]) if name in values[family] else None for family, name in pairs]
        return tuple(environment.name in names for names in sorted(lists)), tuple(used)

    return seen
