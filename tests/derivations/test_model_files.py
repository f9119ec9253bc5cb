"""Model files of matrices, targets, velocities and studies: read exactly, and what is wrong is one sentence."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sympy import Eq, Integer, MatrixSymbol, Q, Rational, Symbol, Trace, symbols

from derivations.analysis.modes.reduction import reduce_to_modes
from derivations.formulas import read_statement
from derivations.spec import load_model, read_model
from derivations.spec.declared import PROPERTIES, read_declared
from theory import Flow, InputError, Loss, sg
from theory.statements import together

SIMSIAM = """\
title = "SimSiam with a linear predictor"
source = "arXiv:2102.06810"
state = ["P", "W"]
loss = "tr(P*W*A*W.T*P.T)/2 - tr(P*W*B*sg(W).T)"
[matrices]              # shapes, and what is known
P = "m x m"
W = "m x n"
A = "n x n, positive definite"
B = "n x n, symmetric"
[assume]
together = [["A", "B"]] # share their eigenvectors
[parameters]
eta = "positive"
alpha = "positive"
[mobility]
P = "alpha"
[decay]
P = "eta"
W = "eta"
[study]
small = "eta"
numbers = {a = 1, b = "4/5", alpha = 1}
"""
GAME = """\
state = ["x", "y"]
[velocity]
x = "-x + a*y"
y = "-y - a*x"
[parameters]
a = "real"
"""
m, n = symbols("m n", integer=True, positive=True)
P, W, T = MatrixSymbol("P", m, m), MatrixSymbol("W", m, n), MatrixSymbol("T", m, n)
A, B = MatrixSymbol("A", n, n), MatrixSymbol("B", n, n)
alpha, beta, eta = symbols("alpha beta eta", positive=True)
KNOWN = (Q.symmetric(A), Q.positive_definite(A), Q.symmetric(B), together(A, B))


# -- what is read -------------------------------------------------------------------------------------------------------


def test_a_file_of_matrices_is_the_loss_that_one_would_write(write):
    found = read_model(write(SIMSIAM))
    energy = Trace(P * W * A * W.T * P.T) / 2 - Trace(P * W * B * sg(W).T)
    by_hand = Loss(energy, (P, W), {P: alpha}, {P: eta, W: eta}, KNOWN)
    assert found.loss.with_parts(parameters=None) == by_hand
    assert found.flow == by_hand.stop_gradient_flow()
    assert (found.name, found.title, found.source) == ("model", "SimSiam with a linear predictor", "arXiv:2102.06810")
    assert found.small == eta
    assert found.plane is None


def test_numbers_are_of_the_eigenvalues_that_a_reduction_has(write):
    found = read_model(write(SIMSIAM.replace('"4/5"', "0.8").replace("small =", 'plane = ["eta", "b"]\nsmall =')))
    flow = reduce_to_modes(found.flow, time_limit=None).flow
    assert set(found.numbers) == set(flow.parameters) - {eta}
    assert {str(x): value for x, value in found.numbers.items()} == {"a": 1, "b": Rational(4, 5), "alpha": 1}
    assert found.plane[1] in flow.parameters


def test_a_title_is_the_name_of_the_file_where_none_is_given(write):
    found = read_model(write(GAME))
    assert (found.title, found.source, found.small, found.plane, dict(found.numbers)) == ("model", "", None, None, {})


def test_a_target_follows(write):
    text = (
        SIMSIAM.replace('"P", "W"]', '"P", "W", "T"]').replace("sg(W)", "T").replace('W = "m x n"', 'W = "m x n"\nT = "m x n"')
    )
    text = text.replace('alpha = "positive"', 'alpha = "positive"\nbeta = "positive"') + '[follow]\nT = ["beta", "W"]\n'
    found = read_model(write(text))
    assert found.loss.follow == {T: (beta, W)}
    energy = Trace(P * W * A * W.T * P.T) / 2 - Trace(P * W * B * T.T)
    assert found.flow == Loss(energy, (P, W, T), {P: alpha}, {P: eta, W: eta}, KNOWN, follow={T: (beta, W)}).gradient_flow()


def test_a_flow_of_ones_own_has_no_loss(write):
    found = read_model(write(GAME))
    x, y, a = symbols("x y a", real=True)
    assert found.loss is None
    assert found.flow == Flow({x: -x + a * y, y: -y - a * x})
    with pytest.raises(InputError, match=r"expected a loss in model\.toml, got velocities; write loss = "):
        load_model(write(GAME))


def test_velocities_of_matrices_stand_in_any_order(write):
    text = 'state = ["P", "W"]\n[velocity]\nW = "A_0*W"\nP = "-P"\n[matrices]\nA_0 = "symmetric m"\nW = "m x n"\nP = "m x m"\n'
    found = read_model(write(text))
    assert found.flow.state == (P, W)
    assert found.flow.velocity[P] == -P


def test_facts_are_assumed_of_parameters_and_of_eigenvalues(write):
    text = SIMSIAM.replace("[parameters]", 'facts = ["4*a*eta < b**2", "alpha > 0", "A*B = B*A"]\n[parameters]')
    found = read_model(write(text))
    a, b = Symbol("a", positive=True), Symbol("b", real=True)
    facts = (4 * a * eta < b**2, Eq(A * B, B * A))  # that alpha is positive is said by its domain
    assert found.loss.assumptions == (*KNOWN, *facts)
    assert found.flow.assumptions == (*KNOWN, *facts)
    assert set(read_model(write(GAME + '[assume]\nfacts = ["a >= 1"]\n')).flow.assumptions) == {Symbol("a", real=True) >= 1}


@given(
    rows=st.sampled_from(["3", "k", "m"]),
    cols=st.sampled_from(["3", "k", "m"]),
    join=st.sampled_from([" x ", ", ", ",", " × ", "  x "]),
    kinds=st.lists(st.sampled_from(list(PROPERTIES)), max_size=2),
)
def test_a_shape_means_the_same_however_it_is_written(rows, cols, join, kinds):
    def read(shape):
        return read_declared({"state": ["x"], "matrices": {"M": shape}})

    text = "".join([f"{rows}{join}{cols}", *(f", {kind}" for kind in kinds)])
    if kinds and rows != cols:
        with pytest.raises(InputError, match="a square matrix"):
            read(text)
        return
    found = read(text)
    size = {"3": Integer(3), "k": symbols("k", integer=True, positive=True), "m": m}
    matrix = MatrixSymbol("M", size[rows], size[cols])
    assert found.matrices == {"M": matrix}
    assert set(found.assumptions) == {predicate(matrix) for kind in kinds for predicate in PROPERTIES[kind]}
    if len(kinds) == 1:
        assert set(read(f"{kinds[0]} {rows}").assumptions) == set(found.assumptions)


@given(st.sampled_from(["<", "<=", ">", ">="]), st.integers(-9, 9), st.integers(1, 9))
def test_a_statement_is_the_relation_that_it_spells(sign, low, high):
    x = Symbol("x", real=True)
    found = read_statement(f"{low}*x**2 {sign} x/{high}", {"x": x})
    sides = (low * x**2, x / high)
    expected = {"<": sides[0] < sides[1], "<=": sides[0] <= sides[1], ">": sides[0] > sides[1], ">=": sides[0] >= sides[1]}
    assert found == expected[sign]


@given(st.fractions(-5, 5, max_denominator=40))
def test_numbers_are_exact_however_they_are_written(tmp_path_factory, value):
    path = tmp_path_factory.mktemp("numbers") / "game.toml"
    decimal = f"{float(value):.6f}"
    path.write_text(f'{GAME}[study]\nnumbers = {{a = "{value}", b = {decimal}, c = {value.numerator}}}\n', encoding="utf-8")
    found = {str(x): v for x, v in read_model(path).numbers.items()}
    assert found == {"a": Rational(value), "b": Rational(decimal), "c": value.numerator}


# -- what is wrong ------------------------------------------------------------------------------------------------------

WRONG = [
    (SIMSIAM, ('"m x n"', '"m x"'), r"a shape for the matrix W, such as .*got 'm x'"),
    (SIMSIAM, ("symmetric", "hermitian"), r"a shape for the matrix B"),
    (SIMSIAM, ("n x n, symmetric", "m x n, symmetric"), r"a square matrix that is symmetric, got B of shape m x n"),
    (SIMSIAM, ('["A", "B"]]', '["A", "C"]]'), r"matrices that are together among A, B, got C"),
    (SIMSIAM, ('["A", "B"]]', '["A", "W"]]'), r"matrices that are together among A, B, got W"),
    (SIMSIAM, ('["A", "B"]]', '["A"]]'), r"at least two matrices with a dimension in common, got A \(n x n\)"),
    (SIMSIAM, ('[["A", "B"]]', '["A", "B"]'), r"together as a list of lists of matrices"),
    (SIMSIAM, ("together", "togther"), r"the keys together, facts in \[assume\] of model\.toml, got togther"),
    (SIMSIAM, ("small =", "smal ="), r"the keys small, plane, numbers in \[study\] of model\.toml, got smal"),
    (SIMSIAM, ('"4/5"', '"4/b"'), r"expected a number, got b at line 22, column 26 of model\.toml"),
    (SIMSIAM, ('"4/5"', '"sqrt(2)"'), r"an exact number for b in model\.toml, got 'sqrt\(2\)'"),
    (SIMSIAM, ('"4/5"', '"1/0"'), r"a formula whose value is a number"),
    (SIMSIAM, ('"4/5"', "inf"), r"expected a number, got inf at line 22"),
    (SIMSIAM, ('"4/5"', "true"), r"a formula in quotes for b"),
    (SIMSIAM, ('{a = 1, b = "4/5", alpha = 1}', '"a"'), r"numbers by name, got 'a'"),
    (SIMSIAM, ('small = "eta"', "small = 1"), r"the small parameter as a list of 1 names"),
    (SIMSIAM, ('small = "eta"', 'plane = ["eta"]'), r"the plane as a list of 2 different names"),
    (SIMSIAM, ('small = "eta"', 'plane = ["eta", "eta"]'), r"the plane as a list of 2 different names"),
    (SIMSIAM, ('title = "SimSiam with a linear predictor"', "title = 3"), r"text as title of model\.toml, got 3"),
    (SIMSIAM, ("tr(P*W*A", "tr(P*A"), r"what \* can join.*at line 4, column 13 of model\.toml"),
    (SIMSIAM, ("[parameters]", 'facts = "a < b"\n[parameters]'), r"facts as a list"),
    (SIMSIAM, ("[parameters]", 'facts = ["a < "]\n[parameters]'), r"expected a formula, got its end at line 12, column 15"),
    (SIMSIAM, ("[parameters]", 'facts = ["a"]\n[parameters]'), r"expected a formula, got its end at line 12"),
    (SIMSIAM, ("[parameters]", 'facts = ["a < q"]\n[parameters]'), r"declared names .*got q at line 12, column 15"),
    (
        SIMSIAM,
        ("[parameters]", 'facts = ["A < B"]\n[parameters]'),
        r"an inequality between numbers, or an equation",
    ),
    (SIMSIAM, ("[parameters]", 'facts = ["b**2 = eta"]\n[parameters]'), r"gives one parameter or eigenvalue by the others"),
    (SIMSIAM, ("[parameters]", 'facts = ["eta = -alpha"]\n[parameters]'), r"facts that can hold"),
    (SIMSIAM, ("[parameters]", 'facts = ["p = a"]\n[parameters]'), r"declared names .*got p"),
    (SIMSIAM, ("[parameters]", 'facts = ["A = P"]\n[parameters]'), r"what = can join"),
    (SIMSIAM, ("[parameters]", 'facts = ["eta < 0"]\n[parameters]'), r"facts that can hold in model\.toml, got eta < 0"),
    (SIMSIAM, ("[decay]", '[follow]\nW = ["eta", "W"]\n[decay]'), r"no decay of the target W, which follows at its rate"),
    (SIMSIAM, ("[decay]", '[follow]\nW = "eta"\n[decay]'), r"a rate and a source that W follows, got 'eta'"),
    (SIMSIAM, ("[decay]", '[follow]\nQ = ["eta", "W"]\n[decay]'), r"a target of a state variable \(P, W\), got Q"),
    (
        SIMSIAM,
        ('W = "eta"', '[follow]\nW = ["eta", "P"]'),
        r"a source of W that is of shape \(m, n\), got P, of shape \(m, m\)",
    ),
    (SIMSIAM, ('W = "eta"', '[follow]\nW = ["eta", "sg(W)"]'), r"a rate and a source of W without markers, got sg\(W\)"),
    (GAME, ('y = "-y - a*x"\n', ""), r"a velocity of every state variable in model\.toml, got none of y"),
    (GAME, ('y = "-y - a*x"', 'y = "-y - a*x"\nz = "x"'), r"a velocity of a state variable \(x, y\), got z"),
    (GAME, ('"-x + a*y"', '"-x + sg(y)"'), r"a velocity of x without markers, got -x \+ sg\(y\); drop sg"),
    (GAME, ("[velocity]", 'loss = "x"\n[velocity]'), r"\[velocity\] without loss in model\.toml, got both"),
    (GAME, ("[parameters]", '[decay]\nx = "1"\n[parameters]'), r"\[velocity\] without decay in model\.toml, got both"),
    (GAME, ("[velocity]", "[velocities]"), r"the keys state, loss, .*velocity.*got velocities"),
    (GAME, ('"-x + a*y"', '"-x + q"'), r"declared names .*got q at line 3, column 11 of model\.toml"),
    (GAME, ('a = "real"', 'a = "real"\n[assume]\nfacts = ["1 > 2"]'), r"facts that can hold"),
    (GAME, ('state = ["x", "y"]', 'state = ["x", "y"]\nsource = ["a"]'), r"text as source of model\.toml"),
    (GAME, ("[velocity]", f"title = {'9' * 5000}\n[velocity]"), r"TOML in model\.toml"),
]


@pytest.mark.parametrize(("text", "change", "message"), WRONG, ids=[message[:40] for _, _, message in WRONG])
def test_what_is_wrong_is_one_sentence(write, text, change, message):
    assert change[0] in text
    with pytest.raises(InputError, match=message) as error:
        read_model(write(text.replace(*change, 1)))
    assert str(error.value).startswith("expected ")
    assert str(error.value).count("; ") >= 1
    assert "\n" not in str(error.value)


def test_a_loss_of_targets_alone_is_refused(write):
    text = 'state = ["x"]\nloss = "x**2"\n[follow]\nx = ["1", "2*x"]\n'
    with pytest.raises(InputError, match=r"a loss in model\.toml that some state variable descends, got targets alone"):
        read_model(write(text))


def test_a_name_that_an_eigenvalue_would_take_hinders_no_loss_by_itself(write):
    text = (
        'state = ["W"]\nloss = "w*tr(W*M*W.T)"\n[matrices]\nW = "m x n"\nM = "n x n, symmetric"\n[parameters]\nw = "positive"\n'
    )
    assert load_model(write(text)).learns
    with pytest.raises(InputError, match="lower-case names are free"):
        read_model(write(f'{text}[study]\nsmall = "w"\n'))
