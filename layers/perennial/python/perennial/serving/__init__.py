"""Online inference: the engine, what it loads, and the HTTP side of it. Standard library only."""
