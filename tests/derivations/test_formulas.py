"""Losses of matrices in model files: the operations of theory.nodes by a grammar, with places where something is wrong."""

import pytest

from derivations.formulas import MATRIX_FUNCTIONS
from derivations.spec import load_model
from theory import Coupling, InputError, Loss, models, nodes, sg, simulate
from theory.models.vocabulary import D_x, J, W, X, Y

SHAPES = {"X": "d, N", "Y": "d, K", "W": "d, d", "J": "N, K", "D_x": "diagonal N", "H_x": "diagonal N", "H_y": "diagonal K"}


def model_file(tmp_path, loss, state='["X", "Y", "W"]', mobility="", shapes=SHAPES, parameters=""):
    matrices = "\n".join(f'{name} = "{shape}"' for name, shape in shapes.items())
    text = f'state = {state}\nloss = "{loss}"\n[parameters]\n{parameters}\n[matrices]\n{matrices}\n[mobility]\n{mobility}\n'
    path = tmp_path / "model.toml"
    path.write_text(text, encoding="utf-8")
    return path


def cosine(left, right):
    return nodes.dot(nodes.normalised(left) * J, nodes.normalised(right))


@pytest.mark.parametrize(
    ("text", "expression"),
    [
        ("-dot(normalised(W*X)*J, normalised(sg(Y)))", -cosine(W * X, sg(Y))),
        ("total(log_sum_exp(X.T*Y)) - dot(J, X.T*Y)", nodes.total(nodes.log_sum_exp(X.T * Y)) - nodes.dot(J, X.T * Y)),
        ("-log_det(identity(d) + X*D_x*X.T)/2", -nodes.log_det(nodes.diagonal_matrix(nodes.row_sums(W)) * 0 + X * D_x * X.T)),
        ("squared_norm(softmax(X, columns))", nodes.squared_norm(nodes.softmax(X, "columns"))),
        ("total(tanh(W*X)) + trace(W**2)", None),
        ("total(hinge(ones(d, N) - X)) + squared_norm(centred(X, rows)) + trace(inverse(W))", None),
    ],
)
def test_formulas_are_those_of_the_operations(tmp_path, text, expression):
    loss = load_model(model_file(tmp_path, text))
    assert loss.gradient_flow().velocity
    if expression is not None and "identity" not in text:
        assert loss.expression == Loss(expression, loss.state).expression


def test_every_operation_of_matrices_can_be_written():
    assert set(nodes.__all__) - set(MATRIX_FUNCTIONS) == {"column", "elementwise", "logistic", "softplus"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("total(W*Y*X)", r"what \* can join.*at line 2, column 18"),
        ("total(X + J)", r"what \+ can join, not X \(of shape \(d, N\)\) and J.*line 2, column 17"),
        ("total(X - 1)", r"what - can join"),
        ("total(X/Y)", r"what / can join"),
        ("trace(X**2)", r"what \*\* can join"),
        ("dot(X, Y)", r"arguments that dot takes .*shape.*line 2, column 9"),
        ("log_det(X)", r"a square matrix"),
        ("trace(X)", r"a square matrix"),
        ("squared_norm(softmax(X, up))", r"declared names .*got up"),
        ("squared_norm(softmax(X, W))", r"'rows' or 'columns'"),
        ("total(max(X, 0))", r"write hinge"),
        ("dot(X)", r"2 arguments of dot"),
        ("total(expand(X))", r"the functions .*normalised.*got expand"),
        ("total(X", r"a formula, got its end"),
        ("total(identity(0.5))", r"arguments that identity takes"),
        ("X", r"a scalar loss"),
        ("total(log(X))", r"the logarithm of positive entries"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(tmp_path, text, said):
    with pytest.raises(InputError, match=said):
        load_model(model_file(tmp_path, text))


@pytest.mark.parametrize("shape", ["d", "d, N, K", "0, 2", "triangular d", "d; N", 3])
def test_shapes_that_are_none_are_refused(tmp_path, shape):
    with pytest.raises(InputError, match=r"a shape for the matrix X"):
        load_model(model_file(tmp_path, "total(X)", shapes=SHAPES | {"X": shape}))


@pytest.mark.parametrize(("changes", "letter"), [({"parameters": 'd = "positive"'}, "d"), ({"shapes": {"X": "X, N"}}, "X")])
def test_a_letter_for_a_dimension_is_nothing_else(tmp_path, changes, letter):
    with pytest.raises(InputError, match=f"letters for dimensions that are nothing else, got {letter};"):
        load_model(model_file(tmp_path, "total(X)", **changes | {"shapes": SHAPES | changes.get("shapes", {})}))


def test_a_model_file_is_followed_as_the_model_is(tmp_path):
    text = "(-dot(normalised(W*X)*J, sg(normalised(Y))) - dot(sg(normalised(X))*J, normalised(W*Y)))/(2*trace(D_x))"
    rates = 'X = "H_x"\nY = "H_y"\nW = "gamma"'
    loss = load_model(model_file(tmp_path, text, mobility=rates, parameters='gamma = "positive"'))
    coupling = Coupling.random_pairs(classes=3, samples=12, fraction=0.25, seed=1)
    given = {"dimension": 2, "times": [0.0, 1.0]}
    run = simulate(loss, coupling, parameters={"gamma": 0.5}, **given)
    same = simulate(models.simsiam(), coupling, parameters={"gamma": 0.5, "lambda": 0, "kappa": 0}, **given)
    assert abs(run.labels - same.labels).max() < 1e-6
