"""All files of a study, written at once or not at all."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from derivations.documents.publish import publish_files, write_paper
from derivations.papers.pictures import draw_pictures
from derivations.papers.sections import view_paper
from derivations.papers.test_file import write_test
from derivations.studies.study import Study
from theory.progress import Tell, tell_nobody


def write_study(
    study: Study, out: Path, tell: Tell = tell_nobody, model: Path | None = None, formats: Sequence[str] = ()
) -> list[Path]:
    """Write study.html, study.tex, study.json, the figures as SVG and PDF and also in ``formats``, test_study.py beside the
    model file, and with a TeX engine study.pdf into ``out``."""

    def build(scratch: Path) -> None:
        tell("checks", 0.0)
        (scratch / "study.json").write_text(json.dumps(study.to_dict(), allow_nan=False, indent=1), encoding="utf-8")
        tell("checks", 1.0)
        drawn = draw_pictures(study, scratch, tell, formats)
        write_test(study, scratch, model)
        write_paper(view_paper(study, drawn), scratch / "study.tex", tell)

    return publish_files(out, build)
