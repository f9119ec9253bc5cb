"""Sweeps over the runs of a model: those of simulate, kept and read again."""

import subprocess
import sys

import numpy as np

from derivations.sweeps import sweep
from theory import Coupling, models, simulate

TIMES = [0.0, 1.0, 5.0]


def test_what_a_model_is_known_by_does_not_change_from_process_to_process():
    code = (
        "from derivations.sweeps.runs import Runs; from theory import Coupling, models;"
        "print(Runs.of(models.projection_head(), Coupling.uniform(2, 8, 0.5), 2, [0, 1], 0, None).identity)"
    )
    found = {
        subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True, env={"PYTHONHASHSEED": seed}
        ).stdout
        for seed in ("1", "2")
    }
    assert len(found) == 1


def test_the_runs_of_a_model_are_those_of_simulate():
    made = {"phi": [0.25, 0.5], "lambda": [0.0, 0.05], "seed": [0, 3]}

    def coupling(phi):
        return Coupling.uniform(classes=2, samples=16, fraction=phi)

    found = sweep(models.projection_head(), made, coupling=coupling, dimension=2, times=TIMES, chunk=5)
    for phi in made["phi"]:
        for decay in made["lambda"]:
            for seed in made["seed"]:
                run = simulate(
                    models.projection_head(),
                    coupling(phi),
                    dimension=2,
                    times=TIMES,
                    seed=seed,
                    parameters={"lambda": decay},
                    method="order-parameters",
                )
                point = found.sel(phi=phi, seed=seed, **{"lambda": decay})
                assert np.allclose(point["loss"], run.loss, rtol=1e-5)
                assert np.allclose(point["label_spread"], run.label_spread, rtol=1e-5)
                assert np.allclose(point.sel(time=5)["min_separation"], run.min_separation[-1], rtol=1e-5)


def two_classes(phi):
    return Coupling.uniform(classes=2, samples=16, fraction=phi)


def test_the_runs_of_a_model_are_kept_and_read_again(tmp_path):
    grid, how = {"phi": [0.25, 0.5]}, {"coupling": two_classes, "dimension": 1, "times": TIMES, "folder": tmp_path}
    first = sweep(models.projection_head(), grid, **how)
    (kept,) = tmp_path.iterdir()
    written = kept.stat().st_mtime_ns
    assert sweep(models.projection_head(), grid, **how).identical(first)
    assert kept.stat().st_mtime_ns == written
