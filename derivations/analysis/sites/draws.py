"""Numbers for the symbols of a site, drawn at random, at which all holds that is known of signs there."""

from __future__ import annotations

import random
from collections.abc import Iterator

from derivations.analysis.sites.sign import Sign
from derivations.analysis.sites.site import Site

TRIES = 200  # points that are drawn
LARGEST = 1000  # number that is drawn


def draw_values(site: Site) -> Iterator[tuple[int, ...]]:
    """Whole numbers for all symbols, of which expressed ones are not to be read; none where roots are not rational."""
    if site.roots:
        return
    generator, ring = random.Random(0), site.ring
    signs = [site.signs.of(ring.gen(x)) for x in ring.symbols]
    facts = [(top * bottom, sign) for p, sign in site.signs.stated for top, bottom in [site.normal(p)]]
    for _ in range(TRIES):
        values = tuple(_draw_number(generator, sign) for sign in signs)
        if all(sign_of(int(p(*values))) in sign for p, sign in facts):
            yield values


def _draw_number(generator: random.Random, sign: Sign) -> int:
    return generator.choice(sorted(sign)) * generator.randint(1, LARGEST)


def sign_of(number: int) -> int:
    """-1, 0 or 1."""
    return (number > 0) - (number < 0)
