"""All files of a report, written at once or not at all."""

from __future__ import annotations

from pathlib import Path

from markupsafe import Markup

from derivations.documents import html, latex
from derivations.documents.mathml import set_mathematics
from derivations.documents.publish import publish_files
from derivations.figures.style import read_svg
from derivations.report.contents import Report
from derivations.report.pictures import draw_pictures
from derivations.report.sections import view_report
from theory.progress import Tell


def write_report(report: Report, out: Path, progress: Tell) -> list[Path]:
    """Write report.html, report.tex, report.bib, the figures and, with a TeX engine, report.pdf into ``out``."""

    def build(scratch: Path) -> None:
        drawn = report.pictures or draw_pictures(report, progress)
        for one in drawn.values():
            (scratch / f"{one.view.name}.svg").write_text(one.svg, encoding="utf-8")
            (scratch / f"{one.view.name}.pdf").write_bytes(one.pdf)
        paper = view_report(report, {topic: one.view for topic, one in drawn.items()})
        inline = {one.view.name: Markup(read_svg(scratch / f"{one.view.name}.svg", one.view.alt)) for one in drawn.values()}
        context = {"title": paper.title, "paper": paper, "marks": paper.marks}
        progress("typeset report.html", 0.0)
        page = html.page_environment().get_template("report.html.j2").render(**context, figures=inline)
        (scratch / "report.html").write_text(set_mathematics(page), encoding="utf-8")
        source = latex.latex_environment().get_template("report.tex.j2").render(**context)
        (scratch / "report.tex").write_text(source, encoding="utf-8")
        (scratch / "report.bib").write_text("\n\n".join(one.bibtex for one in paper.references) + "\n", encoding="utf-8")
        progress("compile report.pdf", 0.0)
        latex.compile_pdf(scratch / "report.tex")
        progress("compile report.pdf", 1.0)

    return publish_files(out, build)
