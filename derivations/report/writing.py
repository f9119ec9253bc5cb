"""All files of a report, written at once or not at all."""

from __future__ import annotations

from pathlib import Path

from derivations.documents.publish import publish_files, write_paper
from derivations.report.contents import Report
from derivations.report.pictures import draw_pictures
from derivations.report.sections import view_report
from theory.progress import Tell


def write_report(report: Report, out: Path, progress: Tell) -> list[Path]:
    """Write report.html, report.tex, report.bib, the figures and, with a TeX engine, report.pdf into ``out``."""

    def build(scratch: Path) -> None:
        drawn = report.pictures or draw_pictures(report, progress)
        for one in drawn.values():
            for suffix, content in one.files.items():
                (scratch / f"{one.view.name}{suffix}").write_bytes(content)
        paper = view_report(report, {topic: one.view for topic, one in drawn.items()})
        (scratch / "report.bib").write_text("\n\n".join(one.bibtex for one in paper.references) + "\n", encoding="utf-8")
        write_paper(paper, scratch / "report.tex", progress)

    return publish_files(out, build)
