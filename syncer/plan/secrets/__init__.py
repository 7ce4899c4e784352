"""What becomes of secrets in a plan."""
