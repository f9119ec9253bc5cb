"""Files of columns with damage anywhere: a sentence, or whole and finite data; no error of a library, no warning."""

import random
import warnings

import numpy as np
import pytest

from derivations.data import load_data
from theory.errors import InputError

pyarrow = pytest.importorskip("pyarrow")


def damaged(content: bytes, rng: random.Random) -> bytes:
    """Cut off, or with some bytes changed."""
    if rng.random() < 0.2:
        return content[: rng.randrange(1, len(content))]
    found = bytearray(content)
    for _ in range(rng.choice((1, 1, 2, 5, 20))):
        found[rng.randrange(len(found))] = rng.randrange(256)
    return bytes(found)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A file of each kind, in several row groups or batches."""
    from pyarrow import feather, parquet

    folder, rng = tmp_path_factory.mktemp("whole"), np.random.default_rng(0)
    columns = {"a": rng.normal(size=300), "b": rng.normal(size=300), "label": [f"c{i % 3}" for i in range(300)]}
    table = pyarrow.table(columns)
    parquet.write_table(table, folder / "t.parquet", row_group_size=100)
    feather.write_feather(table, folder / "t.feather", chunksize=100)
    np.savez(folder / "t.npz", features=rng.normal(size=(50, 3)), label=np.arange(50) % 3)
    return folder


@pytest.mark.parametrize("kind", ["parquet", "feather", "npz"])
@pytest.mark.parametrize("seed", range(8))
def test_damage_is_a_sentence(whole, tmp_path, kind, seed):
    rng, content = random.Random(seed), (whole / f"t.{kind}").read_bytes()
    told = []
    for _ in range(12):
        (tmp_path / f"t.{kind}").write_bytes(damaged(content, rng))
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            try:
                assert np.isfinite(load_data(str(tmp_path / f"t.{kind}")).features).all()
            except InputError as error:
                told.append(str(error))
    assert told
    assert all((f"t.{kind}" in sentence or "column" in sentence) and len(sentence) < 600 for sentence in told)


def test_where_a_parquet_file_is_damaged_is_said(whole, tmp_path):
    """In the pages of the last row group: those before it were read."""
    from pyarrow import parquet

    content = bytearray((whole / "t.parquet").read_bytes())
    last = parquet.ParquetFile(whole / "t.parquet").metadata.row_group(2).column(0)
    start = last.dictionary_page_offset or last.data_page_offset
    content[start : start + 12] = b"\xff" * 12
    (tmp_path / "t.parquet").write_bytes(bytes(content))
    with pytest.raises(InputError, match=r"a readable Parquet file, got t\.parquet"):
        load_data(str(tmp_path / "t.parquet"))
