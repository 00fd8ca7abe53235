"""Folds, seeds and clips of each protocol, as the papers and minser's rules have them."""

import pytest

from minser import recipes
from minser.corpus.clip import parse_name
from minser.corpus.folders import UNKNOWN_SPEAKER, Recording
from minser.study.protocols import N_SEEDS, PROTOCOLS, check_clips, count_folds, recipe_per_fold, under_protocol

CLIPS = [parse_name("03-01-01-01-01-01-01")]
RECIPE = recipes.read("trimmed_logmel")


@pytest.mark.parametrize(
    ("protocol", "n_folds", "n_seeds", "speech_song"),
    [
        ("published", 1, 3, (True, False)),
        ("random288", 1, 3, (True, False)),
        ("random491", 1, 3, (True, True)),
        ("luna", 5, 5, (True, False)),
        ("emobox", 6, 3, (True, False)),
        ("loso", 24, 1, (True, False)),
    ],
)
def test_protocols(protocol, n_folds, n_seeds, speech_song):
    recipe = under_protocol(RECIPE, protocol)
    assert count_folds(recipe, CLIPS) == n_folds
    assert N_SEEDS.get(protocol, 3) == n_seeds
    assert (recipe.data.speech, recipe.data.song) == speech_song
    assert recipe.data.split == (RECIPE.data.split if protocol == "published" else protocol)
    assert recipe.model == RECIPE.model


def test_protocols_of_speech_leave_song_out():
    recipe = RECIPE.replace({"data.song": True})
    assert not under_protocol(recipe, "luna").data.song
    assert under_protocol(recipe, "published").data.song


def test_an_unknown_protocol_is_named():
    with pytest.raises(ValueError, match=r"the protocol must be one of published, .* got 'lunar'"):
        under_protocol(RECIPE, "lunar")


def test_each_fold_of_a_seed_comes_before_the_next_seed():
    recipes = recipe_per_fold(RECIPE, n_folds=3, n_seeds=2)
    pairs = [(recipe.training.seed, recipe.data.fold) for recipe in recipes]
    assert pairs == [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2)]
    with pytest.raises(ValueError, match="seeds must be 1 or more, got 0"):
        recipe_per_fold(RECIPE, n_folds=3, n_seeds=0)


@pytest.mark.parametrize(("speakers", "n_folds"), [([0], 1), ([1, 2, 3], 3), (range(1, 10), 5)])
def test_own_recordings_have_a_fold_a_speaker_up_to_five(tmp_path, speakers, n_folds):
    recordings = [Recording(tmp_path / "a.wav", 0, "calm", speaker) for speaker in speakers]
    assert count_folds(under_protocol(RECIPE, "own"), recordings) == n_folds
    assert count_folds(under_protocol(RECIPE, "loso"), recordings) == len(speakers)


def test_other_corpora_than_ravdess_have_the_protocols_that_name_no_actor(tmp_path):
    known, unknown = ([Recording(tmp_path / "a.wav", 0, "calm", actor)] for actor in (1, UNKNOWN_SPEAKER))
    for protocol in PROTOCOLS:
        for recordings, possible in ((known, ["own", "loso"]), (unknown, ["own"])):
            if protocol in possible:
                check_clips(protocol, recordings)
                continue
            told = (
                f"protocol {protocol} is of RAVDESS: this corpus can be tested by --protocol {' or '.join(possible)}$"
            )
            with pytest.raises(ValueError, match=told):
                check_clips(protocol, recordings)
        if protocol != "own":
            check_clips(protocol, CLIPS)
    with pytest.raises(ValueError, match="protocol own is of other corpora than RAVDESS, got its clip 03-01"):
        check_clips("own", CLIPS)
