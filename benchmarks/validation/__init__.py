"""The same checks on the same synthetic table, by us and by others; one module per tool."""
