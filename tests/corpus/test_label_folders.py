"""Corpora whose folders are no labels are refused, and never make a recogniser of something else."""

from pathlib import Path

import pytest

from minser import recipes
from minser.corpus import dataset
from minser.corpus.folders import find_recordings

TOY = recipes.read("toy")


def make(root: Path, *names: str) -> Path:
    """Make empty files."""
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    return root


def crossed(pattern: str, firsts: str, seconds: str) -> list[str]:
    """Return names for all pairs of words."""
    return [pattern.format(first, second) for first in firsts.split() for second in seconds.split()]


REFUSED = {  # layouts of published corpora, and what the pattern finds in them
    "ESD": (crossed("{0}/{1}/{0}_000351.wav", "0001 0011", "Angry Happy Surprise"), "Angry|Happy|Surprise"),
    "EmoV-DB": (crossed("{0}/{1}/{1}_1-28_0001.wav", "bea sam", "Amused Angry"), "Amused|Angry"),
    "in one folder": (crossed("nEMO/{}_{}_01.wav", "ABC DEF", "anger fear neutral"), "anger|fear|neutral"),
    "names of files": (crossed("{0}/{0}_{1}_1.wav", "female1 male2", "angry sad"), "angry|sad"),
    "a part's": (crossed("{}/{}/a.wav", "train test", "happiness sadness"), "happiness|sadness"),
    "TESS-like": (crossed("{}_{}/a.wav", "bea sam", "Amused Angry"), "Amused|Angry"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_folders_that_hold_or_name_emotions_and_more_are_refused_with_a_pattern_that_works(tmp_path, name):
    files, words = REFUSED[name]
    make(tmp_path, *files)
    with pytest.raises(ValueError, match=r"name .*: say by data.label_pattern what the labels are") as error:
        find_recordings(tmp_path)
    assert f"such as '(?P<label>{words})'" in str(error.value)
    recordings, names = find_recordings(tmp_path, label_pattern=f"(?P<label>{words})")
    assert ("|".join(names), len(recordings)) == (words, len(files))


@pytest.mark.parametrize(
    "names", ["train_splits dev_splits_complete", "Session1 Session2", "actor_11 actor_12", "male female"]
)
def test_parts_and_speakers_of_a_corpus_are_no_labels(tmp_path, names):
    make(tmp_path, *crossed("{}/dia{}_utt0.wav", names, "0 1"))
    with pytest.raises(ValueError, match=r"are parts or speakers of a corpus: say by data.label_pattern"):
        find_recordings(tmp_path)
    assert find_recordings(tmp_path, label_pattern="^(?P<label>[^/]+)/")[1] == tuple(sorted(names.split()))


@pytest.mark.parametrize(
    "files",
    [
        crossed("{}/session{}/a.wav", "angry sad", "1 2"),
        crossed("{}/{}/a.wav", "angry sad", "train test"),
        crossed("{}/not_{}.wav", "angry sad", "happy calm"),
        ["happy/a.wav", "very_happy/a.wav", "sad/a.wav"],
        ["angry_1/a.wav", "happy_2/a.wav"],
        ["talk/anna_1.wav", "talk/anna_2.wav", "talk/happy.wav", "talk/sad.wav", "song/a.wav"],
        ["Angstschrei/a.wav", "Wut/b.wav"],
    ],
)
def test_folders_that_are_labels_are_taken(tmp_path, files):
    assert len(find_recordings(make(tmp_path, *files))[0]) == len(files)


def test_a_published_corpus_is_no_label_beside_another_one(tmp_path):
    make(tmp_path, *crossed("EMO-DB/wav/{}a01{}a.wav", "03 08", "F N W"), *crossed("mine/{}_{}.wav", "a b c d", "1 2"))
    told = r"EMO-DB: expected sounds of one label, found EMO-DB, beside 8 files of another corpus: name the folder"
    with pytest.raises(ValueError, match=told):
        dataset.list_clips(TOY, tmp_path)
    own = TOY.replace({"data.label_pattern": "(?P<label>a|b)_"})
    assert dataset.list_clips(own, tmp_path)[2] == ("a", "b")
