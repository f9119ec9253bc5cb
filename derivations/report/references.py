"""The sources of the report, as they are printed and as BibTeX."""

from __future__ import annotations

from derivations.documents.view import ReferenceView


def _make_reference(
    key: str, authors: str, title: str, year: int, where: str, kind: str = "misc", **fields: str
) -> ReferenceView:
    entry = {"author": authors, "title": f"{{{title}}}", "year": str(year), **fields}
    lines = ",\n".join(f"  {name} = {{{value}}}" for name, value in entry.items())
    return ReferenceView(key, f"{authors.replace(' and ', ', ')}, {title}, {year}, {where}.", f"@{kind}{{{key},\n{lines}\n}}")


def _on_arxiv(key: str, authors: str, title: str, year: int, number: str) -> ReferenceView:
    return _make_reference(key, authors, title, year, f"arXiv:{number}", eprint=number, archiveprefix="arXiv")


REFERENCES = (
    _on_arxiv(
        "minimal-model",
        "L. H. Yao and Y. Li and S. Liu",
        "A minimal model of representation collapse: frustration, stop-gradient, and dynamics",
        2026,
        "2604.09979",
    ),
    _on_arxiv("simsiam", "X. Chen and K. He", "Exploring simple Siamese representation learning", 2020, "2011.10566"),
    _on_arxiv(
        "directpred",
        "Y. Tian and X. Chen and S. Ganguli",
        "Understanding self-supervised learning dynamics without contrastive pairs",
        2021,
        "2102.06810",
    ),
    _make_reference(
        "bauer-fike",
        "F. L. Bauer and C. T. Fike",
        "Norms and exclusion theorems",
        1960,
        "Numer. Math. 2, 137",
        "article",
        journal="Numerische Mathematik",
        volume="2",
        pages="137--141",
    ),
    _make_reference(
        "mckay",
        "B. D. McKay",
        "The expected eigenvalue distribution of a large regular graph",
        1981,
        "Linear Algebra Appl. 40, 203",
        "article",
        journal="Linear Algebra and its Applications",
        volume="40",
        pages="203--216",
    ),
)
