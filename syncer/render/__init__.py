"""Values to text: for people, for machines, for CI."""
