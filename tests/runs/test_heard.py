"""What a network has heard stays out of the test part of the next one; nothing is trained here."""

import unicodedata
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from minser import audio, recipes
from minser.corpus.dataset import IMAGES, load_dataset
from minser.corpus.splits.split import COPIES, Split
from minser.runs import heard, run_folder
from minser.runs.heard import TRAINED_ON, check_unseen

RECIPE = recipes.read("toy").replace({"features.n_mels": 16, "features.sr": 8000, "features.trim_top_db": 0})
RAVDESS = RECIPE.replace({"data.corpus": "ravdess"})
RANDOM = RAVDESS.replace({"data.split": "random_80_10_10"})


def run(root, recipe=RAVDESS, **changes):
    """Begin a run of the current directory on a corpus, and return its folder."""
    recipe = recipe.replace({name.replace("__", "."): value for name, value in changes.items()})
    folder = Path(f"run{len(list(Path.cwd().glob('run*')))}")
    folder.mkdir()
    run_folder.create_run(folder, recipe, load_dataset(recipe, root))
    return folder


def check(first, root, recipe=RAVDESS, **changes):
    """Ask whether a network of the recipe may start from a run."""
    recipe = recipe.replace({name.replace("__", "."): value for name, value in changes.items()})
    check_unseen(first, load_dataset(recipe, root))


def refused(what):
    return pytest.raises(ValueError, match=rf"run\d was trained on {what}, which .* holds out: start from a run on the")


def write_noise(path, *seed):
    path.parent.mkdir(parents=True, exist_ok=True)
    audio.save(path, 0.1 * np.random.default_rng(seed).standard_normal(1600), sr=8000)


def record(root, speakers, *, seed=0):
    """Write own recordings of some speakers, who say something else with each seed."""
    for number, label in enumerate(("angry", "sad")):
        for speaker in speakers:
            for take in range(3):
                write_noise(Path(root, label, f"{speaker}_{seed}{take}.wav"), seed, ord(speaker), number, take)
    return Path(root)


@pytest.fixture(scope="module")
def sung(tmp_path_factory):
    """Return a corpus of speech and song."""
    root = tmp_path_factory.mktemp("sung")
    for channel in (1, 2):
        for actor in range(1, 25):
            for emotion in (1, 5):
                name = f"03-0{channel}-0{emotion}-01-01-01-{actor:02d}.wav"
                write_noise(root / f"Actor_{actor:02d}" / name, channel, actor, emotion)
    return root


def test_the_word_for_the_corpus_opens_no_door(workplace, tiny_corpus):
    first = run(tiny_corpus, RECIPE, data__fold=1)  # toy's recipe, with --data RAVDESS
    check(first, tiny_corpus, data__fold=1)
    with refused("03-01-.*-02"):
        check(first, tiny_corpus, data__fold=0)


def test_a_random_split_holds_out_other_clips_with_another_seed(workplace, tiny_corpus):
    first = run(tiny_corpus, RANDOM)
    check(first, tiny_corpus, RANDOM)
    with refused("03-01-.*"):
        check(first, tiny_corpus, RANDOM, training__seed=1)


def test_song_that_trained_is_not_tested_afterwards(workplace, sung):
    with refused("03-02-.*"):
        check(run(sung, RANDOM, data__song=True), sung, RANDOM, data__speech=False, data__song=True)


def test_song_first_and_speech_after_need_the_same_fold(workplace, sung):
    song = run(sung, data__speech=False, data__song=True)
    check(song, sung)
    check(song, sung, data__split="all", training__select="last")
    with refused("the speaker of 03-01-.*"):
        check(song, sung, data__fold=1)
    check(run(sung, RANDOM, data__speech=False, data__song=True), sung, RANDOM)  # shares speakers, and says so


def test_own_recordings_without_speakers_are_split_by_the_seed(workplace):
    own = record("own", "abcdefgh")
    first = run(own)
    check(first, own)
    with refused("(angry|sad)/.*"):
        check(first, own, training__seed=1)


def test_own_speakers_are_known_by_name_in_another_folder(workplace):
    who = {"data__speaker_pattern": "^[^_]+"}
    first = run(record("old", "abc"), **who)  # fold 0 tests a and trains on c
    check(first, record("other", "def", seed=1), **who)
    with refused("the speaker of angry/c_10"):
        check(first, record("new", "cde", seed=1), **who)


def test_own_speakers_are_known_in_another_spelling(workplace):
    who = {"data__speaker_pattern": "^[^_]+"}
    first = run(record("old", "abc"), **who)
    check(first, record("other", "DEF", seed=1), **who)
    with refused("the speaker of angry/C_10"):
        check(first, record("new", "CDE", seed=1), **who)


def test_a_clip_is_known_in_either_form_of_its_name(workplace):
    first = run(record("own", "äéèñöåüž"))
    (part,) = heard.read_parts(first)
    clips = tuple(unicodedata.normalize("NFD", clip) for clip in part["clips"])
    assert not set(clips) & set(part["clips"])
    (first / TRAINED_ON).write_text(heard.to_text([part | {"clips": clips, "audio": []}]))
    with refused("(angry|sad)/._.*"):
        check(first, Path("own"), training__seed=1)


def test_the_same_audio_under_another_name_is_the_same(workplace, tiny_corpus):
    for clip in tiny_corpus.rglob("03-01-0[15]-*.wav"):
        path = Path("own", clip.name[6:8], f"{clip.name[-6:-4]}.wav")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(clip.read_bytes())
    with refused("0[15]/.*"):
        check(run(tiny_corpus), Path("own"), data__speaker_pattern=".*")


def test_what_the_first_weights_came_from_counts_too(workplace, tiny_corpus):
    first = run(tiny_corpus, data__fold=1)
    second = run(record("own", "abcdefgh"), model__weights=str(first))
    with refused("03-01-.*"):
        check(second, tiny_corpus)


@pytest.mark.parametrize(("source", "is_refused"), [("RAVDESS", True), ("synthetic voices", False), (IMAGES, True)])
def test_names_and_actors_mean_something_within_a_corpus_only(workplace, tiny_corpus, source, is_refused):
    first = run(tiny_corpus, data__fold=1)
    (part,) = heard.read_parts(first)
    (first / TRAINED_ON).write_text(heard.to_text([part | {"source": source, "audio": []}]))
    if is_refused:
        with refused("03-01-.*"):
            check(first, tiny_corpus)
    else:
        check(first, tiny_corpus)


def test_copies_that_the_split_owns_up_to_are_no_news(workplace, tiny_corpus):
    dataset = load_dataset(RAVDESS, tiny_corpus)
    train, val, test = np.arange(150), np.arange(140, 170), np.arange(170, len(dataset.clips))
    copied = replace(dataset, split=Split(train, val, test, "copied", f"speakers, {COPIES}"))
    first = Path("run0")
    first.mkdir()
    run_folder.create_run(first, RAVDESS, copied)
    check_unseen(first, copied)


def test_a_damaged_list_is_one_line(workplace, tiny_corpus):
    first = run(tiny_corpus)
    for text in ("", "{}x", "[1]", '[{"source": "RAVDESS"}]'):
        (first / TRAINED_ON).write_text(text)
        with pytest.raises(ValueError, match=r"run0/trained_on\.json: damaged"):
            check(first, tiny_corpus)
