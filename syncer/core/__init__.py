"""Values and decisions: knows no file, no network, no clock and no environment variable."""
