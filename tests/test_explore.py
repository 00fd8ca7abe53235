"""The explore command on a corpus whose numbers are known, called as a user calls it."""

import json
import shutil

import pytest

from minser import explore
from minser.corpus.clip import EMOTIONS

PICTURES = {
    "angry_sad", "angry_sad_clips", "augmented_spectrograms", "augmented_waveforms", "centroid", "counts", "durations",
    "emotions", "level", "pitch", "trimming", "trimming_clip",
}  # fmt: skip


@pytest.fixture(scope="module")
def explored(tmp_path_factory, tiny_corpus):
    """Explore once for all tests."""
    out = tmp_path_factory.mktemp("explored") / "new" / "folder"
    assert explore.main(["--data", str(tiny_corpus), "--out", str(out)]) == 0
    return out


@pytest.mark.slow
def test_pictures_are_there(explored):
    assert {file.stem for file in explored.glob("*.png")} == PICTURES
    for file in explored.glob("*.png"):
        assert file.read_bytes().startswith(b"\x89PNG")


@pytest.mark.slow
def test_the_summary_holds_what_is_known_of_the_corpus(explored, tiny_corpus):
    tables = json.loads((explored / "summary.json").read_text())
    assert tables["corpus"] == str(tiny_corpus)
    assert tables["counts"]["emotion"] == {emotion: {"speech": 24} for emotion in EMOTIONS}
    assert tables["counts"]["sex"] == {"male": {"speech": 96}, "female": {"speech": 96}}
    for emotion in EMOTIONS:
        length = tables["duration_s"]["speech"][emotion]
        assert length["n"] == 24
        assert length["median"] == pytest.approx(1 / 3, abs=2e-4)  # 2666 samples at 8 kHz
        level = tables["rms_db"]["speech"][emotion]
        assert level["median"] == pytest.approx(-13.23, abs=0.1)  # 10 log10(0.3^2 / 2 + 0.05^2), and chance
    assert tables["kept_share"]["speech"] == pytest.approx({"30 dB": 1, "25 dB": 1, "20 dB": 1})
    for sex in ("male", "female"):
        assert tables["pitch_hz"][sex]["speech"]["neutral"]["median"] == pytest.approx(300, rel=0.01)
        assert tables["pitch_hz"][sex]["speech"]["calm"]["median"] == pytest.approx(600, rel=0.01)
    centroids = [tables["centroid_hz"]["speech"][emotion]["median"] for emotion in EMOTIONS]
    assert centroids == sorted(centroids)  # each emotion's tone is higher than the one before
    assert tables["examples"]["sad"]["clip"] == "03-01-04-01-01-01-01"
    assert "pitch shift: +4 semitones" in tables["augmented_waveforms"]
    assert "brightness: +10 dB" in tables["augmented_spectrograms"]
    assert tables["examples"]["sad"]["cuts_s"]["30"] == pytest.approx([0, 1 / 3], abs=2e-4)


@pytest.mark.slow
@pytest.mark.parametrize("drawn", [False, pytest.param(True, marks=pytest.mark.slow)])  # drawing takes seconds
def test_without_ravdess_the_embedded_corpus_is_explored_and_the_same_clips_give_the_same_bytes(
    explored, tiny_corpus, workplace, monkeypatch, capsys, drawn
):
    monkeypatch.setattr(explore, "find_corpus", lambda recipe, data: tiny_corpus)
    before = {file.name: file.read_bytes() for file in explored.iterdir()}
    if not drawn:
        monkeypatch.setattr(explore.plots, "save", lambda figure, path: path.write_bytes(before[path.name]))
    assert explore.main([]) == 0
    out = workplace / "runs" / "explore"
    assert {file.name: file.read_bytes() for file in out.iterdir()} == before
    lines = capsys.readouterr().out.splitlines()
    assert "embedded synthetic voices" in lines[0]
    assert lines[1].endswith(": RAVDESS")
    assert lines[11] == "all          192      1.1        24"
    assert any(line.startswith("speech neutral       24  0.33 s  -13.3 dBFS") for line in lines)
    assert lines[-1] == "12 pictures and summary.json are in runs/explore"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--data", "nowhere"], "nowhere: no such folder"),
        (["--data", "."], "two labels or more, found none"),
        (["--actor", "25"], "actor: expected one of 1, 2, 3"),
    ],
)
def test_bad_arguments_get_one_line_and_exit_code_2(arguments, message, workplace, tiny_corpus, monkeypatch, capsys):
    if "--data" not in arguments:
        monkeypatch.setenv("MINSER_DATA", str(tiny_corpus))
    assert explore.main(arguments) == 2
    err = capsys.readouterr().err
    assert message in err
    assert err.count("\n") == 1
    assert not (workplace / "runs").exists()


@pytest.mark.slow
def test_own_recordings_are_explored_too(workplace, tiny_corpus, monkeypatch, capsys):
    for emotion, label in (("01", "flat"), ("05", "loud"), ("04", "sad")):
        (workplace / "own" / label).mkdir(parents=True)
        for actor in "1234":
            clip = next(tiny_corpus.rglob(f"03-01-{emotion}-*-0{actor}.wav"))
            shutil.copy(clip, workplace / "own" / label / f"{actor}_a.wav")
    (workplace / "own" / "notes.txt").touch()
    drawn = []
    monkeypatch.setattr(explore.plots, "save", lambda figure, path: drawn.append(path.stem))
    assert explore.main(["--data", "own", "--set", "data.speaker_pattern=^[^_]+", "--actor", "3"]) == 0
    assert set(drawn) == PICTURES - {"angry_sad", "angry_sad_clips"}
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "own: own recordings"
    assert lines[1] == "class  clips  minutes  speakers"
    assert lines[6] == "left out: 1 file: 1 .txt"
    assert any(line.startswith("own flat      4  0.33 s  -13.") for line in lines)
    tables = json.loads((workplace / "runs" / "explore" / "summary.json").read_text())
    assert tables["pitch_hz"]["unknown"]["own"]["flat"]["median"] == pytest.approx(300, rel=0.01)
    assert tables["examples"]["loud"]["clip"] == "loud/3_a"
