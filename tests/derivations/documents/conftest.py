"""Reports whose data set has any name."""

from dataclasses import replace

import pytest


@pytest.fixture
def report_on(gaussian, runs, tmp_path, monkeypatch, without_drawings):
    """Writes a report of the five runs on a data set of a name, without derivations and TeX; reads a file of it."""
    from derivations import report as reports
    from derivations.documents import latex
    from tests.derivations.reading import nothing_beside

    monkeypatch.setattr(latex, "compile_pdf", lambda source: None)

    def written(name, file):
        named = replace(gaussian, name=name, class_names=(name, *gaussian.class_names[1:]))
        made = reports.Report(named, 5, 0.1, 0, (), tuple(runs.values()), nothing_beside(runs.values()))
        reports.write_report(made, tmp_path / "out", progress=lambda *_: None)
        return (tmp_path / "out" / file).read_text(encoding="utf-8")

    return written
