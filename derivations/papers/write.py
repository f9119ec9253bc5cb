"""All files of a study, written at once or not at all."""

from __future__ import annotations

import json
from pathlib import Path

from markupsafe import Markup

from derivations.documents import html, latex
from derivations.documents.publish import publish_files
from derivations.documents.view import PaperView
from derivations.figures.style import read_svg
from derivations.papers.pictures import draw_pictures
from derivations.papers.sections import view_paper
from derivations.papers.test_file import write_test
from derivations.studies.study import Study
from theory.progress import Tell, tell_nobody


def write_study(study: Study, out: Path, tell: Tell = tell_nobody, model: Path | None = None) -> list[Path]:
    """Write study.html, study.tex, study.json, the figures as SVG and PDF, test_study.py beside the model file, and with a TeX
    engine study.pdf into ``out``."""

    def build(scratch: Path) -> None:
        tell("checks", 0.0)
        (scratch / "study.json").write_text(json.dumps(study.to_dict(), allow_nan=False, indent=1), encoding="utf-8")
        tell("checks", 1.0)
        drawn = draw_pictures(study, scratch, tell)
        _write_paper(view_paper(study, drawn), scratch, drawn)
        write_test(study, scratch, model)
        tell("paper", 0.0)
        latex.compile_pdf(scratch / "study.tex")
        tell("paper", 1.0)

    return publish_files(out, build)


def _write_paper(paper: PaperView, scratch: Path, drawn: dict[str, str]) -> None:
    inline = {name: Markup(read_svg(scratch / f"{name}.svg")) for name in drawn}
    page = html.page_environment().get_template("study.html.j2")
    (scratch / "study.html").write_text(page.render(title=paper.title, paper=paper, figures=inline), encoding="utf-8")
    source = latex.latex_environment().get_template("study.tex.j2")
    (scratch / "study.tex").write_text(source.render(title=paper.title, paper=paper), encoding="utf-8")
