"""The frustration of families with symbols, against that of couplings that are written out."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from derivations.closed_forms.families import frustration
from derivations.vocabulary import phi
from theory import Coupling, InputError
from theory.models.vocabulary import K


@pytest.mark.parametrize("family", ["uniform", "pairs"])
@given(st.integers(2, 6), st.integers(1, 4), st.integers(1, 3))
def test_frustration_of_a_family_is_that_of_its_couplings(family, classes, pure, each):
    frustrated = each * classes * (classes - 1) // 2
    samples = classes * pure + frustrated
    found = getattr(Coupling, family)(classes, samples, frustrated / samples).frustration()[1:classes]
    assert np.allclose(found, float(frustration(family).subs({K: classes, phi: frustrated / samples})), rtol=1e-9)


def test_other_families_have_no_closed_form():
    with pytest.raises(InputError, match="a family among"):
        frustration("random")
