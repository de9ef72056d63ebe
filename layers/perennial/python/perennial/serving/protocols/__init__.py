"""What callers speak: for each protocol how a request is read and its answer worded."""
