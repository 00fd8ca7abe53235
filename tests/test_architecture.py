"""The plan of the house, held by its imports: arrows point down, the wings stay apart, nothing hides."""

import ast
import graphlib
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1] / "minser"

COMMANDS = ["train", "evaluate", "predict", "crossval", "tune", "explore", "explain", "data", "grade", "web", "export"]
COMMANDS += ["__main__"]
STAGES = {
    0: ["__init__", "runtime", "system", "recipes", "kernels"],
    1: ["audio"],
    2: ["features"],
    3: ["augment"],
    4: ["corpus"],
    5: ["nn"],
    6: ["models"],
    7: ["evaluation"],
    8: ["training", "explanation"],
    9: ["plots"],
    10: ["runs"],
    11: ["study", "recognizer"],
    12: COMMANDS,
}
STAGE = {part: stage for stage, parts in STAGES.items() for part in parts}
SOUND, NETWORK = {"audio", "features", "augment", "corpus"}, {"nn", "models"}
GENERATORS = {"default_rng", "Generator", "SeedSequence", "BitGenerator", "PCG64", "Philox"}


def module_name(path: Path) -> str:
    """Return the dotted name under which a file is imported."""
    parts = path.relative_to(ROOT.parent).with_suffix("").parts
    return ".".join(parts[:-1] if len(parts) > 2 and parts[-1] == "__init__" else parts)


MODULES = {module_name(path): ast.parse(path.read_text(encoding="utf-8")) for path in sorted(ROOT.rglob("*.py"))}


def part_of(name: str) -> str:
    """Return the part of the house that a module belongs to: ``minser.audio.io`` to ``audio``."""
    return name.split(".")[1] if "." in name else "__init__"


def imported(tree: ast.AST) -> Iterator[str]:
    """Yield the full name of everything that a module imports, also inside functions."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{'.' * node.level}{node.module or ''}.{alias.name}" for alias in node.names)


def arrows(tree: ast.AST) -> set[str]:
    """Return the modules of the house that a module imports."""
    found = set()
    for name in imported(tree):
        if name.split(".")[0] == "minser":
            owner = name if name in MODULES else name.rpartition(".")[0]
            found.add("minser.__init__" if owner in ("", "minser") else owner)
    return found


def point_up(name: str, tree: ast.AST) -> list[str]:
    """Arrows to a higher stage, or to another part of the same."""
    part = part_of(name)
    return [
        f"{name} imports {target}"
        for target in arrows(tree)
        if part_of(target) != part
        and STAGE[part_of(target)] >= STAGE[part]
        and "minser.__init__" not in (name, target)  # it comes before all others, and sets the runtime
    ]


def import_commands(name: str, tree: ast.AST) -> list[str]:
    """Arrows to a command from outside of it."""
    targets = {part_of(target) for target in arrows(tree)} - {part_of(name)}
    return [f"{name} imports the command {target}" for target in targets & set(COMMANDS)]


def join_the_wings(name: str, tree: ast.AST) -> list[str]:
    """Arrows between sound and network."""
    targets = {part_of(target) for target in arrows(tree)}
    own, other = (SOUND, NETWORK) if part_of(name) in SOUND else (NETWORK, SOUND)
    return [f"{name} imports {target}" for target in targets & other if part_of(name) in own]


def import_matplotlib(name: str, tree: ast.AST) -> list[str]:
    """Imports of matplotlib outside of plots."""
    return [
        f"{name} imports {target}"
        for target in imported(tree)
        if target.split(".")[0] == "matplotlib" and part_of(name) != "plots"
    ]


def compile_loops(name: str, tree: ast.AST) -> list[str]:
    """Loops for numba outside of kernels."""
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    names |= {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    return [f"{name} uses {word}" for word in names & {"njit", "jit", "prange"} if part_of(name) != "kernels"]


def use_global_randomness(name: str, tree: ast.AST) -> list[str]:
    """Random numbers from anything but a generator that is handed in."""
    used = {ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    forbidden = rf"(np|numpy)\.random\.(?!({'|'.join(GENERATORS)})$)\w+"
    return [f"{name} uses {path}" for path in used | set(imported(tree)) if re.fullmatch(forbidden, path)] + [
        f"{name} imports {path}" for path in imported(tree) if path.split(".")[0] == "random"
    ]


def use_pickle(name: str, tree: ast.AST) -> list[str]:
    """Whatever runs code from a file."""
    roots = {target.split(".")[0] for target in imported(tree)}
    allowed = any(
        isinstance(node, ast.keyword) and node.arg == "allow_pickle" and ast.unparse(node.value) != "False"
        for node in ast.walk(tree)
    )
    return [f"{name} imports {root}" for root in roots & {"pickle", "cloudpickle", "dill", "joblib", "shelve"}] + [
        f"{name} allows pickle"
    ] * allowed


def import_relatively(name: str, tree: ast.AST) -> list[str]:
    """Imports that the rules above could not read."""
    return [f"{name} imports {target}" for target in imported(tree) if target.startswith(".") or target.endswith("*")]


def hide_a_module(name: str, tree: ast.Module) -> list[str]:
    """Functions with the name of their file: importing one into the package hides the other."""
    functions = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    return [f"{name} has a function {word}" for word in functions & {name.rpartition(".")[2]}]


def say_nothing(name: str, tree: ast.Module) -> list[str]:
    """Files without a docstring that says what it holds."""
    return [] if ast.get_docstring(tree) else [f"{name} has no docstring"]


Rule = Callable[[str, ast.Module], list[str]]
PLANTED: list[tuple[Rule, str, str]] = [
    (point_up, "minser.audio.io", "from minser.features.mel import melspectrogram"),
    (point_up, "minser.nn.conv", "def f():\n    from minser import training"),
    (point_up, "minser.recipes.recipe", "import minser.kernels.conv"),
    (point_up, "minser.kernels.conv", "from minser import recipes"),
    (point_up, "minser.train", "from minser import evaluate"),
    (import_commands, "minser.__main__", "from minser import train"),
    (import_commands, "minser.runs.build", "from minser.train import main"),
    (join_the_wings, "minser.nn.conv", "from minser.audio import load"),
    (join_the_wings, "minser.corpus.toy.synthesis", "from minser import nn"),
    (import_matplotlib, "minser.nn.conv", "def f():\n    import matplotlib.pyplot as plt"),
    (import_matplotlib, "minser.train", "from matplotlib.figure import Figure"),
    (compile_loops, "minser.features.mel", "@numba.njit\ndef f(): pass"),
    (use_global_randomness, "minser.nn.init", "np.random.seed(0)"),
    (use_global_randomness, "minser.nn.init", "x = numpy.random.rand"),
    (use_global_randomness, "minser.nn.init", "from numpy.random import randn"),
    (use_global_randomness, "minser.nn.init", "import random"),
    (use_pickle, "minser.system.atomic", "import pickle"),
    (use_pickle, "minser.system.atomic", "np.load(path, allow_pickle=True)"),
    (import_relatively, "minser.nn.conv", "from . import layer"),
    (import_relatively, "minser.nn.conv", "from .layer import Layer"),
    (import_relatively, "minser.nn.conv", "from minser.nn.layer import *"),
    (hide_a_module, "minser.features.stft", "def stft(): pass"),
    (say_nothing, "minser.system.atomic", "x = 1"),
]
RULES = list(dict.fromkeys(rule for rule, _, _ in PLANTED))


@pytest.mark.parametrize("rule", RULES)
def test_no_module_would(rule: Rule) -> None:
    assert [offence for name, tree in MODULES.items() for offence in rule(name, tree)] == []


@pytest.mark.parametrize(("rule", "name", "source"), PLANTED)
def test_who_did_would_be_named(rule: Rule, name: str, source: str) -> None:
    assert any(name in offence for offence in rule(name, ast.parse(source)))


@pytest.mark.parametrize("rule", RULES)
def test_honest_modules_pass(rule: Rule) -> None:
    source = '"""Text."""\nimport numpy as np\nfrom minser.recipes import Recipe\nrng = np.random.default_rng(0)\n'
    assert rule("minser.runs.build", ast.parse(source)) == []
    assert (
        rule(
            "minser.corpus.toy.synthesis",
            ast.parse(source + "from minser.corpus.toy import voice\nimport minser.audio"),
        )
        == []
    )


def test_every_module_has_a_stage() -> None:
    assert {part_of(name) for name in MODULES} - STAGE.keys() == set()


def test_imports_go_in_no_circle() -> None:
    graphlib.TopologicalSorter({name: arrows(tree) - {name} for name, tree in MODULES.items()}).prepare()


def test_every_file_says_in_its_name_what_it_holds() -> None:
    assert {name.rpartition(".")[2] for name in MODULES} & {"utils", "util", "helpers", "misc", "common"} == set()
