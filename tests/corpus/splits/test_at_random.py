"""Splits that share speakers: sizes, and what may never cross."""

import numpy as np
import pytest

from minser.corpus.clip import EMOTIONS
from minser.corpus.splits import at_random

from .every_clip import BOTH, SPEECH


def supports(clips, indices):
    return np.bincount([clips[i].label for i in indices], minlength=len(EMOTIONS)).tolist()


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_random288(seed):
    split = at_random.eighty_twenty(SPEECH, seed=seed, groups=range(1440))
    assert (len(split.train), len(split.val), len(split.test)) == (1008, 144, 288)
    assert split.name == "random288"
    assert split.shares == "speakers"
    assert sorted(supports(SPEECH, split.test)) == [19, 38, 38, 38, 38, 39, 39, 39]
    assert supports(SPEECH, split.test)[0] == 19  # neutral has half the clips


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_random491_has_the_published_supports(seed):
    split = at_random.eighty_twenty(BOTH, seed=seed, groups=range(2452))
    assert split.name == "random491"
    assert supports(BOTH, split.test) == [38, 75, 75, 75, 75, 75, 39, 39]
    assert len(split.val) == 246


def test_eighty_ten_ten():
    split = at_random.eighty_ten_ten(SPEECH, seed=0, groups=range(1440))
    assert (len(split.train), len(split.val), len(split.test)) == (1152, 144, 144)


@pytest.mark.parametrize(("clips", "n_test"), [(SPEECH, 288), (BOTH, 491)])
def test_selected_reports_the_part_that_chooses_and_says_so(clips, n_test):
    split = at_random.selected(clips, seed=0, groups=range(len(clips)))
    clean = at_random.eighty_twenty(clips, seed=0, groups=range(len(clips)))
    assert split.name == f"selected{n_test}"
    assert len(split.train) == len(clips) - n_test
    np.testing.assert_array_equal(split.val, split.test)
    np.testing.assert_array_equal(split.test, clean.test)
    assert "share speakers, and the epoch is chosen on the test part" in split.describe()


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_copied_has_the_published_sizes_and_copies_across(seed):
    split = at_random.copied(SPEECH, label=0, seed=seed)
    assert split.name == "copied308"
    assert len(split.train) + len(split.val) + len(split.test) == 1536
    everything = np.concatenate([split.train, split.val, split.test])
    counts = np.bincount(everything)
    assert np.bincount([SPEECH[i].label for i in everything]).tolist() == [192] * 8
    assert (counts[[clip.label != 0 for clip in SPEECH]] == 1).all()
    crossing = set(split.train) & set(split.test)
    assert crossing
    assert {SPEECH[i].label for i in crossing} == {0}
    assert "share copies of clips, speakers" in split.describe()


def test_a_seed_is_a_split():
    first, again, other = (at_random.eighty_twenty(SPEECH, seed=seed).test.tolist() for seed in (0, 0, 1))
    assert first == again
    assert first != other


@pytest.mark.parametrize("seed", range(20))
def test_identical_audio_never_crosses(seed):
    groups = np.arange(1440)
    groups[1::2] = groups[::2]  # every clip has a twin; both are takes of one emotion
    split = at_random.eighty_ten_ten(SPEECH, seed=seed, groups=groups)
    in_parts = [set(groups[part]) for part in (split.train, split.val, split.test)]
    assert sum(map(len, in_parts)) == len(set(groups))


def test_a_split_depends_on_who_is_identical_and_not_on_the_digests():
    digests = np.array([f"{i * 7919 % 1440:04d}" for i in range(1440)])
    digests[5] = digests[4]
    renamed = np.array([digest[::-1] + "x" for digest in digests])
    first, second = (at_random.eighty_twenty(SPEECH, seed=0, groups=groups) for groups in (digests, renamed))
    np.testing.assert_array_equal(first.test, second.test)
    np.testing.assert_array_equal(first.val, second.val)


def test_without_groups_identical_audio_is_named_as_shared():
    assert "identical audio" in at_random.eighty_twenty(SPEECH, seed=0).shares


@pytest.mark.parametrize("n_clips", [0, 1, 2])
def test_too_few_clips_are_refused(n_clips):
    with pytest.raises(ValueError, match=f"{n_clips} are too few"):
        at_random.eighty_ten_ten(SPEECH[:n_clips], seed=0)


def test_clips_of_which_none_can_be_held_out_are_refused():
    with pytest.raises(ValueError, match="of 16 so many are identical"):
        at_random.eighty_ten_ten(SPEECH[:16], seed=0, groups=[0] * 16)


def test_groups_of_another_length_are_refused():
    with pytest.raises(ValueError, match="one entry per clip, 1440, got 3"):
        at_random.eighty_twenty(SPEECH, seed=0, groups=[1, 2, 3])
