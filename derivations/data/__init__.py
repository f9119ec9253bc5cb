"""Data in files and arrays: tables that are read chunk by chunk, data sets for reports, and tables of couplings."""

from derivations.data.chunks import Table, table_of_arrays
from derivations.data.files import table_of_file
from derivations.data.pairs import load_pairs, load_signed
from derivations.data.tables import CouplingTable, DataSet, load_couplings, load_data, looks_continuous

__all__ = [
    "CouplingTable",
    "DataSet",
    "Table",
    "load_couplings",
    "load_data",
    "load_pairs",
    "load_signed",
    "looks_continuous",
    "table_of_arrays",
    "table_of_file",
]
