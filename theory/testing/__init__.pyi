from .agreement import ErrorModel as ErrorModel, elapsed as elapsed, theory_meets_simulation as theory_meets_simulation
from .couplings import couplings as couplings, graphs as graphs, mobilities as mobilities, weights as weights
from .expressions import flows as flows, losses as losses, scalar_polynomials as scalar_polynomials
from .linear import eigenvalues_are_dense as eigenvalues_are_dense
from .models import check_model as check_model, check_study as check_study
from .properties import (
    gradient_is_differences as gradient_is_differences,
    integrals_stay as integrals_stay,
    lowered_is_symbolic as lowered_is_symbolic,
)
from .reductions import reduction_is_matrix_flow as reduction_is_matrix_flow
from .values import (
    matrices_for as matrices_for,
    numbers_for as numbers_for,
    points as points,
    sizes_for as sizes_for,
    starts as starts,
)
