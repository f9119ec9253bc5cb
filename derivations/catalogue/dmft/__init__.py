r"""Couplings drawn at random, averaged: samples integrated out, the cavity on a tree, and many links of each class.

Section 6 of the notes, with :math:`H=1`.  Classes have :math:`n_0` pure samples each; every frustrated sample is a link, of
weight q, between two of them.  The limits are taken in this order: first many classes, :math:`K\to\infty` with the links of a
class fixed, which makes the graph of classes a tree; then many links, :math:`c\to\infty`, which makes sums over neighbours
sharp.

>>> from derivations import derive
>>> derive("dmft")["cavity"].uses
('class_graph',)

When it fails: late times and few classes, where loops of links are felt; few links, where the second limit is not reached.
"""

TITLE = "Random couplings on average: memory, cavity, and many links"
SUMMARY = (
    "Samples are integrated out exactly and leave labels with a memory. For many classes the graph that frustrated "
    "samples make of them is a tree around almost every class, on which the response of a label follows from those "
    "of its neighbours: in closed form where every class has equally many links. Where each has many, the responses "
    "of neighbours add up to their mean, and one equation for one function is left. The same equations give the band "
    "of canonical correlations."
)
REFERENCES = (
    "The flow: see the derivation of the embedding-only model.",
    "The model is a reconstruction from the abstract of arXiv:2604.09979.",
    "H. Kesten, Symmetric random walks on groups, 1959; B. D. McKay, The expected eigenvalue distribution of a large "
    "regular graph, 1981: regular trees.",
    "A. J. Bray, G. J. Rodgers, Diffusion in a sparsely connected space, 1988: Poisson graphs.",
    "L. A. Pastur, On the spectrum of random matrices, 1972: Gaussian couplings beside a diagonal.",
)
