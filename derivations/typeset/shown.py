"""What every result can do: print, show itself in a notebook, and turn into LaTeX, HTML or JSON."""

from __future__ import annotations

import json
from html import escape
from typing import ClassVar

from derivations.documents.html import result_page
from derivations.typeset.display import display
from derivations.typeset.plain_values import plain_fields
from derivations.typeset.rows import Row
from theory.abridging import Brief, Say, text_lines


class Shown(Brief):
    """A result: rows, of which every display is made, and plain values, of which the JSON is.

    ``exported`` names the attributes that are among the plain values, with another name where it differs.
    """

    exported: ClassVar[tuple[str | tuple[str, str], ...]] = ()

    def rows(self) -> list[Row]:
        raise NotImplementedError

    def lines(self, say: Say) -> list[str]:
        """Plain text, its expressions as ``say`` writes them."""
        return [row.text_with(say) for row in self.rows()]

    def to_dict(self) -> dict:
        """Plain values; expressions as text."""
        return plain_fields(self, self.exported)

    def to_json(self) -> str:
        """The result as one JSON object; expressions as text, whole, integers of more than 640 digits hexadecimal."""
        return json.dumps(self.to_dict(), allow_nan=False)

    def to_latex(self) -> str:
        """An ``aligned`` display without delimiters."""
        return display(self.rows())

    def _repr_latex_(self) -> str:
        return rf"$\displaystyle {self.to_latex()}$"

    def to_html(self) -> str:
        """A self-contained HTML page that needs no network."""
        return result_page(type(self).__name__, self.to_latex())

    def _repr_html_(self) -> str:
        return f"<div>{escape(self._repr_latex_(), quote=False)}</div>"

    def __str__(self):
        return text_lines(self.lines)
