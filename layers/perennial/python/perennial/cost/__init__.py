"""What things cost: a dated price table, and bills made of it."""
