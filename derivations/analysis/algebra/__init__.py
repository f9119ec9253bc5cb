"""Exact polynomials and numbers: factors, resultants, bases, number fields, and whether a number is zero."""
