"""What the benchmark of outcomes is made of."""
