"""Values are within what is assumed: signs, intervals, relations, statements on matrices."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sympy import Eq, MatrixSymbol, Q, Symbol, Trace, log, sqrt, symbols

from theory import Coupling, Flow, InputError, Loss, models, require, testing
from theory.statements import together
from theory.testing import couplings, flows, graphs, losses, matrices_for, numbers_for, points, sizes_for, starts

n, m, k = symbols("n m k", integer=True, positive=True)
x = symbols("x", real=True)
A, B, C = (MatrixSymbol(name, n, n) for name in "ABC")
D, E = MatrixSymbol("D", n, m), MatrixSymbol("E", m, m)
F = MatrixSymbol("F", k, n)
SIGNS = [{"positive": True}, {"nonnegative": True}, {"negative": True}, {"real": True}, {"integer": True, "positive": True}]


@given(st.sampled_from(SIGNS), st.data())
def test_numbers_have_the_sign_of_their_symbol(signs, data):
    s = Symbol("s", **signs)
    number = data.draw(numbers_for(Flow({x: -s * x})))[s]
    assert all(getattr(number, f"is_{sign}") for sign in signs)


@given(st.data())
def test_numbers_are_within_their_relations(data):
    a, b, c, count = *symbols("a b c", positive=True), symbols("count", integer=True, positive=True)
    known = a > 2, a < 3, b**2 < a, Eq(c, a * b), count <= 2
    numbers = data.draw(numbers_for(Flow({x: -a * b * c * count * x}, assumptions=known), conditions=[a + b < 4]))
    assert all(relation.xreplace(numbers) for relation in (*known, a + b < 4))


def test_contradictions_and_other_models_are_refused():
    with pytest.raises(InputError, match="a Loss or a Flow"):
        numbers_for("x")


@given(st.data())
def test_data_obey_what_is_said_of_them(data):
    known = Q.diagonal(C), Q.symmetric(B), Q.positive_definite(A), Q.positive_definite(C)
    flow = Flow({F: F * (A + B + C)}, assumptions=known)
    values = data.draw(matrices_for(flow))
    assert np.array_equal(values[B], values[B].T)
    assert np.array_equal(values[C], np.diag(np.diag(values[C])))
    assert min(np.linalg.eigvalsh(values[A])) > 0
    assert min(np.diag(values[C])) > 0


@given(st.data())
def test_matrices_share_their_vectors(data):
    flow = Flow({F: F * (A * D * E * D.T + B)}, assumptions=(Q.symmetric(A), together(A, B), Q.symmetric(E), together(A, D, E)))
    values = data.draw(matrices_for(flow))
    a, b, d, e = (values[s] for s in (A, B, D, E))
    for left, right in ((a @ b, b @ a), (a @ d @ d.T, d @ d.T @ a), (d.T @ a @ d @ e, e @ d.T @ a @ d)):
        assert np.allclose(left, right, rtol=0, atol=1e-12 * (1 + np.abs(left).max()))


@given(st.data(), st.integers(1, 4))
def test_sizes_fix_all_shapes(data, largest):
    flow = Flow({F: F * A, x: -x})
    sizes = data.draw(sizes_for(flow, largest))
    assert set(sizes) == {n, k}
    assert max(sizes.values()) <= largest
    assert data.draw(matrices_for(flow, sizes))[A].shape == (sizes[n], sizes[n])
    assert data.draw(starts(flow, sizes))[F].shape == (sizes[k], sizes[n])


@given(points(Loss(log(Trace(F * A * F.T)) + sqrt(x + 4), (F, x), assumptions=(Q.positive_definite(A),))))
def test_points_are_where_the_model_is_defined(values):
    assert np.trace(values[F] @ values[A] @ values[F].T) > 0
    assert values[x] > -4


@given(points(models.projection_head().stop_gradient_flow()))
def test_mobilities_are_positive(values):
    assert all(np.all(np.diag(v) > 0) for s, v in values.items() if str(s).startswith("H_"))


@given(losses(marked=True) | losses((x,), (), marked=True), losses(marked=False) | losses((x,), (), marked=False))
def test_losses_are_marked_or_not(marked, plain):
    assert marked.is_marked
    assert not plain.is_marked


@given(losses(marked=None) | losses((x, F), (A,)) | losses((x,), symbols("a b", positive=True)))
def test_losses_have_flows(loss):
    assert loss.gradient_flow().state == loss.state == loss.stop_gradient_flow().state


@given(flows((x, F), (A,)) | flows())
def test_flows_move_their_state(flow):
    lengths = {length for block in flow.state for length in getattr(block, "shape", ()) if length.is_Symbol}
    numbers = {s: np.eye(2) if isinstance(s, MatrixSymbol) else 1 for s in flow.parameters} | dict.fromkeys(lengths, 2)
    low = flow.lower(numbers)
    assert low.velocity(0.0, np.ones(low.size)).shape == (low.size,)


@given(couplings())
def test_couplings_have_rates(coupling):
    assert isinstance(coupling, Coupling)
    assert np.isfinite(coupling.rates()).all()


@given(graphs(), graphs(bipartite=False))
def test_graphs_are_couplings(bipartite, of_views):
    assert Coupling.from_graph(bipartite).samples + Coupling.from_graph(bipartite).labels == len(bipartite)
    assert Coupling.from_positive_pairs(of_views).samples == len(of_views)


def test_missing_hypothesis_is_a_sentence(monkeypatch):
    monkeypatch.setattr(require, "find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"expected the packages of the extra \[test\], got no hypothesis; pip install"):
        testing.__getattr__("losses")
