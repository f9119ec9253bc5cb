r"""Losses that are homogeneous of degree two in all embeddings: frustration collapses them all, no frustration is too weak.

The loss is not negative, has slopes and is zero only where every component of the coupling is at one point; mobilities are
diagonal and positive.  Squared distances are one of them.
"""

TITLE = "Degree two: why squared distances collapse, and every loss that scales as they do"
SUMMARY = (
    "A loss that grows fourfold where all embeddings double pulls all of them together: by Euler's theorem their squares fall "
    "at twice the loss. Nothing balances the pull at any size, and so a loss that is zero only without distances ends without "
    "distances. Where what a pair costs is between two multiples of its squared distance, from the slowest mode this "
    "takes a time between the same multiples of that of squared distances, and from any start no more: it grows as one over "
    "the frustrated fraction."
)
REFERENCES = (
    "With a head: see the derivations of the projection head; with what holds second moments: of whitening.",
    "The coupling is that of a reconstruction from the abstract of arXiv:2604.09979; the losses are not.",
)
