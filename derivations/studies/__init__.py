"""Everything that is found of a model: from its loss to states at rest, their stability, time scales and simulations."""
