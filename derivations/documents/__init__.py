"""Pages and papers from strings: HTML, LaTeX, PDF, and files written at once or not at all."""
