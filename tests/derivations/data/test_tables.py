"""Data sets: what is read is what was written, and every bad file is refused with a sentence that helps."""

import gc
import io
import re
import warnings
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from derivations.data import DataSet, Reading, load_couplings, load_data
from theory import InputError

# NumPy leaves a file open that turns out to be no archive
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")


@pytest.fixture(scope="module", autouse=True)
def files_left_open():
    """The warnings of files that were left open come here, and not in a later test."""
    yield
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


FEATURES = np.tile([[1.5, -2.0], [0.0, 3.25], [1e-300, 1e300], [7.0, 0.1]], (2, 1))
LABELS = ["cat", "dog", "cat", "eel"] * 2
GOOD_CSV = "a,b,label\n" + 2 * "1.5,-2,cat\n0,3.25,dog\n1e-300,1e300,cat\n7,0.1,eel\n"


@pytest.fixture
def written(tmp_path):
    """Writes a file and gives its name."""

    def write(name, content):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return str(path)

    return write


def npz(**arrays):
    """The bytes of an NPZ file."""
    held = io.BytesIO()
    np.savez(held, **arrays)
    return held.getvalue()


def npy(array):
    held = io.BytesIO()
    np.save(held, array)
    return held.getvalue()


# -- what is read -----------------------------------------------------------------------------------------------------


def test_digits_are_those_of_scikit_learn():
    from sklearn.datasets import load_digits

    data, bunch = load_data("digits"), load_digits()
    assert (data.features == bunch.data).all()
    assert (data.classes == bunch.target).all()
    assert data.class_names == tuple("0123456789")
    assert "digits" in data.name
    assert data.sizes == "1,797 samples, 64 inputs, 10 classes"


def assert_as_written(data, name):
    assert isinstance(data, DataSet)
    assert data.name == name
    np.testing.assert_array_equal(data.features, FEATURES)
    assert [data.class_names[c] for c in data.classes] == LABELS
    assert data.sizes == "8 samples, 2 inputs, 3 classes"


def test_a_csv_file_comes_back_as_written(written):
    assert_as_written(load_data(written("good.csv", GOOD_CSV)), "good.csv")


@pytest.mark.parametrize(
    "content",
    [
        GOOD_CSV.replace("\n", "\r\n"),
        GOOD_CSV.removesuffix("\n"),
        GOOD_CSV + "\n\n",
        "\ufeff" + GOOD_CSV,
        GOOD_CSV.replace("cat", '"cat"'),
    ],
    ids=["crlf", "no-last-newline", "blank-lines", "byte-order-mark", "quoted"],
)
def test_a_csv_file_may_come_from_any_program(written, content):
    assert_as_written(load_data(written("good.csv", content)), "good.csv")


def test_a_csv_file_may_have_another_delimiter(written):
    path = written("good.csv", GOOD_CSV.replace(",", ";"))
    assert_as_written(load_data(path, Reading(delimiter=";")), "good.csv")
    assert load_data(path).notes == ("The table good.csv was read with semicolons between columns.",)
    with pytest.raises(InputError, match=r"label column 'label' in good\.csv, got columns a;b;label"):
        load_data(path, Reading(delimiter="comma"))


@pytest.mark.parametrize("name", ["GOOD.CSV", "good.Csv"])
def test_the_case_of_a_suffix_does_not_matter(written, name):
    assert_as_written(load_data(written(name, GOOD_CSV)), name)


def test_the_label_column_may_stand_anywhere_and_have_any_name(written):
    rows = [f"{x!r},{kind},{y!r}" for (x, y), kind in zip(FEATURES.tolist(), LABELS, strict=True)]
    path = written("good.csv", "\n".join(["a,what it is,b", *rows]))
    assert_as_written(load_data(path, Reading(label="what it is")), "good.csv")


@pytest.mark.parametrize(
    "labels", [LABELS, [10, 2, 10, -1] * 2, [0.5, 2.0, 0.5, 1.5] * 2, [True, False, True, False] * 2], ids=str
)
def test_an_npz_file_comes_back_as_written(written, labels):
    data = load_data(written("good.npz", npz(X=FEATURES, y=np.array(labels), more=np.eye(2))))
    np.testing.assert_array_equal(data.features, FEATURES)
    assert [data.class_names[c] for c in data.classes] == [str(float(k) if 0.5 in labels else k) for k in labels]


@given(
    st.lists(st.tuples(st.floats(allow_nan=False, allow_infinity=False), st.sampled_from("abc")), min_size=2, max_size=20)
    .filter(lambda rows: len({kind for _, kind in rows}) > 1)
    .map(lambda rows: 2 * rows)
)
def test_any_finite_numbers_survive_a_csv_file(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("csv") / "any.csv"
    path.write_text("\n".join(["value,label", *(f"{value!r},{kind}" for value, kind in rows)]))
    data = load_data(str(path))
    np.testing.assert_allclose(data.features[:, 0], [value for value, _ in rows], rtol=1e-15)
    assert [data.class_names[c] for c in data.classes] == [kind for _, kind in rows]


@pytest.mark.parametrize(
    ("labels", "names"),
    [
        (["10", "2", "10"], ("2", "10")),
        (["0.5", "2", "1"], ("0.5", "1.0", "2.0")),
        (["1_0", "2", "1_0"], ("1_0", "2")),
        (["True", "False", "True"], ("False", "True")),
        (["007", "8", "7"], ("7", "8")),
    ],
    ids=str,
)
def test_labels_that_are_all_numbers_are_ordered_as_numbers(written, labels, names):
    data = load_data(written("good.csv", "a,label\n" + "".join(f"{k},{label}\n" for k, label in enumerate(2 * labels))))
    assert data.class_names == names
    assert len(data.classes) == 2 * len(labels)


def test_a_csv_file_is_read_in_chunks_of_any_size(written, monkeypatch):
    monkeypatch.setattr("derivations.data.chunks.CHUNK_BYTES", 8)
    assert_as_written(load_data(written("good.csv", GOOD_CSV)), "good.csv")
    with pytest.raises(InputError, match="'two' in row 4, column 'a'"):
        load_data(written("bad.csv", "a,label\n1,x\n2,y\ntwo,y\n"))


# -- what is refused --------------------------------------------------------------------------------------------------

BAD_CSV = {
    "empty": ("", "empty"),
    "blank": ("\n \n\n", "empty"),
    "header only": ("a,b,label\n", "header"),
    "no label column": ("a,b\n1,2\n3,4\n", "label column 'label'"),
    "label column only": ("label\nx\ny\n", "only 'label'"),
    "not a number": ("a,label\n1,x\ntwo,y\n", "'two' in row 3, column 'a'"),
    "empty entry": ("a,b,label\n1,2,x\n1,,y\n", "1 in 'b'., the first in row 3; .*--drop b"),
    "nan": ("a,label\nnan,x\n2,y\n", "1 in 'a'., the first in row 2"),
    "infinite": ("a,label\n1,x\n-inf,y\n", "infinite entries .* the first in row 3"),
    "overflowing": ("a,label\n1,x\n1e999,y\n", "infinite entries .* the first in row 3"),
    "complex": ("a,label\n1,x\n1+2j,y\n", r"'1\+2j' in row 3"),
    "one class": ("a,label\n1,x\n2,x\n", "at least two classes"),
    "label missing": ("a,label\n1,x\n2,\n3,y\n", "row 3"),
    "a field too many in a row": ("a,b,label\n1,2,x\n1,2,3,y\n1,2,y\n", "3 entries in every row, got 4 in row 3"),
    "a field too many in the first row": ("a,b,label\n1,2,x,9\n1,2,y\n1,2,x\n", "bad.csv"),
    "a field too many in every row": ("a,b,label\n1,2,x,9\n1,2,y,9\n", "bad.csv"),
    "a field too few": ("label,a,b\nx,1,2\ny,1\n", "3 entries in every row, got 2 in row 3"),
    "a label too few": ("a,b,label\n1,2,x\n1,2\n1,2,y\n", "row 3"),
    "an open quote": ('a,label\n"1,x\n2,y\n', "readable CSV"),
    "binary": (bytes(range(256)) * 4, "readable CSV"),
    "zeros": (bytes(200), "bad.csv"),
    "half of utf-16": (GOOD_CSV.encode("utf-16")[:-1], "bad.csv"),
    "an npz file": (npz(X=FEATURES, y=np.array(LABELS)), "readable CSV"),
}


def assert_helps(refused):
    """One line: expected, got, and what to do; nothing of Python's own."""
    message = str(refused.value)
    assert message.startswith("expected ")
    assert ", got " in message
    assert "; " in message
    assert message.isprintable()
    assert not re.search(r"np\.\w+_|np\.int|np\.float", message)


@pytest.mark.parametrize(("content", "named"), BAD_CSV.values(), ids=BAD_CSV)
def test_a_bad_csv_file_is_refused_with_what_is_wrong(written, content, named):
    with pytest.raises(InputError, match=named) as refused:
        load_data(written("bad.csv", content))
    assert_helps(refused)


OBJECTS = np.array(["cat", {"a": 1}, None, 3], dtype=object)
WHOLE = npz(X=np.eye(40), y=np.arange(40) % 3)
BAD_NPZ = {
    "no y": (npz(X=FEATURES), "arrays X and y"),
    "no X": (npz(y=np.array(LABELS)), "arrays X and y"),
    "neither": (npz(features=FEATURES), "only others in bad.npz"),
    "nothing inside": (npz(), "arrays X and y"),
    "pickled labels": (npz(X=FEATURES, y=OBJECTS), "without pickled objects"),
    "pickled features": (npz(X=OBJECTS.reshape(4, 1), y=np.array(LABELS)), "without pickled objects"),
    "text for features": (npz(X=np.array([["a"], ["b"]] * 2), y=np.arange(4) % 2), "numbers"),
    "nan": (npz(X=np.where(FEATURES == 3.25, np.nan, FEATURES), y=np.array(LABELS)), "2 in '1'., the first in row 1"),
    "infinite": (npz(X=np.where(FEATURES == 3.25, -np.inf, FEATURES), y=np.array(LABELS)), "2 in '1'., the first in row 1"),
    "complex": (npz(X=FEATURES * 1j, y=np.array(LABELS)), "numbers|real"),
    "labels missing": (npz(X=FEATURES, y=np.array([0, 1, np.nan, 2] * 2)), "a label in every row, got none in row 2"),
    "a label too few": (
        npz(X=FEATURES, y=np.array(LABELS[:3])),
        r"one label y for each sample, got shapes \(8, 2\) and \(3,\)",
    ),
    "one class": (npz(X=FEATURES, y=np.zeros(8, dtype=int)), "two classes"),
    "features in one dimension": (npz(X=FEATURES[:, 0], y=np.array(LABELS)), "shape"),
    "labels in two dimensions": (npz(X=FEATURES, y=np.eye(8)), "one label y for each sample"),
    "a single label": (npz(X=FEATURES, y=np.array(1)), "label"),
    "no rows": (npz(X=np.zeros((0, 3)), y=np.zeros(0)), "shape"),
    "no bytes": (b"", "an empty file"),
    "text": (b"a,b,label\n1,2,x\n", "readable NPZ"),
    "binary": (bytes(range(256)) * 4, "readable NPZ"),
    "begins like an archive": (b"PK\x03\x04" + bytes(range(100)), "readable NPZ"),
    "cut off": (WHOLE[: len(WHOLE) // 2], "readable NPZ"),
    "damaged inside": (WHOLE[:500] + bytes(100) + WHOLE[600:], "readable NPZ"),
    "a single array": (npy(FEATURES), "NPZ"),
}


@pytest.mark.parametrize(("content", "named"), BAD_NPZ.values(), ids=BAD_NPZ)
def test_a_bad_npz_file_is_refused_with_what_is_wrong(written, content, named):
    with pytest.raises(InputError, match=named) as refused:
        load_data(written("bad.npz", content))
    assert_helps(refused)


def test_an_archive_of_other_things_is_refused(written):
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr("X.npy", "hello")
        archive.writestr("y.npy", "hello")
    with pytest.raises(InputError) as refused:
        load_data(written("bad.npz", held.getvalue()))
    assert_helps(refused)


def test_pickled_objects_are_not_loaded(written):
    loaded = []

    class Bomb:
        def __reduce__(self):
            return loaded.append, (1,)

    with pytest.raises(InputError):
        load_data(written("bad.npz", npz(X=FEATURES, y=np.array([Bomb()] * 4, dtype=object))))
    assert loaded == []


@pytest.mark.parametrize("source", ["missing.csv", "", "nowhere/at/all.npz", "Digits"])
def test_a_file_that_is_not_there_is_refused(tmp_path, monkeypatch, source):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match="no file") as refused:
        load_data(source)
    assert_helps(refused)


def test_a_folder_is_no_file(tmp_path):
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(InputError, match="no file"):
        load_data(str(tmp_path / "folder.csv"))


@pytest.mark.parametrize("name", ["data.xlsx", "data", "data.zip", "data.parquet.gz"])
def test_an_unknown_suffix_is_refused_with_those_that_are_known(written, name):
    with pytest.raises(InputError, match=r"\.csv, \.tsv or \.txt .* \.npz file") as refused:
        load_data(written(name, GOOD_CSV))
    assert_helps(refused)


# -- any bytes --------------------------------------------------------------------------------------------------------

ROWS, PIECES = [b"a,label\n", b"1,x\n", b"2,y\n"], [b",", b"\n", b'"', b"\x00", b"\xff", b"nan", b"1e5", b"label"]
SNIPPETS = st.sampled_from(ROWS + PIECES)


@given(st.one_of(st.binary(max_size=60), st.lists(SNIPPETS, max_size=8).map(b"".join)))
def test_any_bytes_as_csv_are_read_or_refused(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("any") / "any.csv"
    path.write_bytes(content)
    try:
        data = load_data(str(path))
    except InputError:
        return
    assert np.isfinite(data.features).all()
    assert len(data.classes) == len(data.features)


@given(st.integers(0, len(WHOLE)), st.binary(max_size=20))
def test_a_damaged_npz_file_is_read_or_refused(tmp_path_factory, place, damage):
    path = tmp_path_factory.mktemp("any") / "any.npz"
    path.write_bytes(WHOLE[:place] + damage + WHOLE[place + len(damage) :])
    try:
        data = load_data(str(path))
    except InputError:
        return
    np.testing.assert_array_equal(data.features, np.eye(40))


# -- tables of couplings ----------------------------------------------------------------------------------------------

COUPLINGS = "cat,dog,eel\n1,0,0\n0.5,0.5,0\n0,1e-3,2\n"
WEIGHTS = np.array([[1, 0, 0], [0.5, 0.5, 0], [0, 1e-3, 2]])


@pytest.mark.parametrize(
    "content",
    [
        COUPLINGS,
        COUPLINGS.replace("\n", "\r\n"),
        COUPLINGS.removesuffix("\n"),
        COUPLINGS.replace("\n0,", "\n\n0,") + "\n\n",
        "\ufeff" + COUPLINGS,
        COUPLINGS.replace("cat", '"cat"').replace("0.5", '"0.5"'),
        COUPLINGS.replace(",", " , "),
    ],
    ids=["plain", "crlf", "no-last-newline", "blank-lines", "byte-order-mark", "quoted", "spaces"],
)
def test_a_table_of_couplings_comes_back_as_written(written, content):
    table = load_couplings(Path(written("couplings.csv", content)))
    assert (table.name, table.labels) == ("couplings.csv", ("cat", "dog", "eel"))
    np.testing.assert_array_equal(table.weights, WEIGHTS)


def test_names_of_labels_are_any_distinct_text(written):
    table = load_couplings(Path(written("couplings.csv", '"a, b",#,2,für\n1,1,1,1\n')))
    assert table.labels == ("a, b", "#", "2", "für")


@given(st.lists(st.tuples(*[st.floats(0, 1e300)] * 3).filter(any), min_size=1, max_size=8))
def test_any_weights_survive_a_table_of_couplings(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("csv") / "any.csv"
    rows = [*rows, (1.0, 1.0, 1.0)]
    path.write_text("\n".join(["a,b,c", *(",".join(map(repr, row)) for row in rows)]))
    np.testing.assert_array_equal(load_couplings(path).weights, rows)


BAD_COUPLINGS = {
    "empty": ("", "an empty file"),
    "blank": ("\n\n1,0\n", "header of label names"),
    "no header": ("1,0\n0,1\n", "only numbers in the first row"),
    "header only": ("a,b\n", "only a header"),
    "a name missing": (",a\n0,1\n", "no name in column 1"),
    "a name twice": ("a,b, a\n1,1,1\n", "'a' again in column 3"),
    "not a number": ("a,b\n1,0\n0,one\n", "'one' in column 'b', row 3"),
    "an empty entry": ("a,b\n1,\n", "a gap in column 'b', row 2"),
    "underscores": ("a,b\n1,1_0\n", "'1_0' in column 'b', row 2"),
    "semicolons": ("a;b\n1;-1\n", "'-1' in column 'b', row 2"),
    "negative": ("a,b\n1,0\n\n0,-2\n", "'-2' in column 'b', row 4"),
    "nan": ("a,b\nnan,1\n", "a gap in column 'a', row 2"),
    "infinite": ("a,b\n1,0\n1,inf\n", "'inf' in column 'b', row 3"),
    "overflowing": ("a,b\n1,1e999\n", "'inf' in column 'b', row 2"),
    "a weight too many": ("a,b\n1,0\n0,1,1\n", "3 in row 3"),
    "a weight too many in every row": ("a,b\n1,0,0\n0,1,1\n", "3 in row 2"),
    "a weight too few": ("a,b\n1,0\n1\n", "1 in row 3"),
    "a sample without weight": ("a,b\n1,1\n0,0\n", "zeros in row 3"),
    "a label without weight": ("a,b\n1,0\n1,0\n", "zeros in column 'b'"),
    "binary": (bytes(range(256)) * 4, "readable CSV"),
    "zeros": (bytes(200), "bad.csv"),
    "latin-1": ("für,a\n1,-2\n".encode("latin-1"), "in column 'a', row 2"),
    "latin-1 further down": (b"a,b\n" + b"1,1\n" * 10**5 + "ü,1\n".encode("latin-1"), "'ü' in column 'a', row 100002"),
    "an npz file": (npz(X=FEATURES), "bad.csv"),
    "a name without end": ('"a' + 200_000 * "b", "bad.csv"),
}


@pytest.mark.parametrize(("content", "named"), BAD_COUPLINGS.values(), ids=BAD_COUPLINGS)
def test_a_bad_table_of_couplings_is_refused_with_what_is_wrong_and_where(written, content, named):
    with pytest.raises(InputError, match=re.escape(named)) as refused:
        load_couplings(Path(written("bad.csv", content)))
    assert_helps(refused)


@pytest.mark.parametrize("name", ["missing.csv", "", "."])
def test_a_table_of_couplings_that_is_no_file_is_refused(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match="no file") as refused:
        load_couplings(Path(name))
    assert_helps(refused)


@given(st.lists(st.sampled_from([b"a,b\n", b"1,0\n", b"0.5,2\n", *PIECES, b"-", b"0", b"\r", b"#"]), max_size=9).map(b"".join))
def test_any_bytes_as_couplings_are_read_or_refused(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("any") / "any.csv"
    path.write_bytes(content)
    try:
        table = load_couplings(path)
    except InputError:
        return
    assert table.weights.shape[1] == len(table.labels)
    assert (np.isfinite(table.weights) & (table.weights >= 0)).all()
    assert table.weights.any(axis=0).all()
    assert table.weights.any(axis=1).all()
