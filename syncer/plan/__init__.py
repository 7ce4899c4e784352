"""The plan as a value, and all that decides about it: pure, it asks nobody."""
