"""The linear flow at a fixed point: characteristic polynomial, stability, bifurcations, certificates."""
