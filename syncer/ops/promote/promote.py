"""Promoting, in its order: configuration of one organisation into the manifests, which are then the wish for another
one too. `promote` decides, shows, writes and plans; a command brings options and is shown what comes of it.

Everything is decided before a file is written: what the manifests will say, which id of the source is which of the
target, and what the target lacks. The organisations are only read; the target is changed by its own apply.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from syncer.fs import change_set
from syncer.fs.disk import replace_file
from syncer.manifests.discovery import read_bytes
from syncer.manifests.environment_entry import with_values
from syncer.manifests.project import Environment
from syncer.model.address import Address
from syncer.model.diagnostic import InvalidInput, Problem, Refused
from syncer.model.resource import Desired, Managed
from syncer.ops.apply.state_store import StateStore, linking, provisional_links
from syncer.ops.cached_reader import CachedReader
from syncer.ops.plan import PlanResult
from syncer.ops.promote.promotion import PromoteRequest, Promotion, PromotionScope, PromotionSide
from syncer.ops.promote.source import edit_manifests, fitting_patterns, prove_source, read_source
from syncer.ops.promote.target import check_target
from syncer.ops.pull.options import PullOptions
from syncer.ops.pull.pull import write_pull as write_pulled
from syncer.ops.selection import EVERYTHING, Selection
from syncer.ops.workspace import Workspace
from syncer.plan.safety import Consent, refusals

ROUNDS = 4
"""So often at most a promotion is decided anew. One round is usual, two where something becomes a variable."""


@dataclass(frozen=True, slots=True)
class PromoteOptions:
    """From where to where, and which addresses: everything where there is no pattern. `dry_run`: nothing is written."""

    source: PullOptions
    target: PullOptions
    patterns: tuple[str, ...]
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class PromotionResult:
    """What came of a promotion that was written. `wrong`: what was written anew and is not what is live in the source,
    a bug of ours; `waiting`: what is not applied to the source yet; `planned`: the target's plan, `needs`: what an
    apply of it would be refused for; `patterns`: those that choose something in it."""

    promotion: Promotion
    wrong: list[Address]
    waiting: list[Address]
    planned: PlanResult
    needs: list[Problem]
    patterns: tuple[str, ...]


class PromoteOperator(Protocol):
    """Who asks for a promotion, and is shown what comes of it."""

    def show(self, promotion: Promotion) -> None:
        """What was decided, before the target's lacks end it."""

    def wrote(self, line: str) -> None:
        """How many new files are written."""

    def written(self, promotion: Promotion) -> None:
        """All files are written; plans follow."""

    def again(self, environment: str, *, secretless: bool) -> Workspace:
        """One of the two, as syncer.yaml describes it by now. `secretless`: variables that aren't set are unknown."""


def promote(
    here: Workspace, there: Workspace, options: PromoteOptions, operator: PromoteOperator
) -> PromotionResult | None:
    """Everything in its order: lock the source's state, open both organisations, decide, show, write, remember, plan
    both. None where nothing is chosen, or it is a dry run.

    Refused where both are one organisation; InvalidInput where the target lacks something, and as of the steps;
    PlatformError and PartlyDone as of them."""
    require_two(options.source.environment, options.target.environment)
    with here.locked():
        place = here.place
        mine, theirs = place.load(), there.place.load()
        with here.api(read_only=True) as one, there.api(read_only=True) as other:
            other.confirm()  # before a word about the first, which is read first
            source = PromotionSide(options.source, CachedReader(one, forgiving=True), mine.entries)
            target = PromotionSide(options.target, CachedReader(other), theirs.entries)
            promotion = settle(PromoteRequest(source, target, Selection(only=options.patterns), here.fetch))
            operator.show(promotion)
            if promotion.missing:
                raise InvalidInput(promotion.missing)
            if options.dry_run or not promotion.chosen:
                return None
            store = StateStore(place, linking(mine, here.target.org_id))
            write_promotion(promotion, partial(_link, store, promotion), operator.wrote)
            operator.written(promotion)
            here, there = (
                operator.again(each.name, secretless=bool(promotion.secrets))
                for each in (promotion.here, promotion.there)
            )
            # what cannot be read was not promoted
            proven = here.planned(source.reader, store.state, EVERYTHING, unread={})
            new = {*promotion.new.values()}
            _link(store, promotion, proven.settled_with(new), proven.desired)
            pending = [each.address for each in proven.plan.changes if each.writes]
            wrong, waiting = ([each for each in pending if each in some] for some in (new, promotion.chosen))
            patterns = fitting_patterns(options.patterns, promotion.chosen)
            planned = there.planned(target.reader, theirs, Selection(only=patterns))
            needs = refusals(planned.plan, there.situation(planned, theirs, other), Consent())
            return PromotionResult(promotion, wrong, waiting, planned, needs, patterns)


def _link(
    store: StateStore, promotion: Promotion, links: Mapping[Address, Managed], desired: Iterable[Desired] = ()
) -> None:
    """Remember which object of the source is which manifest's; whose it is, only an apply says."""
    wanted, fresh = desired or promotion.pulled.composed.desired, {*promotion.new.values()}
    store.put(provisional_links(links, store.state.entries, wanted, fresh, promotion.edited))


def require_two(source: Environment, target: Environment) -> None:
    """Refused where both are one organisation."""
    if source.org_id == target.org_id:
        names = sorted({source.name, target.name})
        said = " and ".join(f"`{name}`" for name in names)
        message = f"{said} {'are' if len(names) > 1 else 'is'} one organisation, `{source.org_id}`"
        hint = "--from and --to name environments of two organisations"
        raise Refused(Problem("same-organisation", message, hint=hint))


def settle(request: PromoteRequest) -> Promotion:
    """The one loop: what is chosen, what it brings along and what becomes a variable hang on each other, so all of it
    is decided anew with what the round before found, until a round finds nothing new.

    It ends: variables and ids are only ever added, each once for a value of what is live, and what is chosen follows
    from them. InvalidInput as of a round, and where `ROUNDS` are not enough, which is a bug; PlatformError."""
    scope = PromotionScope()
    for _ in range(ROUNDS):
        promotion = read_source(request, scope)
        promotion = edit_manifests(promotion)
        promotion = prove_source(promotion)
        promotion = check_target(promotion)
        if promotion.found == scope:
            return promotion
        scope = promotion.found
    raise InvalidInput(Problem("not-promoted", "what is to be promoted could not be settled; please report this"))


def write_promotion(
    promotion: Promotion, remember: Callable[[Mapping[Address, Managed]], None], tell: Callable[[str], None]
) -> None:
    """Write: syncer.yaml, then new manifests, then those that change. InvalidInput where nothing could be written or a
    file was edited meanwhile, PartlyDone where some of it was: promoting again goes on."""
    project = promotion.pulled.order.project
    file, here, there = project.file, promotion.here.name, promotion.there.name
    before = after = read_bytes(file, file.name)
    if promotion.variables:
        after = with_values(after, file, here, "vars", {each.name: each.source for each in promotion.variables})
        after = with_values(after, file, there, "vars", {each.name: each.target for each in promotion.variables})
    if promotion.found.values:
        after = with_values(after, file, there, "vars", promotion.found.values)
    if promotion.found.ids:
        after = with_values(after, file, here, "ids", promotion.found.ids)
    if after != before:
        try:
            replace_file(file, after)
        except OSError as error:
            message = f"`{file.name}` cannot be written: {error.strerror or type(error).__name__}"
            raise InvalidInput(Problem("unwritable", message, hint="check its folder's permissions")) from None
    write_pulled(promotion.pulled, remember, tell)
    change_set.write(promotion.changes, project.root)
