"""Running the command, and reading what it says."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
from click.testing import CliRunner
from sympy import symbols

from derivations import Derivation, Line, Step
from derivations.checks import Identity
from derivations.cli import main

x, y = symbols("x y", real=True)


def collapse(*arguments):
    """Run the command in this process."""
    return CliRunner().invoke(main, list(map(str, arguments)))


def in_a_new_process(*arguments, hidden=()):
    """Run the command as a user does, with some packages as good as not installed."""
    code = f"import sys; sys.modules.update(dict.fromkeys({list(hidden)})); from derivations.cli import main; main()"
    return subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=False)


def strictly(text):
    """JSON without the extensions of Python's reader."""

    def refuse(constant):
        raise AssertionError(f"{constant} is no JSON")

    return json.loads(text, parse_constant=refuse)


def write_table(path, classes=("cat", "dog"), each=20):
    """A CSV file of overlapping classes in three dimensions."""
    rng = np.random.default_rng(1)
    values = {kind: rng.standard_normal((each, 3)) + 1.5 * k for k, kind in enumerate(classes)}
    rows = [f"{a},{b},{c},{kind}" for kind, features in values.items() for a, b, c in features]
    Path(path).write_text("\n".join(["a,b,c,label", *rows]) + "\n")
    return path


def assert_refused(result, status=2):
    """One line on standard error that says what was expected, nothing on standard output, no traceback."""
    code = result.exit_code if hasattr(result, "exit_code") else result.returncode
    assert code == status, result.stderr
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    assert line.startswith("collapse: ")
    assert "Traceback" not in line


def derivation_of(left, right, name):
    """One step that claims that left is right, and checks just that."""

    def check(before, after):
        return Identity(((after[0].left, after[0].right),))

    return Derivation(name, f"Something {name}", "s", (Step("claim", "s", "r", (Line(left, right),), check=check),))


def false_derivation():
    return derivation_of(x, y, "false")
