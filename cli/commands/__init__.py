"""One module per command: it reads its options, calls one part of `cli`, and prints."""
