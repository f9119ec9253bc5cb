"""Couplings of two views and of pairs that repel on the command line: ``collapse spectrum`` and ``collapse simulate``."""

from inspect import isfunction
from pathlib import Path

import numpy as np
import pytest

from derivations import figures
from derivations.cli.models import LOSSES
from tests.derivations.cli.common import assert_refused, collapse, strictly
from tests.derivations.documents.test_publish import tree
from tests.theory.models.test_two_views import PARAMETERS
from tests.theory.oracles import assert_close
from theory import Coupling, Trajectory, models
from theory.models import two_views

pytest.importorskip("xarray")
PAIRS = np.array([[0.0, 1, 0, 0], [1, 0, 2, 0], [0, 2, 0, 0], [0, 0, 0, 1]])
AUGMENTED = np.array([[0.5, 0.5, 0], [0, 0.2, 0.8]])
SIGNED = np.array([[1, -0.5], [-0.5, 1]])
LISTED = "one,other,weight\nv0,v1,1\nv2,v1,1.5\nv1,v2,0.5\nv3,v3,1\n"
SHORT = ("--dimension", 2, "--points", 3, "--until", 1)


@pytest.fixture
def undrawn(monkeypatch):
    """Figures that take no time."""
    from matplotlib.figure import Figure

    for name in ("trajectory", "spectrum_of_views"):
        monkeypatch.setattr(figures, name, lambda *arguments: Figure())


def write(path, weights):
    """A table of weights whose columns are v0, v1, ..."""
    rows = [",".join(f"v{a}" for a in range(weights.shape[1])), *(",".join(map(repr, row)) for row in weights.tolist())]
    Path(path).write_text("\n".join(rows) + "\n")
    return path


@pytest.mark.parametrize("kind", ["matrix", "list"])
def test_the_spectrum_of_positive_pairs_is_that_of_the_coupling(here, kind):
    if kind == "list":
        Path("pairs.csv").write_text(LISTED)
    else:
        write("pairs.csv", PAIRS)
    before = tree(here)
    result = collapse("spectrum", "pairs.csv", "--pairs", "--json")
    assert (result.exit_code, result.stderr) == (0, "")
    found, pairs = strictly(result.stdout), Coupling.from_positive_pairs(PAIRS)
    assert_close(found["signed_correlations"], pairs.signed_correlations())
    assert_close(found["shared_rates"], pairs.shared_rates())
    assert_close(found["mu"], pairs.modes())
    assert_close(found["rates"], pairs.rates(4))
    assert found["slow_time"] == pytest.approx(pairs.slow_time())
    assert found["shared_slow_time"] == pytest.approx(1 / np.sort(pairs.shared_rates())[2])
    assert tree(here) == before


def test_the_spectrum_of_augmentations_has_squared_correlations(here):
    found = strictly(collapse("spectrum", write("views.csv", AUGMENTED), "--augmentations", "--json").stdout)
    assert_close(found["signed_correlations"][:2], Coupling(AUGMENTED).modes() ** 2)


def test_the_spectrum_of_signed_weights_has_rates_of_growth(here):
    found = strictly(collapse("spectrum", write("signed.csv", SIGNED), "--signed", "--json").stdout)
    assert_close(found["shared_rates"], [-1, 0])
    assert_close(found["signed_correlations"], [3, 1])
    assert found["growth_time"] == pytest.approx(1)
    table = strictly(collapse("spectrum", write("table.csv", np.vstack([SIGNED, [1, 1]])), "--signed", "--json").stdout)
    assert table["shared_rates"] is None
    assert_close(table["rates"], Coupling.from_signed_weights(np.vstack([SIGNED, [1, 1]])).rates())


@pytest.mark.parametrize(("weights", "kind"), [(PAIRS, "pairs"), (AUGMENTED, "augmentations"), (SIGNED, "signed")])
def test_a_spectrum_in_words_has_a_line_for_each_mode_and_a_figure(here, weights, kind):
    result = collapse("spectrum", write("given.csv", weights), f"--{kind}")
    assert (result.exit_code, result.stderr) == (0, "")
    assert "shared rate" in result.stdout
    assert ("growth" in result.stdout) == (kind == "signed")
    assert set(tree(here)) == {"given.csv", "collapse-out", "collapse-out/spectrum.pdf", "collapse-out/spectrum.svg"}


def test_a_large_graph_has_its_slowest_modes(here):
    n = 3000
    ring = [f"v{i},v{(i + 1) % n},1" for i in range(n)]
    Path("ring.csv").write_text("\n".join(["one,other,weight", *ring]) + "\n")
    found = strictly(collapse("spectrum", "ring.csv", "--pairs", "--json").stdout)
    exact = 1 - np.cos(2 * np.pi * np.array([0, 1, 1, 2, 2]) / n)
    np.testing.assert_allclose(found["shared_rates"][:5], exact, rtol=1e-6)
    assert len(found["shared_rates"]) == len(found["mu"]) == 30
    assert found["shared_slow_time"] == pytest.approx(1 / exact[1], rel=1e-6)


def test_losses_by_name_are_those_of_two_views():
    made = {name for name, made in vars(two_views).items() if isfunction(made) and made.__module__ == two_views.__name__}
    assert {name.replace("-", "_") for name in LOSSES} == {name for name in made if not name.startswith("_")}


@pytest.mark.usefixtures("undrawn")
@pytest.mark.parametrize("name", LOSSES)
def test_every_named_loss_is_simulated_over_two_views_of_one_encoder(here, name):
    write("views.csv", AUGMENTED)
    symmetric = ["--symmetric"] if name in ("info-nce", "softmax-classification") else []
    loss = getattr(models, name.replace("-", "_"))()
    needed = {str(p) for p in loss.stop_gradient_flow().parameters} & PARAMETERS.keys()
    parameters = [word for p in sorted(needed) for word in ("--parameter", f"{p}={PARAMETERS[p]}")]
    how = "--coupling", "views.csv", "--augmentations", "--shared", *symmetric, *parameters, *SHORT
    result = collapse("simulate", name, *how, "--json", "--out", "collapse-out")
    assert (result.exit_code, result.stderr) == (0, "")
    found, run = strictly(result.stdout), Trajectory.load(here / "collapse-out" / "trajectory.nc")
    assert found["model"] == name
    assert found["coupling"] == "views.csv, augmentations, mobility degree"
    assert (found["slow_time"] is None) == (name != "squared")
    assert_close(run.labels[0], Coupling.from_augmentations(AUGMENTED).shared_start(2)["Y"])


@pytest.mark.usefixtures("undrawn")
def test_the_last_time_of_a_mean_over_pairs_is_longer_by_their_weight(here):
    write("views.csv", AUGMENTED)
    how = "--coupling", "views.csv", "--augmentations", "--dimension", 2, "--points", 3, "--json"
    times = {
        name: strictly(collapse("simulate", name, *how).stdout)["last_time"] for name in ("squared", "spectral-contrastive")
    }
    assert times["spectral-contrastive"] == pytest.approx(times["squared"] * len(AUGMENTED))


@pytest.mark.usefixtures("undrawn")
def test_what_repels_is_followed_for_a_few_times_of_its_growth(here):
    write("signed.csv", SIGNED)
    how = "--coupling", "signed.csv", "--signed", "--shared", "--dimension", 2, "--points", 3
    found = strictly(collapse("simulate", "embedding", *how, "--json").stdout)
    assert found["last_time"] == pytest.approx(5)
    assert found["loss"] < -100
    assert found["slow_time"] is None


OVER = ("--coupling", "views.csv", "--augmentations")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("vicreg", *OVER), "none for alpha, epsilon, zeta; give --parameter alpha=VALUE"),
        (("whitening", *OVER, "--parameter", "theta=1"), "parameters of whitening among beta, got theta"),
        (("squared", *OVER, "--parameter", "beta=1"), "no parameters of squared, got beta"),
        (("coding-rate", *OVER, "--parameter", "alpha=high"), "NAME=VALUE with a number, got 'alpha=high'"),
        (("squared", *OVER, "--head", "both"), "options that squared takes, got --head"),
        (("squared", *OVER, "--symmetric"), "options that squared takes, got --symmetric"),
        (("softmax-classification", *OVER, "--shared"), "treats both views alike for --shared, got softmax-classification"),
        (("head", *OVER, "--head", "samples", "--shared"), "treats both views alike for --shared, got head"),
        (
            ("squared", "--classes", 3, "--samples", 60, "--fraction", 0.2, "--shared"),
            "two views for --shared, got samples and labels",
        ),
        (("squared", "--pairs"), "--coupling with the kind of its table, got --pairs alone"),
        (("squared", *OVER, "--pairs"), "one kind of table, got --pairs and --augmentations"),
        (("squared", *OVER, "--classes", 3), "options that a table of couplings takes, got --classes"),
        (("two-time-scales", *OVER), "options that two-time-scales takes, got --augmentations"),
        (("spectral-contrastive", "--coupling", "nothing.csv", "--signed"), "a positive total weight"),
    ],
)
def test_a_run_that_makes_no_sense_is_refused_in_a_sentence(here, arguments, message):
    write("views.csv", AUGMENTED)
    write("nothing.csv", np.array([[1, -1], [-1, 1]]))
    before = tree(here)
    result = collapse("simulate", *arguments)
    assert_refused(result)
    assert message in result.stderr
    assert set(tree(here)) - {"collapse-out"} == set(before)


@pytest.mark.parametrize(
    ("text", "kind", "message"),
    [
        ("a,b\n0,1\n2,0\n", "pairs", "a symmetric matrix of positive pairs, got 1 at (0, 1) and 2 at (1, 0)"),
        ("a,b\n1,1\n", "pairs", "a square matrix of pairs, got 1 rows for 2 views in given.csv"),
        ("a,b\n0,-1\n-1,0\n", "pairs", "finite non-negative weights, got '-1' in column 'a', row 3"),
        ("a,b,weight\nx,y,-1\n", "pairs", "finite non-negative weights, got '-1' in row 2 of given.csv"),
        ("a,b,weight\nx,y\n", "pairs", "3 entries in every row, got 2 in row 2"),
        ("a,b,weight\n,y,1\n", "pairs", "two views and a weight in every row"),
        ("a,b,weight\nx,y,many\n", "signed", "finite weights, got 'many' in row 2"),
        ("a,b,weight\n", "pairs", "at least one pair, got only a header"),
        ("a,b,weight\nx,y,0\n", "pairs", "coupled to something"),
        ("a,b\n0.5,0.2\n", "augmentations", "probabilities that sum to one"),
        ("a,b\n1,nan\n", "signed", "finite weights, got a gap in column 'b', row 2"),
        ("", "pairs", "an empty file"),
    ],
)
def test_a_table_that_cannot_be_used_is_refused_in_a_sentence(here, text, kind, message):
    Path("given.csv").write_text(text)
    before = tree(here)
    result = collapse("spectrum", "given.csv", f"--{kind}")
    assert_refused(result)
    assert message in result.stderr
    assert tree(here) == before


def test_a_file_that_is_not_there_is_refused(here):
    assert_refused(collapse("spectrum", "absent.csv", "--pairs"))
