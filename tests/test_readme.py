"""The READMEs' commands, links and names are true. What they run is run by CI."""

import contextlib
import importlib
import io
import re
import shlex
from pathlib import Path

import pytest

from minser import __main__ as listing
from minser import recipes
from minser.study.results import read_summary, results_table, sources_table

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / part / "README.md" for part in ("", "minser", "minser/models", "data", "tutorials/assignments")]
TEXT = {page: page.read_text(encoding="utf-8") for page in PAGES}
CONTINUATION = re.compile(r"\\\n\s*")
COMMANDS = sorted(
    {
        match
        for text in TEXT.values()
        for match in re.findall(r"python -m (?:minser|tests\.benchmark)[^\n`#]*", CONTINUATION.sub("", text))
    }
)


def command_module(name):
    """Return the module that ``python -m`` runs: a file, or a package's __main__."""
    module = importlib.import_module(name)
    return importlib.import_module(f"{name}.__main__") if hasattr(module, "__path__") else module


def help_text(module, *topic):
    """Return what a command, or one of its topics, prints with --help."""
    output = io.StringIO()
    with contextlib.redirect_stdout(output), pytest.raises(SystemExit):
        module.main([*topic, "--help"])
    return output.getvalue()


def test_the_readme_shows_the_two_commands_of_the_first_screen():
    first_screen = "\n".join(TEXT[ROOT / "README.md"].splitlines()[:25])
    assert "python -m pip install -e . && python -m minser.train\n" in first_screen
    assert 'python -m pip install -e ".[test]" && python -m pytest\n' in first_screen


@pytest.mark.parametrize("command", COMMANDS)
def test_command_and_its_flags_exist(command):
    _, _, name, *arguments = shlex.split(command)
    if name == "minser":
        return
    module = command_module(name)
    known = help_text(module, *(argument for argument in arguments[:1] if not argument.startswith("-")))
    for argument in arguments:
        if argument.startswith("--"):
            assert re.search(rf"{argument}\b", known), f"{name} has no {argument}"
    if "--recipe" in arguments:
        assert recipes.read(arguments[arguments.index("--recipe") + 1])


@pytest.mark.parametrize("table", [results_table, sources_table])
def test_results_are_what_is_stored(table):
    stored = [read_summary(file.parent) for file in sorted((ROOT / "data" / "results").glob("*/*/summary.json"))]
    assert table(stored) in TEXT[ROOT / "README.md"]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)]+)\)", TEXT[page]):
        if not target.startswith("http"):
            file, _, heading = target.partition("#")
            assert (page.parent / file).exists(), f"{page}: {target}"
            if heading:
                headings = re.findall(r"^#+ (.*)", (page.parent / file).read_text(encoding="utf-8"), re.MULTILINE)
                assert heading in [words.lower().replace(" ", "-") for words in headings]


@pytest.mark.parametrize("name", sorted(listing.COMMANDS))
def test_help_fits_a_screen_and_ends_with_an_example(name):
    lines = help_text(command_module(f"minser.{name}")).rstrip().splitlines()
    assert len(lines) <= 40
    assert any(line.startswith("example: python -m minser.") for line in lines[-3:])


def test_the_list_of_commands_is_complete(capsys):
    assert listing.main([]) == 0
    out = capsys.readouterr().out
    stage = {
        "bench",
        "crossval",
        "evaluate",
        "explain",
        "explore",
        "export",
        "grade",
        "predict",
        "train",
        "tune",
        "web",
    }
    there = {path.stem for path in (ROOT / "minser").iterdir() if path.stem in stage | {"data"}}
    assert there == set(listing.COMMANDS)
    assert all(f"minser.{name} " in out for name in there)


def test_the_map_names_every_part_of_the_house():
    house = TEXT[ROOT / "minser" / "README.md"]
    for path in (ROOT / "minser").iterdir():
        if path.suffix == ".py" and path.stem != "__init__":
            assert f"`{path.name}`" in house, path.name
        elif path.is_dir() and (path / "__init__.py").exists():
            assert f"`{path.name}/`" in house, path.name
