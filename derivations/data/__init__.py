"""Data in files and arrays: tables that are read chunk by chunk, data sets for reports, and tables of couplings."""

from derivations.data.chunks import Table, table_of_arrays
from derivations.data.couplings import CouplingTable, load_couplings
from derivations.data.examining import looks_continuous
from derivations.data.files import table_of_file
from derivations.data.pairs import load_pairs, load_signed
from derivations.data.reading import Reading
from derivations.data.tables import DataSet, collect_rows, load_data

__all__ = [
    "CouplingTable",
    "DataSet",
    "Reading",
    "Table",
    "collect_rows",
    "load_couplings",
    "load_data",
    "load_pairs",
    "load_signed",
    "looks_continuous",
    "table_of_arrays",
    "table_of_file",
]
