"""Expansions in a small parameter: Puiseux series of eigenvalues, their remainders, time scales."""
