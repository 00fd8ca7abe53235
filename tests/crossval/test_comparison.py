import json
from pathlib import Path

from minser.crossval import __main__ as crossval

LUNA = Path("runs", "crossval", "toy", "luna")


def test_a_leaky_protocol_says_so_beside_an_honest_one(call, capsys):
    leaky = ["--set", "data.split=random_80_10_10"]
    assert call(*leaky, "--compare", "published", "luna") == 0
    out = capsys.readouterr().out
    assert "toy under published (random20)" in out
    assert "the parts share speakers" in out
    assert "published                   luna                        gap" in out
    folders = [LUNA.parent / name for name in ("published", "luna")]
    first, second = (json.loads((folder / "summary.json").read_text()) for folder in folders)
    gap = 100 * (first["scores"]["uar"]["mean"] - second["scores"]["uar"]["mean"])
    line = next(line for line in out.splitlines() if line.strip().startswith("uar") and line.count("[") == 3)
    assert f"{gap:+.1f} [" in line
    # what is stored can be compared where there is no corpus
    assert crossval.main(["--recipe", "toy", "--data", "/nowhere", "--compare", *map(str, folders)]) == 0
    assert capsys.readouterr().out.partition("gap\n")[2] == out.partition("gap\n")[2]
