"""``collapse spectrum``: modes, times and figures of a table of couplings."""

import re
from pathlib import Path

import numpy as np
import pytest

from derivations.cli.spectrum import PRINTED_MODES
from tests.derivations.cli.common import assert_refused, collapse, in_a_new_process, strictly
from tests.derivations.documents.test_publish import tree
from tests.theory.oracles import dense_modes, dense_operator
from theory import Coupling

# -- spectrum ---------------------------------------------------------------------------------------------------------


JOINED = np.array([[1, 0, 0]] * 4 + [[0, 1, 0]] * 4 + [[0, 0, 1]] * 4 + [[0.5, 0.5, 0], [0, 0.25, 0.75]])
APART = np.array([[1, 0, 0], [0, 2, 0], [0, 0, 1], [0, 0, 1]])
KEYS = {"files", "mu", "frustration", "rates", "components", "classifiable", "slow_time", "collapses"}


def write_couplings(J, path="couplings.csv"):
    """A table of couplings whose labels are a, b, ..."""
    header = ",".join(f"label {a}" for a in range(J.shape[1]))
    Path(path).write_text("\n".join([header, *(",".join(map(repr, row)) for row in J.astype(float).tolist())]) + "\n")
    return path


@pytest.mark.parametrize("mobility", ["degree", "uniform"])
def test_a_spectrum_as_json_is_that_of_dense_linear_algebra_and_writes_nothing(here, mobility):
    write_couplings(JOINED)
    before = tree(here)
    result = collapse("spectrum", "couplings.csv", "--json", "--mobility", mobility)
    assert (result.exit_code, result.stderr) == (0, "")
    found = strictly(result.stdout)
    assert set(found) == KEYS
    rates = np.linalg.eigvalsh(dense_operator(JOINED, mobility))[:3]
    np.testing.assert_allclose(found["mu"], dense_modes(JOINED), atol=1e-12)
    np.testing.assert_allclose(found["frustration"], 1 - dense_modes(JOINED) ** 2, atol=1e-12)
    np.testing.assert_allclose(found["rates"], rates, atol=1e-12)
    assert found["slow_time"] == pytest.approx(1 / rates[1])
    assert (found["components"], found["classifiable"], found["collapses"]) == (1, False, True)
    assert tree(here) == before


def test_the_slow_time_of_classifiable_couplings_is_null_in_json_and_they_do_not_collapse():
    found = strictly(collapse("spectrum", write_couplings(APART), "--json").stdout)
    assert (found["components"], found["classifiable"], found["collapses"]) == (3, True, False)
    assert found["slow_time"] is None
    np.testing.assert_allclose(found["rates"], 0, atol=1e-12)


def test_a_spectrum_as_json_needs_what_reads_its_table_and_no_more(here):
    write_couplings(JOINED)
    before = tree(here)
    result = in_a_new_process("spectrum", "couplings.csv", "--json", hidden=["matplotlib", "sklearn"])
    assert (result.returncode, result.stderr) == (0, "")
    assert set(strictly(result.stdout)) == KEYS
    assert tree(here) == before


def test_a_spectrum_without_matplotlib_names_what_to_install(here):
    write_couplings(JOINED)
    before = tree(here)
    result = in_a_new_process("spectrum", "couplings.csv", hidden=["matplotlib"])
    assert_refused(result)
    assert "pip install 'collapse-theory[report]'" in result.stderr
    assert tree(here) == before


def test_a_spectrum_in_words_has_a_line_for_each_mode_and_its_figure_below_out(here):
    write_couplings(JOINED)
    result = collapse("spectrum", "couplings.csv", "--out", "made")
    assert (result.exit_code, result.stderr) == (0, "")
    assert set(tree(here)) == {"couplings.csv", "made", "made/spectrum.pdf", "made/spectrum.svg"}
    assert (here / "made" / "spectrum.pdf").read_bytes().startswith(b"%PDF")
    assert "<svg" in (here / "made" / "spectrum.svg").read_text()
    rows = [line.split() for line in result.stdout.splitlines() if re.match(r" +\d", line)]
    coupling = Coupling(JOINED)
    assert rows[0] == ["1", "1", "0", "0", "inf"]
    printed = np.array([[float(cell) for cell in row] for row in rows[1:]]).T
    expected = [[2, 3], coupling.modes()[1:], coupling.frustration()[1:], coupling.rates(3)[1:], 1 / coupling.rates(3)[1:]]
    np.testing.assert_allclose(printed, expected, rtol=1e-3)
    assert f"{coupling.slow_time():.6g}" in result.stdout
    assert set(map(str, (here / "made").resolve().iterdir())) <= set(result.stdout.splitlines())


def test_a_spectrum_in_words_says_that_classifiable_couplings_do_not_collapse():
    result = collapse("spectrum", write_couplings(APART))
    assert result.exit_code == 0, result.stderr
    assert "3 zero, one for each component" in result.stdout
    assert "infinite" in result.stdout


def test_a_long_spectrum_is_cut_in_words_and_whole_in_json():
    labels = PRINTED_MODES + 5
    write_couplings(np.vstack([np.eye(labels), np.roll(np.eye(labels), 1, axis=1)]))
    shown = collapse("spectrum", "couplings.csv").stdout
    assert sum(bool(re.match(r" +\d", line)) for line in shown.splitlines()) == PRINTED_MODES
    assert "and 5 more" in shown
    assert len(strictly(collapse("spectrum", "couplings.csv", "--json").stdout)["mu"]) == labels


@pytest.mark.parametrize("flags", [[], ["--json"]], ids=["words", "json"])
@pytest.mark.parametrize(
    ("content", "named"),
    [
        (None, "no file"),
        ("a,b\n1,0\n0,x\n", "'x' in column 'b', row 3"),
        ("a,b\n1,0\n0,-1\n", "'-1' in column 'b', row 3"),
        ("a,b\n1,0\nnan,1\n", "a gap in column 'a', row 3"),
        ("a,b\n1,0\n0,0\n", "row 3"),
        ("1,0\n0,1\n", "header"),
        ("a,b\n1,0\n0\n", "1 in row 3"),
        ("a,a\n1,0\n0,1\n", "'a' again"),
        (b"\x89PNG\r\n\x1a\n\xff", "readable CSV"),
    ],
    ids=["missing", "text", "negative", "nan", "empty row", "no header", "ragged", "duplicate", "binary"],
)
def test_a_bad_table_of_couplings_is_refused_in_one_line_and_nothing_is_written(here, content, named, flags):
    if content is not None:
        (here / "bad.csv").write_bytes(content if isinstance(content, bytes) else content.encode())
    before = tree(here)
    result = collapse("spectrum", "bad.csv", *flags, "--out", "made")
    assert_refused(result)
    assert named in result.stderr
    assert tree(here) == before


def test_a_spectrum_that_cannot_be_written_says_so_in_one_line(here):
    write_couplings(JOINED)
    (here / "file").write_text("a file")
    before = tree(here)
    assert_refused(collapse("spectrum", "couplings.csv", "--out", "file/out"), status=3)
    assert tree(here) == before
