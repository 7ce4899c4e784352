"""Taking an earlier run back: the plan of it, from what was kept and from the organisation as it is now."""

from syncer.undo.back import plan_back

__all__ = ["plan_back"]
