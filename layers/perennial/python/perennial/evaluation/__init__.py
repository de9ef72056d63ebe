"""How good a candidate is: metrics on rows it never saw, comparisons, gates and the report."""
