r"""Linear teacher-student: the loss of the embedding model with the moments of inputs and labels.

Section 7 of the notes.  Sums over a sample stand for the mean over any distribution of inputs and labels; normal inputs are
assumed where it is said.
"""

TITLE = "The linear teacher-student: one object with the embedding model"
SUMMARY = (
    "A linear student $E\\xi$ and learnable labels attract each other over a population of inputs. Second moments of "
    "the inputs, class masses and class means take the places of degrees and couplings, so that every formula in the "
    "canonical correlations carries over. A teacher that is the largest of $K$ linear fields has them in closed form: "
    "a linear student is frustrated even by clean labels."
)
REFERENCES = (
    "The embedding-only model: see its own derivation, which this one reduces to.",
    "C. Stein 1981: the mean of a normal variable against a function is that of the function's gradient.",
    "The model is a reconstruction from the abstract of arXiv:2604.09979.",
)
