"""All fixed points of a polynomial flow."""
