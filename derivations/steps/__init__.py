"""Results of analyses as steps of derivations: each with a check that shares no code with the analysis."""
