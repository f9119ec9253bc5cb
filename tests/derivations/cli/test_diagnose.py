"""``collapse diagnose``: its table, its JSON, its files, and how it says that it cannot."""

import json

import numpy as np
import pytest
from click.testing import CliRunner

from derivations import diagnose
from derivations.cli import main
from tests.theory.encoder.test_canonical import clouds
from tests.theory.oracles import assert_close


@pytest.fixture
def data(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    features, classes = clouds(np.random.default_rng(0), 90, 4, 3)
    np.savez(tmp_path / "data.npz", X=features, y=classes)
    return features, classes


def collapse(*arguments):
    return CliRunner().invoke(main, ["diagnose", *map(str, arguments)])


def test_json_is_the_diagnosis(data, tmp_path):
    result = collapse("data.npz", "--dimension", 2, "--json", "--out", "collapse-out")
    assert result.exit_code == 0, result.output
    found, expected = json.loads(result.stdout), diagnose(*data)
    assert_close(found["mu"], expected.mu)
    assert_close(found["frustration"], expected.frustration)
    assert_close(found["lambda_critical"], expected.mu**2 / 4)
    assert np.isclose(found["slow_time"], expected.slow_time)
    assert (found["samples"], found["features"], found["classes"], found["modes_kept"]) == (90, 4, 3, 2)
    assert {path.name for path in (tmp_path / "collapse-out").iterdir()} == {f"diagnosis.{k}" for k in ("json", "pdf", "svg")}
    assert json.loads((tmp_path / "collapse-out/diagnosis.json").read_text())["mu"] == found["mu"]


def test_the_table_names_modes_pairs_and_what_was_done(data):
    result = collapse("data.npz", "--out", "here")
    assert result.exit_code == 0, result.output
    for piece in ("data.npz: 90 samples, 4 features, 3 classes", "slow time", "lambda_c", " and ", "centred", "diagnosis.svg"):
        assert piece in result.output


def test_bad_input_is_one_sentence_and_no_files(data, tmp_path):
    (tmp_path / "bad.csv").write_text("a,label\n1,x\nred,y\n2,x\n1,y\n")
    result = collapse("bad.csv")
    assert result.exit_code == 2
    assert result.stderr.startswith("collapse: expected numbers as features, got 'red' in row 3, column 'a' of bad.csv")
    assert result.stderr.count("\n") == 1
    assert not (tmp_path / "collapse-out").exists()
    assert collapse("bad.csv", "--one-hot").exit_code == 0
