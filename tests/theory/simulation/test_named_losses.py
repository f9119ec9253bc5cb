"""Every loss of the papers is followed by its flow and by finite steps, with everything that a run records."""

from fractions import Fraction

import numpy as np
import pytest

from theory import Coupling, Direct, GradientDescent, InputError, Run, models, simulate

NAMES = [
    "squared", "simsiam", "byol", "barlow_twins", "vicreg", "info_nce", "softmax_classification", "spectral_contrastive",
    "coding_rate", "whitening",
]  # fmt: skip
VALUES = {"temperature": 0.5, "alpha": 0.3, "zeta": 0.7, "epsilon": 0.2, "gamma": 0.5, "lambda": 0, "kappa": 0, "beta": 0.5}
COUPLING = Coupling.random_pairs(classes=3, samples=9, fraction=Fraction(1, 3), seed=1)
TIMES = [0.0, 0.2, 0.4]
RECORDED = ("loss", "accuracy", "min_separation", "spectrum", "label_spectrum", "labels")


def follow(name, by=None, **options):
    model = getattr(models, name)()
    given = {str(p): VALUES[str(p)] for p in model.gradient_flow().parameters if str(p) in VALUES}
    return simulate(model, COUPLING, dimension=2, times=TIMES, by=by, parameters=given, **options)


@pytest.mark.parametrize("name", NAMES)
def test_flow_and_finite_steps_lower_the_loss_and_agree_to_first_order_in_the_step(name):
    flow = follow(name)
    coarse, fine = (follow(name, GradientDescent(step)) for step in (0.02, 0.01))
    for run in (flow, coarse, fine):
        assert run.loss[0] > run.loss[1] > run.loss[2]
        assert all(np.isfinite(getattr(run, what)).all() for what in RECORDED)
    apart = [np.abs(run.labels[-1] - flow.labels[-1]).max() for run in (coarse, fine)]
    assert 1.7 < apart[0] / apart[1] < 2.3


@pytest.mark.parametrize("name", NAMES)
def test_runs_are_made_again_from_their_seeds_and_kept_in_files(name, tmp_path):
    many = follow(name, GradientDescent(0.05), seeds=[3, 5])
    for run, seed in enumerate((3, 5)):
        one = follow(name, GradientDescent(0.05), seed=seed)
        assert all(np.array_equal(getattr(many, what)[run], getattr(one, what)) for what in RECORDED)
    again = Run.load(many.save(tmp_path / "many.nc"))
    assert all(np.array_equal(getattr(again, what), getattr(many, what)) for what in RECORDED)


@pytest.mark.parametrize("name", ["squared", "info_nce", "vicreg"])
def test_many_runs_of_the_flow_are_those_of_their_seeds(name):
    many = follow(name, Direct(), seeds=[3, 5])
    for run, seed in enumerate((3, 5)):
        one = follow(name, Direct(), seed=seed)
        assert all(np.array_equal(getattr(many, what)[run], getattr(one, what)) for what in RECORDED)


@pytest.mark.parametrize("name", ["simsiam", "info_nce", "coding_rate"])
def test_means_over_pairs_are_no_sums_over_samples_of_a_batch(name):
    with pytest.raises(InputError, match="sum over samples"):
        follow(name, GradientDescent(0.05, batch=3))


def test_the_spectrum_is_that_of_the_embeddings_by_every_method():
    many = Coupling.uniform(classes=3, samples=24, fraction=0.25)
    runs = [
        simulate(model, many, dimension=3, times=TIMES, method=method)
        for model, methods in (
            (models.embedding_only(), ("exact", "order-parameters", "direct")),
            (models.projection_head(), ("order-parameters", "direct")),
        )
        for method in methods
    ]
    for run in runs:
        X = run.end["X"] if "X" in run.end else run.samples(range(24))[-1]
        assert np.allclose(run.spectrum[-1], np.linalg.svd(X, compute_uv=False) ** 2 / 24)
        assert np.allclose(run.label_spectrum[-1], np.linalg.svd(run.labels[-1], compute_uv=False) ** 2 / 3)
        assert run.spectrum.shape == (3, 3)
        assert np.all(np.diff(run.spectrum, axis=-1) <= 0)
    together = simulate(models.projection_head(), many, dimension=3, times=TIMES, seeds=[0, 1])
    assert np.allclose(together.spectrum[0], runs[3].spectrum)


@pytest.mark.parametrize(
    ("name", "wrong", "said"),
    [
        ("info_nce", {"temperature": 0}, "a positive number for temperature, got 0"),
        ("info_nce", {"temperature": -0.5}, "a positive number for temperature, got -0.5"),
        ("coding_rate", {"epsilon": 0}, "a positive number for epsilon, got 0"),
        ("vicreg", {"epsilon": -1}, "a positive number for epsilon, got -1"),
    ],
)
def test_parameters_outside_their_domain_are_refused(name, wrong, said):
    with pytest.raises(InputError, match=said):
        simulate(getattr(models, name)(), COUPLING, dimension=2, times=TIMES, parameters={**VALUES_OF[name], **wrong})


VALUES_OF = {
    "info_nce": {},
    "coding_rate": {"alpha": 0.3},
    "vicreg": {"alpha": 0.3, "zeta": 0.7},
}
