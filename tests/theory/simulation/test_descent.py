"""Steps that cannot be taken."""

import numpy as np
import pytest

from theory import InputError
from theory.simulation.descent import GradientDescent

# -- refused -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "values",
    [
        {"step": 0},
        {"step": -1},
        {"step": np.inf},
        {"step": "1"},
        {"momentum": 1},
        {"momentum": -0.1},
        {"batch": 0},
        {"batch": 1.5},
    ],
)
def test_impossible_steps_are_refused(values):
    with pytest.raises(InputError):
        GradientDescent(**{"step": 0.1, **values})
