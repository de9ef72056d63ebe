"""Search for hyperparameters: which trials are run next, what came of them, when it is over."""
