"""Two-time dynamical mean-field theory of a wide random head: equations, a causal and an iterated solver, limits."""
