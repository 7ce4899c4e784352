"""The whole of `validate`: every problem of every manifest, in all its environments, in one run."""

from __future__ import annotations

from collections.abc import Collection

from syncer.kinds import KINDS
from syncer.manifests.cross_checks import together
from syncer.manifests.project import no_environment
from syncer.manifests.resolution import Manifests, asked_for, judge, lives_in, resolve
from syncer.model.diagnostic import Problem, ordered


def validate(manifests: Manifests, *, strict: bool = False, only: Collection[str] | None = None) -> list[Problem]:
    """Every problem of the manifests in all their environments, in the order of files and lines, each once.

    `strict`: each of them is an error. `only`: names of files to report on (as pre-commit hands them over); references
    reach the whole repository.
    """
    project = manifests.project
    problems = list(manifests.problems)
    environments = list(project.environments.values())
    if not environments and (manifests.all or manifests.removed):  # what a variable stands for, an environment says
        return ordered([*problems, no_environment(project)])
    for position, environment in enumerate(environments):
        # what no variable touches says the same in every environment: once is enough
        desired, found = resolve(manifests, environment, None, strict=strict, unvarying=position == 0, only=only)
        problems += found
        problems += together(desired, only)
        problems += asked_for(manifests, environment, desired, strict=strict)[1]
    names = [environment.name for environment in environments]
    for raw in manifests.all:  # what lives nowhere is judged as well: its environments may be misspelt
        if not any(lives_in(raw, name) for name in names) and (only is None or raw.file in only):
            problems += judge(raw, KINDS[raw.kind], project, environments[0], strict)
    nowhere = [raw for raw in manifests.removed if not any(lives_in(raw, name) for name in names)]
    if nowhere:
        from syncer.manifests.removed_documents import read_removed  # late: few repositories ask for removals

        problems += read_removed(nowhere, project, environments[0], (), strict=strict)[1]
    mine = [problem for problem in problems if only is None or problem.at is None or problem.at.file in only]
    return ordered(problem._replace(severity="error") if strict else problem for problem in mine)
