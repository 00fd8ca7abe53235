"""What a split must hold, and what it says of itself."""

import numpy as np
import pytest

from minser.corpus.ravdess import find_clips
from minser.corpus.splits import at_random, by_speaker
from minser.corpus.splits.split import Split, everything

from .every_clip import BOTH, SPEECH


def test_the_clips_made_here_are_as_many_as_ravdess_has(ravdess):
    assert [clip.name for clip in BOTH] == [clip.name for clip in find_clips(ravdess, song=True)]


def test_what_leaks_must_be_named():
    one, two, three = np.array([0]), np.array([1]), np.array([2])
    for shares in ("speakers", "speakers, copies of clips"):
        with pytest.raises(ValueError, match="exactly once"):
            Split(one, three, three, "mine", shares)
    with pytest.raises(ValueError, match="exactly once"):
        Split(np.array([0, 0]), two, three, "mine", "speakers")
    with pytest.raises(ValueError, match="must be the test part"):
        Split(one, two, three, "mine", "speakers, and the epoch")
    with pytest.raises(ValueError, match="the val part is empty"):
        Split(one, two[:0], two, "mine", "copies")
    assert len(Split(np.array([0, 0, 1]), two, np.array([0, 2]), "mine", "copies").train) == 3


@pytest.mark.parametrize("test", [[2, 3], [4], [1, 2]], ids=["overlap", "gap", "twice"])
def test_parts_must_hold_each_clip_once(test):
    with pytest.raises(ValueError, match="each clip exactly once"):
        Split(np.array([0, 1]), np.array([2]), np.array(test), "mine", "")


def test_describe_counts_the_parts_and_names_what_they_share():
    assert by_speaker.luna(SPEECH, 0).describe() == (
        "luna fold 0: 1020 training, 120 validation, 300 test clips; the parts share no speakers"
    )
    assert at_random.eighty_twenty(SPEECH, seed=0, groups=range(1440)).describe().endswith("the parts share speakers")


def test_everything_trains_on_all_and_holds_nothing_out():
    split = everything(SPEECH)
    np.testing.assert_array_equal(split.train, np.arange(1440))
    assert len(split.val) == len(split.test) == 0
    assert not split.holds_out
    assert by_speaker.luna(SPEECH, 0).holds_out
    assert split.describe() == "all: 1440 training clips; none are held out"
    with pytest.raises(ValueError, match="all: the train part is empty"):
        everything([])
