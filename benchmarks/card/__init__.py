"""What the benchmark of model cards runs in processes of their own."""
