"""Hypothesis profiles: no deadlines anywhere, the same examples on every run of continuous integration.

``--hypothesis-profile=thorough`` looks more than ten times longer.
"""

import os
import re
import signal
from functools import cache
from pathlib import Path

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
ROOT = Path(__file__).parents[1]
APART = ("test_every_formula_is_checked.py",)
LOOKS_AT_THE_CATALOGUE = re.compile(r"^def (test_\w+)\([^)]*\bchecked\b", re.MULTILINE)


@cache
def tests_of_the_catalogue(path):
    """The tests of a file that look at the whole catalogue."""
    return set(LOOKS_AT_THE_CATALOGUE.findall((ROOT / path).read_text(encoding="utf-8"))) if path.endswith(".py") else set()


def group_of(test):
    """Tests of a file stay together, and all files that look at the whole catalogue, which is then verified once."""
    path, _, name = test.partition("::")
    looking = tests_of_the_catalogue(path)
    apart = Path(path).name in APART
    return "catalogue" if (name.partition("[")[0] in looking if apart else looking) else test if apart else path


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Groups by the names of tests: a mark of xdist (3.8) on a test does not reach its scheduler beside pytest 9.2."""
    from xdist.scheduler import LoadScopeScheduling

    class Groups(LoadScopeScheduling):
        def _split_scope(self, nodeid):
            return group_of(nodeid)

    return Groups(config, log) if config.getvalue("dist") == "loadscope" else None
