"""Tables of a terminal.

>>> print(table_text([("alpha", 0.5), ("β", 12)], "lr", ("name", "value")))
name      value
alpha       0.5
β            12
"""

from __future__ import annotations

from collections.abc import Iterable


def table_text(rows: Iterable[Iterable[object]], sides: str, head: Iterable[str] = ()) -> str:
    """A table of a terminal: ``sides`` has a letter for each column, l or r, to which its cells keep."""
    from tabulate import tabulate

    kept = [{"l": "left", "r": "right"}[side] for side in sides]
    cells = [list(map(str, row)) for row in rows]
    lines = tabulate(cells, headers=list(head), tablefmt="plain", disable_numparse=True, colalign=kept).splitlines()
    return "\n".join(line.rstrip() for line in lines)
