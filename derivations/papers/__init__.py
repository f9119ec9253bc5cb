"""A study as a short paper: page, LaTeX, PDF, figures, JSON, and a test file that runs by itself."""

from derivations.papers.write import write_study as write_study
