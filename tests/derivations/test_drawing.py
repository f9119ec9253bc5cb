"""Results that draw themselves."""

import numpy as np
import pytest

from derivations import diagnose, figures
from derivations.drawing import Drawn
from derivations.two_time_scales import two_time_scales
from theory import Coupling
from theory.dmft import Band

COUPLING = Coupling.uniform(3, 30, 0.2)


def drawn_classes():
    from derivations import agreement, dimensional, encoders, frustration, survival  # noqa: F401

    return Drawn.__subclasses__()


@pytest.mark.parametrize("drawn", drawn_classes(), ids=lambda c: c.__name__)
def test_what_draws_itself_names_a_figure_of_its_own(drawn):
    assert callable(getattr(figures, drawn.drawn_by))


def test_a_diagnosis_draws_itself():
    features = np.random.default_rng(0).standard_normal((60, 4))
    found = diagnose(features, np.arange(60) % 3)
    (line, *_) = found.plot().axes[0].lines
    assert set(found.mu.round(6)) <= set(np.asarray(line.get_ydata()).round(6))


def test_a_study_of_time_scales_draws_itself():
    assert len(two_time_scales("uniform", COUPLING, dimension=3).plot().axes) >= 3


def test_a_band_draws_itself_under_its_numbers():
    (axis,) = Band("regular", pure_per_class=2, links=3).plot().axes
    assert axis.get_title(loc="left") == "regular pairs, cavity: $n_0=2$, $c=3$, $q=0.5$"
