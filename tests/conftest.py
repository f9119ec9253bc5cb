"""Hypothesis profiles: no deadlines anywhere, the same examples on every run of continuous integration.

``--hypothesis-profile=thorough`` looks more than ten times longer.
"""

import os
import signal

import pytest

if "PYTEST_XDIST_WORKER" in os.environ:  # workers fill the processors; threads of linear algebra beside them only wait
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from hypothesis import HealthCheck, settings

settings.register_profile(
    "local", deadline=None, max_examples=12, report_multiple_bugs=False, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("thorough", parent=settings.get_profile("local"), max_examples=150)
settings.register_profile(
    "ci-reproducible", parent=settings.get_profile("local"), derandomize=True, database=None, print_blob=True
)
settings.load_profile("ci-reproducible" if os.environ.get("CI") == "true" else "local")

# Shells start jobs in the background with Ctrl-C ignored, which children inherit; some tests send it.
signal.signal(signal.SIGINT, signal.default_int_handler)

# Files whose tests share nothing and are long: each of them may go to another worker.
APART = ("test_every_formula_is_checked.py",)


def pytest_collection_modifyitems(items):
    """Tests of a file stay together, and all files that look at the whole catalogue, which is then verified once."""
    looking = {item.path for item in items if "checked" in getattr(item, "fixturenames", ())}
    for item in items:
        if item.path.name not in APART:
            item.add_marker(pytest.mark.xdist_group("catalogue" if item.path in looking else str(item.path)))
        elif "checked" in item.fixturenames:
            item.add_marker(pytest.mark.xdist_group("catalogue"))
