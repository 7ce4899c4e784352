"""The nouns: what everything else is told in; values that know no file, network, clock or environment."""
