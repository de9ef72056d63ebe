"""What the benchmark of file scoring runs."""
