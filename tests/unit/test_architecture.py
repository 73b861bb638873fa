"""Imports go one way, heavy packages come in where they are used, and every name at the door resolves."""

from __future__ import annotations

import ast
import functools
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

import sscell as ss

PACKAGE = Path(ss.__file__).parent

# Step of the flow -> the steps it may import beside GROUND and itself; a step knows only steps above it.
GROUND = ("errors", "constants", "provenance", "jax_setup", "folder", "rounding", "threads", "progress")
ALLOWED: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(GROUND, ()),
    "records": (),
    "recipe": (),
    "protocol": (),
    "protocols": ("protocol",),
    "interface": ("recipe",),
    "layers": ("interface",),
    "cell": ("layers", "interface", "recipe", "records"),
    "circuit": ("records",),
    "engines": ("circuit", "cell", "layers", "protocol", "records"),
    "data": ("records",),
    "validation": ("records",),
    "relaxation": ("records",),
    "fit": ("relaxation", "validation", "circuit", "records"),
    "study": ("fit", "engines", "data", "cell", "interface", "protocols", "protocol", "recipe", "records"),
    "report": (
        *("study", "engines", "cell", "interface", "protocol", "recipe"),
        *("fit", "relaxation", "validation", "data", "circuit", "records"),
    ),
    "cli": ("report", "study", "fit", "data", "circuit", "records"),
}
# Other package -> the one place of ours that imports it.
ONLY_IN = {
    "pybamm": "sscell.engines.pybamm",
    "casadi": "sscell.engines.pybamm",
    "matplotlib": "sscell.report",
    "jinja2": "sscell.report",
    "pydantic": "sscell.study",
    "typer": "sscell.cli",
    "galvani": "sscell.data",
    "zahner_analysis": "sscell.data",
    "openpyxl": "sscell.data",
}

HEAVY = (
    *("pybamm", "jax", "pandas", "matplotlib", "impedance", "scipy", "pydantic"),
    *("xarray", "typer", "rich", "openpyxl"),
)

# Names of design.md, section 1, that exist in this step.
DOOR = {
    "Recipe",
    "interface_from_recipe",
    "Cell",
    "CellDesign",
    "simulate",
    "protocols",
    "impedance",
    "impedance_budget",
    "CellState",
    "CyclingTrace",
    "Spectrum",
    "read_spectra",
    "read_cycling",
    "kramers_kronig",
    "Circuit",
    "fit_circuit",
    "run_study",
    "simulate_many",
    "impedance_many",
}


@functools.cache
def modules() -> dict[str, list[str]]:
    """Module name -> the modules it imports, wherever in the file the import stands."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        imports: list[str] = []
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                imports += [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0 and node.module, f"{name}: relative import"
                whole = node.module == "sscell"
                imports += [f"sscell.{alias.name}" for alias in node.names] if whole else [node.module]
        found[name] = imports
    return found


def step(module: str) -> str:
    """'sscell.cell.laws' -> 'cell'."""
    return module.split(".")[1]


def test_table_goes_one_way() -> None:
    order = list(ALLOWED)
    for here, known in ALLOWED.items():
        assert all(order.index(there) < order.index(here) for there in known), here


def test_imports_follow_the_table() -> None:
    """Against the direction of the flow nothing is imported, not even inside a function."""
    wrong = [
        f"{module} imports {there}"
        for module, imports in modules().items()
        if module != "sscell"  # the door opens on every step, when asked
        for there in imports
        if there.startswith("sscell.")
        if step(there) not in (step(module), *GROUND, *ALLOWED[step(module)])
    ]
    assert wrong == []


@pytest.mark.parametrize("package", ONLY_IN)
def test_package_is_imported_in_one_place(package: str) -> None:
    users = {m for m, imports in modules().items() if any(i.split(".")[0] == package for i in imports)}
    place = ONLY_IN[package]
    assert users, f"nothing imports {package}: take it out of the table"
    assert {m for m in users if m != place and not m.startswith(f"{place}.")} == set()


@pytest.mark.parametrize(
    ("code", "heavy"),
    [
        ("import sscell", HEAVY),
        ("import sscell as ss; ss.Cell.from_recipe(ss.Recipe(ald_cycles=15)).numbers", HEAVY),
        # Scenario files need pydantic; a function that only stands at the door needs nothing yet.
        ("import sscell as ss; [getattr(ss, name) for name in ss.__all__]", set(HEAVY) - {"pydantic"}),
    ],
    ids=["import", "a cell", "every name"],
)
def test_import_is_light(code: str, heavy: Iterable[str]) -> None:
    """No package that a user must wait for is loaded before it is needed."""
    code = f"{code}; import sys; print(*[name for name in {tuple(heavy)} if name in sys.modules])"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.split() == []


@pytest.mark.parametrize("name", ss.__all__)
def test_name_at_the_door_resolves(name: str) -> None:
    assert getattr(ss, name) is not None
    assert name in dir(ss)


def test_door_has_the_contract() -> None:
    assert set(ss.__all__) >= DOOR
    assert set(ss.__all__) == set(ss._DOOR)


def test_unknown_name_at_the_door() -> None:
    with pytest.raises(AttributeError, match="module 'sscell' has no attribute 'Cells'"):
        _ = ss.Cells
