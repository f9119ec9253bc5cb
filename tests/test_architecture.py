"""The house stands as drawn: imports run one way, heavy libraries stay out, and data files are where the code expects them."""

import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import grimp
import networkx
import pytest

import derivations
import theory
from derivations import figures

ROOT = Path(__file__).parents[1]


def run_python(code):
    """Run code in a fresh interpreter, which no earlier import and no logging set-up has touched."""
    return subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)


def test_import_contracts_are_kept():
    checked = run_python("from importlinter.cli import lint_imports; raise SystemExit(lint_imports(no_cache=True))")
    assert checked.returncode == 0, checked.stdout + checked.stderr


@pytest.fixture(scope="module")
def imported_by():
    """The modules that import a module or one inside it, from outside it."""
    graph = grimp.build_graph("theory", "derivations")

    def importers(module):
        inside = {module, *graph.find_descendants(module)}
        return set().union(*map(graph.find_modules_that_directly_import, inside)) - inside

    return importers


@pytest.mark.parametrize("name", derivations.names())
def test_nobody_imports_from_a_derivation(imported_by, name):
    """Neither its steps nor the evidence that they are held against: what others need stands in ``closed_forms``."""
    assert imported_by(f"derivations.catalogue.{name}") == set()


def test_derivations_are_asked_for_by_name(imported_by):
    assert imported_by("derivations.catalogue") == {
        "derivations.cli.check",
        "derivations.cli.derive",
        "derivations.report.making",
    }
    assert imported_by("derivations.catalogue.model") == {"derivations.cli.derive"}


@pytest.mark.parametrize(
    "said", ["--version", "--help", "report --help", "reprot", "simulate --wrong", "derive --list", "study --list"]
)
def test_what_needs_no_computing_is_answered_without_loading_what_computes(said):
    code = f"""
import sys
from derivations.cli import main
try:
    main({said.split()!r}, standalone_mode=False)
except BaseException as error:
    print(type(error).__name__, error, file=sys.stderr)
print("", *sys.modules, sep="\\n")
"""
    modules = set(run_python(code).stdout.split("\n"))
    assert "derivations.cli" in modules
    assert not modules & {"sympy", "numpy", "scipy", "matplotlib", "pandas"}


def test_importing_theory_loads_no_heavy_library():
    heavy = {"jinja2", "matplotlib", "networkx", "pandas", "scipy.integrate", "sklearn", "theory.dmft.response"}
    every_name = "import sys, theory; found = [getattr(theory, name) for name in theory.__all__]; print(*sys.modules)"
    modules = set(run_python(every_name).stdout.split())
    assert {"theory", "theory.simulation"} <= modules
    assert not modules & heavy


def test_one_figure_loads_nothing_that_others_show():
    modules = set(run_python("import sys; from derivations.figures import spectrum; print(*sys.modules)").stdout.split())
    assert {"matplotlib", "derivations.figures.spectra"} <= modules
    assert not modules & {"derivations.agreement", "derivations.analysis", "derivations.diagnosis", "networkx"}


@pytest.mark.parametrize("package", [theory, theory.dmft, derivations, figures])
def test_every_public_name_is_found(package):
    assert {name for name in package.__all__ if not hasattr(package, name)} == set()
    assert package.__all__ == sorted(package.__all__)


def test_titles_of_derivations_are_there_without_their_steps():
    """Nothing that a step is made with is imported."""
    titles = "import sys, derivations as d; print(*(d.derive(n).title for n in d.names())); print(*sys.modules)"
    shown, modules = run_python(titles).stdout.splitlines()
    assert "Classifiable data do not collapse" in shown
    assert not {"theory.simulation", "derivations.analysis", "scipy"} & set(modules.split())


@pytest.mark.parametrize("package", ["theory", "derivations"])
def test_package_declares_its_types(package):
    assert files(package).joinpath("py.typed").is_file()


FACES = [
    # a flow has methods that hand it up to what is made of it
    {"theory.flow", "theory.integrals", "theory.lowering", "theory.compiled"},
    {"theory.simulation.storage", "theory.simulation.trajectory"},  # a run is saved and loaded by methods of its own
    {"theory.coupling", "theory.encoder"},  # Coupling.from_data makes an encoder, which is a coupling
]


def test_modules_import_each_other_in_a_circle_only_behind_the_listed_faces():
    graph = networkx.DiGraph()
    modules = grimp.build_graph("theory", "derivations", cache_dir=None)
    for module in modules.modules:
        graph.add_edges_from((module, other) for other in modules.find_modules_directly_imported_by(module))
    circles = [circle for circle in networkx.strongly_connected_components(graph) if len(circle) > 1]
    beyond = [c for c in circles if not any(all(any(m.startswith(face) for face in faces) for m in c) for faces in FACES)]
    assert beyond == []
