"""Sweeps over grids of parameters, on Dask's local scheduler, to labelled datasets."""

from derivations.sweeps.gridded import sweep

__all__ = ["sweep"]
