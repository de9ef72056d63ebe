"""What `bench_serving` runs: a Runtime API, the peers' servers and the model they share."""
