"""Expressions as people see them: rows, lines that fit a page, names for what is long or a root."""
