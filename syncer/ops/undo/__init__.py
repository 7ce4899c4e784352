"""Taking an earlier run back: the plan of it, from what was kept and from the organisation as it is now."""
