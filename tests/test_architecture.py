"""The house stands as drawn: imports run one way, heavy libraries stay out, and data files are where the code expects them."""

import re
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def run_python(code):
    """Run code in a fresh interpreter, which no earlier import and no logging set-up has touched."""
    return subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)


def test_import_contracts_are_kept():
    checked = run_python("from importlinter.cli import lint_imports; raise SystemExit(lint_imports(no_cache=True))")
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_importing_theory_loads_no_heavy_library():
    heavy = {"jinja2", "matplotlib", "networkx", "pandas", "scipy.integrate", "sklearn"}
    modules = set(run_python("import sys, theory; print(*sys.modules)").stdout.split())
    assert "theory" in modules
    assert not modules & heavy


@pytest.mark.parametrize("package", ["theory", "derivations"])
def test_package_declares_its_types(package):
    assert files(package).joinpath("py.typed").is_file()


def test_every_font_of_the_vendored_stylesheet_is_there():
    katex = files("derivations") / "rendering" / "katex"
    wanted = set(re.findall(r"fonts/(\w+-\w+\.woff2)", katex.joinpath("katex.min.css").read_text(encoding="utf-8")))
    assert wanted
    assert wanted == {font.name for font in katex.joinpath("fonts").iterdir()}
