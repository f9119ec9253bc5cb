"""Methods as objects: each is what its older name is, and only one is taken at a time."""

import numpy as np
import pytest

from theory import (
    Auto,
    Collapse,
    Coupling,
    Direct,
    Exact,
    GradientDescent,
    InputError,
    OrderParameters,
    models,
    simulate,
)

COUPLING = Coupling.uniform(3, 30, 0.2)
LOOSE = {"solver": "RK45", "rtol": 1e-5, "atol": 1e-7, "drift": 1e-2}
STEPS = GradientDescent(0.1, momentum=0.5, batch=10)


def run(model=models.projection_head, **options):
    return simulate(model(), COUPLING, dimension=2, times=[0, 1, 5], seed=3, **options)


@pytest.mark.parametrize(
    ("model", "by", "older"),
    [
        (models.projection_head, Auto(), {}),
        (models.projection_head, Auto(**LOOSE), LOOSE),
        (models.projection_head, Direct(**LOOSE), {"method": "direct", **LOOSE}),
        (models.projection_head, OrderParameters(solver="LSODA"), {"method": "order-parameters", "solver": "LSODA"}),
        (models.embedding_only, Exact(), {"method": "exact"}),
        (models.projection_head, STEPS, {"optimiser": STEPS}),
    ],
)
def test_each_method_is_its_older_name(model, by, older):
    one, other = run(model, by=by), run(model, **older)
    assert one.method == other.method
    assert np.array_equal(one.labels, other.labels)
    assert np.array_equal(one.loss, other.loss)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"by": Exact}, "expected a method such as"),
        ({"by": "direct"}, "expected a method such as"),
        ({"by": Exact()}, "loss of embeddings alone"),
        ({"by": Direct(), "method": "direct"}, "expected one method"),
        ({"by": Direct(), "rtol": 1e-3}, "expected one method"),
        ({"by": Direct(), "optimiser": STEPS}, "expected one method"),
        ({"by": STEPS, "until": Collapse()}, "an optimiser without events"),
        ({"by": STEPS, "method": "exact"}, "an optimiser without events and methods"),
    ],
)
def test_what_is_not_one_method_is_refused(options, said):
    with pytest.raises(InputError, match=said):
        run(**options)


@pytest.mark.parametrize("method", [Auto, Direct, OrderParameters])
@pytest.mark.parametrize(("name", "value"), [("solver", "Euler"), ("rtol", 0), ("atol", np.nan), ("drift", None)])
def test_options_of_a_method_are_checked_where_it_is_made(method, name, value):
    with pytest.raises(InputError, match=name):
        method(**{name: value})
