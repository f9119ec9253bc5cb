"""A study as a file of property tests that runs by itself, beside its model and what was found."""

from __future__ import annotations

import shutil
from pathlib import Path

from derivations.studies.study import Study

TEST = '''"""What a study found of the model in model.toml, as property tests: pytest runs them."""

import json
from pathlib import Path

import pytest
from derivations import study
from derivations.spec import read_model
from theory.testing import check_model, check_study

HERE = Path(__file__).parent
KEPT = ("flow", "reduction", "conserved", "completeness", "fixed_points")
WRITTEN = json.loads((HERE / "study.json").read_text(encoding="utf-8"))
test_model = check_model(HERE / "model.toml")


@pytest.fixture(scope="module")
def found():
    return study(read_model(HERE / "model.toml"), **WRITTEN["choices"], simulated=False)


def test_what_was_found_holds(found):
    check_study(found)()


def test_every_step_passes_its_check(found):
    assert not found.verification.failed, str(found.verification)


def test_what_was_written_is_found_again(found):
    again = found.to_dict()
    assert {key: WRITTEN[key] for key in KEPT} == {key: again[key] for key in KEPT}
'''


def write_test(study: Study, folder: Path, model: Path | None) -> None:
    """Write test_study.py and model.toml; nothing for a model that has no file."""
    if model is not None:
        shutil.copyfile(model, folder / "model.toml")
        (folder / "test_study.py").write_text(TEST, encoding="utf-8")
