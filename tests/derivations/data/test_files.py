"""Tables in files: read in chunks as they are, and what is wrong with them is told with its row."""

import numpy as np
import pandas
import pytest

from derivations import diagnose
from derivations.data import Reading, chunks, table_of_file
from derivations.diagnosis import diagnose_table
from tests.theory.encoder.test_canonical import clouds
from tests.theory.oracles import assert_close
from theory import InputError


@pytest.fixture
def data():
    features, classes = clouds(np.random.default_rng(0), 120, 3, 3)
    return pandas.DataFrame(features, columns=["a", "b", "c"]).assign(label=np.array(["x", "y", "z"])[classes])


def kept(data, path):
    """The data in a file of the kind that its name says."""
    if path.suffix == ".csv":
        data.to_csv(path, index=False)
    elif path.suffix == ".parquet":
        pytest.importorskip("pyarrow")
        data.to_parquet(path)
    else:
        order = "F" if path.stem == "columns" else "C"
        save = np.savez_compressed if path.stem == "packed" else np.savez
        save(path, X=np.asarray(data[["a", "b", "c"]], order=order), y=data["label"].to_numpy(dtype=str))
    return path


@pytest.mark.parametrize("name", ["rows.csv", "rows.parquet", "rows.npz", "packed.npz", "columns.npz"])
def test_files_give_the_same_as_arrays_in_chunks_of_any_size(name, data, tmp_path, monkeypatch):
    expected = diagnose(data[["a", "b", "c"]].to_numpy(), data["label"].to_numpy(dtype=str))
    path, shares = kept(data, tmp_path / name), []
    monkeypatch.setattr(chunks, "CHUNK_BYTES", 8 * 4 * 13)
    found = diagnose_table(table_of_file(path), progress=shares.append)
    assert found.classes == expected.classes
    assert_close(found.mu, expected.mu)
    assert len(shares) > 5
    assert shares == sorted(shares)
    assert shares[-1] == 1


def test_a_column_that_turns_to_text_late_is_one_category_throughout(tmp_path, data, monkeypatch):
    data["size"] = ["1"] * 60 + ["2"] * 59 + ["large"]
    monkeypatch.setattr(chunks, "CHUNK_BYTES", 8 * 5 * 13)
    found = diagnose_table(table_of_file(kept(data, tmp_path / "late.csv")), one_hot=True)
    numbers = data[["a", "b", "c"]].assign(two=data["size"] == "2", large=data["size"] == "large")
    assert found.features == 5
    assert_close(found.mu, diagnose(numbers, data["label"]).mu)
    with pytest.raises(InputError, match="'large' in row 121, column 'size'"):
        diagnose_table(table_of_file(tmp_path / "late.csv"))


def test_another_delimiter_is_found_or_read_when_named(tmp_path, data):
    data.to_csv(tmp_path / "d.csv", index=False, sep=";")
    with pytest.raises(InputError, match="a label column 'label'"):
        table_of_file(tmp_path / "d.csv", Reading(delimiter="tab"))
    for given in (None, ";", "semicolon"):
        assert diagnose_table(table_of_file(tmp_path / "d.csv", Reading(delimiter=given))).features == 3


HEADER, ROWS = "a,b,label\n", "1,2,x\n2,3,y\n3,1,x\n4,7,y\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "an empty file"),
        ("\n", "a header of column names"),
        (HEADER, "only a header"),
        ("a,b,target\n" + ROWS, "a label column 'label' in t.csv, got columns a, b, target"),
        ("a,a,label\n" + ROWS, "'a' twice"),
        (",a,label\n" + ROWS, "no name in column 1"),
        ("label\nx\ny\n", "only 'label'"),
        (HEADER + ROWS + "5,6\n", "3 entries in every row, got 2 in row 6"),
        (HEADER + ROWS + "5,6,x,9\n", "3 entries in every row, got 4 in row 6"),
        (HEADER + "1,2,x,0\n2,3,y,0\n", "3 entries in every row, got 4 in row 2"),
        (HEADER + ROWS + "5,,x\n6,inf,y\n", "2 missing or infinite entries in t.csv .2 in 'b'., the first in row 6"),
        (HEADER + ROWS + "5,6,\n", "a label in every row, got none in row 6"),
        (HEADER + ROWS + "5,red,x\n", "'red' in row 6, column 'b'.*--one-hot"),
        (HEADER + "1,2,x\n2,3,x\n", "at least two classes, got only 'x'"),
        (HEADER + "".join(f"{k},{k * k},{k / 7:.4f}\n" for k in range(40)), "40 different numbers, as of a continuous"),
        (b"a,b,label\n1,2,\xff\n", "t.csv"),
    ],
)
def test_what_is_wrong_with_a_csv_file_is_told_with_its_place(text, said, tmp_path):
    (tmp_path / "t.csv").write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(InputError, match=said):
        diagnose_table(table_of_file(tmp_path / "t.csv"))


def test_files_of_other_kinds_and_missing_ones_are_refused(tmp_path):
    (tmp_path / "t.xls").write_text("x")
    (tmp_path / "t.npz").write_text("no archive")
    np.savez(tmp_path / "names.npz", features=np.eye(3))
    np.savez(tmp_path / "shape.npz", X=np.eye(3), y=np.arange(4))
    np.savez(tmp_path / "objects.npz", X=np.eye(2), y=np.array([None, 1], dtype=object))
    for name, said in {
        "no.csv": "no file", "t.xls": r"a \.csv, \.tsv or \.txt file", "t.npz": "a readable NPZ", "names.npz": "arrays X and y",
        "shape.npz": "one label y for each sample", "objects.npz": "pickled objects",
    }.items():  # fmt: skip
        with pytest.raises(InputError, match=said):
            table_of_file(tmp_path / name)


def test_a_damaged_parquet_file_is_refused(tmp_path):
    pytest.importorskip("pyarrow")
    (tmp_path / "t.parquet").write_text("no table")
    with pytest.raises(InputError, match="a readable Parquet file"):
        table_of_file(tmp_path / "t.parquet")


def test_an_archive_that_ends_too_early_is_refused(tmp_path):
    path = tmp_path / "t.npz"
    np.savez(path, X=np.random.default_rng(0).standard_normal((200, 3)), y=np.arange(200) % 2)
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(InputError, match="a readable NPZ file"):
        diagnose_table(table_of_file(path))
