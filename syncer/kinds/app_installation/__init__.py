"""App installations: an app at a version, with its options."""
