"""The `perennial` command: the same verbs against the emulator and against AWS."""
