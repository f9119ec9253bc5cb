"""A report as its readers have it: the page, the document, JSON and the lines on a terminal, side by side."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from matplotlib.figure import Figure
from threadpoolctl import threadpool_limits

from derivations import derive, figures
from derivations import report as reports
from derivations.cli import main
from derivations.documents import latex
from derivations.report import making
from derivations.report.making import Beside
from tests.derivations.pages import Page

CHECKED = "embedding"
KEPT = "keeps the labels of a linear encoder apart"
LOST = "did not keep all labels of a linear encoder apart here"
HEADS = "frustrated-head", "encoder-head"
FIGURES = ("solution", "contraction", "time_scales", "prevention", "couplings", "teacher")


# -- data --------------------------------------------------------------------------------------------------------------


def write_csv(path, features, target, label="%d"):
    rows = np.column_stack([features, target])
    names = ",".join([*(f"x{k}" for k in range(features.shape[1])), "target"])
    np.savetxt(path, rows, delimiter=",", header=names, comments="", fmt=["%.17g"] * features.shape[1] + [label])
    return path


def bundled(name, path):
    """A data set of scikit-learn as a file."""
    from sklearn import datasets

    features, target = getattr(datasets, f"load_{name}")(return_X_y=True)
    return write_csv(path, features, target, label="value %d" if name == "diabetes" else "%d")


# -- reading -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Reading:
    """What one report says."""

    made: Any
    status: int
    json: dict
    words: str
    page: Page
    tex: str

    @property
    def claims(self) -> dict[str, dict]:
        return {claim["name"]: claim for claim in self.json["claims"]}

    @property
    def rows(self) -> list[tuple[str, str]]:
        """The verdict and the text of each claim on the page, in its order."""
        verdicts = self.page.with_class("verdict")
        lines = [next(j for j in self.page.lineage(k) if self.page.elements[j][0] == "li") for k in verdicts]
        return [(self.page.text_in(k), self.page.text_in(line)) for k, line in zip(verdicts, lines, strict=True)]

    @property
    def items(self) -> list[str]:
        r"""The claims of the document, in its order."""
        lists = re.findall(r"\\begin{itemize}(.*?)\\end{itemize}", self.tex, re.S)
        return [item for one in lists for item in one.split(r"\item ")[1:]]

    @property
    def table(self) -> list[list[str]]:
        """The cells of the table of claims on the page."""
        (place,) = (k for k in self.page.with_class("claims") if self.page.elements[k][0] == "table")
        within = [k for k in range(len(self.page.elements)) if place in self.page.lineage(k)]
        rows = [k for k in within if self.page.elements[k][0] == "tr"]
        cells = ([k for k in within if self.page.elements[k][0] == "td" and self.page.elements[k][2] == row] for row in rows)
        heads = [self.page.text_in(k) for k in within if self.page.elements[k][0] == "th"]
        # in front of each cell stands the head of its column, for small screens
        shown = ([self.page.text_in(k).removeprefix(head) for head, k in zip(heads, row, strict=True)] for row in cells if row)
        return list(shown)

    @property
    def everything(self) -> str:
        """All text that is read, whatever the form."""
        return "\n".join([self.page.text, self.tex, self.words, json.dumps(self.json)])


def read_report(folder: Path, *arguments: object, made: Any = None, **changed: object) -> Reading:
    """Run the command for words and for JSON, with figures left empty, one derivation, no TeX engine and names of
    :mod:`derivations.report.making` changed as asked; nothing is drawn beside the runs."""
    kept = [] if made is None else [made]

    def once(*given, make=reports.make_report, **options):
        if not kept:
            kept.append(make(*given, **options))
        return kept[0]

    # small matrices: threads of linear algebra would wait for each other on a busy machine
    with pytest.MonkeyPatch.context() as patch, threadpool_limits(1):
        patch.setenv("PATH", "")
        for figure in FIGURES:
            patch.setattr(figures, figure, lambda *_: Figure())
        patch.setattr(making, "names_of_the_model", lambda: (CHECKED,))
        patch.setattr(making, "compare_beside", lambda data, runs, tell: nothing_beside(runs))
        patch.setattr(reports, "make_report", once)
        for name, value in changed.items():
            patch.setattr(making, name, value)
        words, data = (
            CliRunner().invoke(main, ["report", *map(str, arguments), "--out", str(folder), *how]) for how in ([], ["--json"])
        )
    assert words.exit_code == data.exit_code, (words.stderr, data.stderr)
    assert data.stdout, data.stderr
    page = Page((folder / "report.html").read_text(encoding="utf-8"))
    tex = (folder / "report.tex").read_text(encoding="utf-8")
    return Reading(kept[0], data.exit_code, json.loads(data.stdout, parse_constant=_refuse), words.stdout, page, tex)


def nothing_beside(runs: Any, **changed: Any) -> Beside:
    """Nothing compared beside runs, but what is given."""
    stepped = next(run for run in runs if run.name == making.INTEGRATED)
    return replace(Beside(stepped, None, None, None), **changed)


def assert_all_forms_agree(reading: Reading) -> None:
    """Page, document and terminal say of each claim what JSON says, sentence, number and theory; the status counts faults."""
    claims = reading.json["claims"]
    *about_runs, about_checks = claims
    assert len(reading.rows) == len(reading.items) == len(reading.table) == len(about_runs)
    for claim, row in zip(about_runs, reading.table, strict=True):
        assert row[0] == claim["topic"]
        assert row[-1] == claim["verdict"] + (" (contradicts the theory)" if claim["fault"] else "")
    for claim, (verdict, row), item in zip(about_runs, reading.rows, reading.items, strict=True):
        parts = [claim[key] for key in ("sentence", "evidence", "theory")]
        assert verdict == claim["verdict"]
        assert all(part in row for part in parts)
        assert all(latex.render_prose(part) in item for part in parts)
        assert item.startswith(rf"\emph{{{claim['verdict']}}}")
    lines = reading.words.splitlines()
    for claim in claims:
        assert f"{claim['verdict']}: {claim['sentence']}" in lines
        assert f"    {claim['evidence']}" in lines
        assert any(claim["theory"] in line for line in lines)
    for part in (about_checks["sentence"], about_checks["evidence"]):
        assert part in reading.page.text
        assert latex.render_prose(part) in reading.tex
    assert lines[-1].startswith("claims: ")
    assert lines[-1].removeprefix("claims: ") in reading.page.text
    assert reading.status == int(any(claim["fault"] for claim in claims)) == int(not reading.json["passed"])


@cache
def verified(name: str = CHECKED):
    """A derivation with its verification."""
    return derive(name), derive(name).verify("quick")


def _refuse(constant: str):
    raise AssertionError(f"{constant} is no JSON")
