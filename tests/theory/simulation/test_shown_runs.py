"""What runs and couplings show of themselves."""

import numpy as np
import pytest

from theory import Coupling, models, simulate
from theory.errors import InputError

COUPLING = Coupling.uniform(3, 30, 0.2)


def run(**options):
    return simulate(models.embedding_only(), COUPLING, dimension=2, times=[0, 1, 2], **options)


def test_a_run_says_where_it_began_and_where_it_ended():
    found = run(seed=1)
    assert repr(found).startswith("<run to t = 2, 3 labels in 2 dimensions, ")
    assert f"smallest distance of labels {found.min_separation[0]:.4g} to {found.min_separation[-1]:.4g}>" in repr(found)
    assert f"<td>{found.loss[-1]:.4g}</td>" in found._repr_html_()


def test_many_runs_say_their_means():
    found = run(seeds=[1, 2])
    assert repr(found).startswith("<2 runs to t = 2")
    assert f"loss {np.mean(found.loss[:, 0]):.4g} to" in repr(found)
    with pytest.raises(InputError, match="expected one run, got 2 runs"):
        found.plot()


def test_runs_and_couplings_draw_themselves():
    titles = [axis.get_title() or axis.get_title(loc="left") for axis in run().plot(COUPLING).axes]
    assert "smallest distance of two labels" in titles
    assert "class graph" in [axis.get_title(loc="left") for axis in COUPLING.plot(["a", "b", "c"]).axes]


def test_a_coupling_sums_itself_up():
    found = COUPLING.summarise()
    assert found["slow_time"] == COUPLING.slow_time()
    assert np.allclose(np.array(found["frustration"]), 1 - np.array(found["mu"]) ** 2)
