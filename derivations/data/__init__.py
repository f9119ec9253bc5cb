"""Data in files and arrays: tables that are read chunk by chunk, data sets for reports, and tables of couplings."""

from derivations.data.chunks import Table, of_arrays
from derivations.data.files import of_file
from derivations.data.tables import CouplingTable, DataSet, load, load_couplings, looks_continuous

__all__ = ["CouplingTable", "DataSet", "Table", "load", "load_couplings", "looks_continuous", "of_arrays", "of_file"]
