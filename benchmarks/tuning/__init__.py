"""Both sides of the benchmark of searches."""
