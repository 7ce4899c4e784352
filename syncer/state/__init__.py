"""What is remembered: the state file, the journal, earlier runs, the lock, saved plans."""
