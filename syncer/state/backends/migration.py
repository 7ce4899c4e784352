"""Moving a state from one place to another: copied, read back, compared; then the old place says where it went."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack

from syncer.model.diagnostic import Problem, Refused
from syncer.state.backends.backend import Backend
from syncer.state.backends.former_state import moved_to, tombstone
from syncer.state.lock import Holder
from syncer.state.state_file import encode


def move(
    source: Backend, target: Backend, to: str, me: Holder, *, wait: float = 0.0, tell: Callable[[str], None]
) -> int:
    """Move the state; the number of entries. `to`: the target as one writes it, for the old place. A target of another
    environment takes it over, as the same organisation's.

    Refused where there is nothing to move, where both are one place, where another state stands at the target, where
    what was written cannot be read back, and where an apply of the former environment was cut off. Cut off at any
    instant, it is done by running it again.
    """
    if source.address == target.address:
        raise Refused(
            Problem("same-place", f"the state already lives at `{source.address}`", hint="nothing is to be done")
        )
    with ExitStack() as held:
        for place in sorted((source, target), key=lambda each: each.address):  # two movers must not wait for each other
            held.enter_context(place.lock(me, wait=wait, tell=tell))
        state = source.load()
        if not state.found:
            hint = "where there is no state, just name the new place: --state or `state` in syncer.yaml"
            raise Refused(Problem("nothing-to-move", f"there is no state at `{source.address}`", hint=hint))
        text, heir = source.text(), ""
        if source.environment != target.environment:
            heir = target.environment
            if source.pending:
                raise _cut_off(source.environment)
            text = encode(heir, state).encode("ascii")
        there = target.text()
        if there and there != text and not moved_to(there):
            hint = "look at both with `syncer state list`; the one that is not needed must be taken away by hand"
            raise Refused(Problem("state-there", f"another state stands at `{target.address}`", hint=hint))
        if there != text:
            target.put(text)
        if target.text() != text or target.load() != state:
            hint = "nothing was changed at the old place; is the new one shared with another program?"
            raise Refused(Problem("not-copied", f"what was written to `{target.address}` reads differently", hint=hint))
        source.put(tombstone(source.environment, to, state.org_id, heir))
    return len(state.entries)


def _cut_off(environment: str) -> Refused:
    """The refusal to take over what is not settled: the journal goes by the environment's name."""
    message = f"an apply of `{environment}` was cut off, and its journal knows more than the state"
    hint = f"name the environment `{environment}` in syncer.yaml again, apply, and then rename it"
    return Refused(Problem("not-settled", message, hint=hint))
