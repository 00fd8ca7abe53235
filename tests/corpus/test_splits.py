"""Splits: sizes, folds, and what may never cross."""

import numpy as np
import pytest

from minser.corpus import splits
from minser.corpus.clip import EMOTIONS, parse_name
from minser.corpus.ravdess import find_clips
from minser.corpus.splits import Split


def ravdess_clips(*, song=False):
    """Return RAVDESS's clips by name, without the files: 1440 of speech, 1012 of song."""
    names = []
    for channel in (1, 2)[: 1 + song]:
        for actor in range(1, 25):
            for emotion in range(1, 9 if channel == 1 else 7):
                for intensity in (1, 2)[: 1 if emotion == 1 else 2]:
                    if (channel, actor) != (2, 18):
                        names += [
                            f"03-{channel:02d}-{emotion:02d}-{intensity:02d}-{statement:02d}-{take:02d}-{actor:02d}"
                            for statement in (1, 2)
                            for take in (1, 2)
                        ]
    return [parse_name(name) for name in names]


SPEECH, BOTH = ravdess_clips(), ravdess_clips(song=True)


def actors(clips, indices):
    return {clips[i].actor for i in indices}


def supports(clips, indices):
    return np.bincount([clips[i].label for i in indices], minlength=len(EMOTIONS)).tolist()


def test_the_clips_made_here_are_as_many_as_ravdess_has(ravdess):
    assert [clip.name for clip in BOTH] == [clip.name for clip in find_clips(ravdess, song=True)]


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_random288(seed):
    split = splits.eighty_twenty(SPEECH, seed=seed, groups=range(1440))
    assert (len(split.train), len(split.val), len(split.test)) == (1008, 144, 288)
    assert split.name == "random288"
    assert split.shares == "speakers"
    assert sorted(supports(SPEECH, split.test)) == [19, 38, 38, 38, 38, 39, 39, 39]
    assert supports(SPEECH, split.test)[0] == 19  # neutral has half the clips


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_random491_has_the_published_supports(seed):
    split = splits.eighty_twenty(BOTH, seed=seed, groups=range(2452))
    assert split.name == "random491"
    assert supports(BOTH, split.test) == [38, 75, 75, 75, 75, 75, 39, 39]
    assert len(split.val) == 246


def test_eighty_ten_ten():
    split = splits.eighty_ten_ten(SPEECH, seed=0, groups=range(1440))
    assert (len(split.train), len(split.val), len(split.test)) == (1152, 144, 144)


@pytest.mark.parametrize(("clips", "n_test"), [(SPEECH, 288), (BOTH, 491)])
def test_selected_reports_the_part_that_chooses_and_says_so(clips, n_test):
    split = splits.selected(clips, seed=0, groups=range(len(clips)))
    clean = splits.eighty_twenty(clips, seed=0, groups=range(len(clips)))
    assert split.name == f"selected{n_test}"
    assert len(split.train) == len(clips) - n_test
    np.testing.assert_array_equal(split.val, split.test)
    np.testing.assert_array_equal(split.test, clean.test)
    assert "share speakers, and the epoch is chosen on the test part" in split.describe()


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_copied_has_the_published_sizes_and_copies_across(seed):
    split = splits.copied(SPEECH, label=0, seed=seed)
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


def test_a_seed_is_a_split():
    first, again, other = (splits.eighty_twenty(SPEECH, seed=seed).test.tolist() for seed in (0, 0, 1))
    assert first == again
    assert first != other


@pytest.mark.parametrize("seed", range(20))
def test_identical_audio_never_crosses(seed):
    groups = np.arange(1440)
    groups[1::2] = groups[::2]  # every clip has a twin; both are takes of one emotion
    split = splits.eighty_ten_ten(SPEECH, seed=seed, groups=groups)
    in_parts = [set(groups[part]) for part in (split.train, split.val, split.test)]
    assert sum(map(len, in_parts)) == len(set(groups))


def test_a_split_depends_on_who_is_identical_and_not_on_the_digests():
    digests = np.array([f"{i * 7919 % 1440:04d}" for i in range(1440)])
    digests[5] = digests[4]
    renamed = np.array([digest[::-1] + "x" for digest in digests])
    first, second = (splits.eighty_twenty(SPEECH, seed=0, groups=groups) for groups in (digests, renamed))
    np.testing.assert_array_equal(first.test, second.test)
    np.testing.assert_array_equal(first.val, second.val)


def test_without_groups_identical_audio_is_named_as_shared():
    assert "identical audio" in splits.eighty_twenty(SPEECH, seed=0).shares


@pytest.mark.parametrize(("test_fraction", "val_fraction"), [(0, 0.1), (0.2, 0), (0.5, 0.5), (1.2, 0.1)])
def test_fractions_out_of_range_are_refused(test_fraction, val_fraction):
    with pytest.raises(ValueError, match=f"got {test_fraction} and {val_fraction}"):
        splits.random_split(SPEECH, test_fraction=test_fraction, val_fraction=val_fraction, seed=0)


@pytest.mark.parametrize("n_clips", [0, 1, 2])
def test_too_few_clips_are_refused(n_clips):
    with pytest.raises(ValueError, match=f"{n_clips} are too few"):
        splits.eighty_ten_ten(SPEECH[:n_clips], seed=0)


def test_groups_of_another_length_are_refused():
    with pytest.raises(ValueError, match="one entry per clip, 1440, got 3"):
        splits.eighty_twenty(SPEECH, seed=0, groups=[1, 2, 3])


@pytest.mark.parametrize(
    ("make", "n_folds"), [(splits.luna, 5), (splits.emobox, 6), (splits.loso, 24)], ids=["luna", "emobox", "loso"]
)
def test_folds_test_every_actor_once_and_no_speaker_crosses(make, n_folds):
    tested = []
    for fold in range(n_folds):
        split = make(SPEECH, fold)
        parts = [actors(SPEECH, part) for part in (split.train, split.val, split.test)]
        assert sum(map(len, parts)) == 24
        assert split.shares == ""
        tested += sorted(parts[2])
    assert sorted(tested) == list(range(1, 25))
    for fold in (-1, n_folds):
        with pytest.raises(ValueError, match=f"fold must be 0 to {n_folds - 1}, got {fold}"):
            make(SPEECH, fold)


def test_luna_folds_are_the_published_ones():
    published = [{2, 5, 14, 15, 16}, {3, 6, 7, 13, 18}, {10, 11, 12, 19, 20}, {8, 17, 21, 23, 24}, {1, 4, 9, 22}]
    validation = [{3, 6}, {10, 11}, {8, 17}, {1, 14}, {2, 5}]
    for fold in range(5):
        split = splits.luna(SPEECH, fold)
        assert actors(SPEECH, split.test) == published[fold]
        assert actors(SPEECH, split.val) == validation[fold]
    assert len(splits.luna(SPEECH, 0).test) == 300


def test_emobox_folds_are_the_published_ones():
    published = [
        {1, 11, 20, 21},
        {4, 10, 12, 14},
        {8, 9, 19, 23},
        {3, 5, 7, 24},
        {2, 15, 16, 18},
        {6, 13, 17, 22},
    ]
    assert [actors(SPEECH, splits.emobox(SPEECH, fold).test) for fold in range(6)] == published


@pytest.mark.parametrize("make", [splits.emobox, splits.loso])
def test_validation_is_one_man_and_one_woman_and_moves_with_the_fold(make):
    pairs = [sorted(actors(SPEECH, make(SPEECH, fold).val)) for fold in range(6)]
    assert all(len(pair) == 2 and sum(pair) % 2 == 1 for pair in pairs)
    assert len({tuple(pair) for pair in pairs}) == 6


def test_loso_validates_on_the_two_actors_that_follow():
    assert [splits.next_pair((actor,)) for actor in (1, 2, 23, 24)] == [(3, 2), (3, 4), (1, 24), (1, 2)]


def test_song_lacks_a_fold_and_says_which():
    song = BOTH[1440:]
    with pytest.raises(ValueError, match=r"loso fold 17: no clip of its test actors \(18,\)"):
        splits.loso(song, 17)
    assert sum(fold != 17 and len(splits.loso(song, fold).test) == 44 for fold in range(24)) == 23
    assert actors(song, splits.luna(song, 1).test) == {3, 6, 7, 13}


def test_an_actor_cannot_test_and_validate():
    with pytest.raises(ValueError, match=r"must be disjoint, both have \[3\]"):
        splits.actor_split(SPEECH, test_actors=(1, 3), val_actors=(3, 4))


def test_a_part_without_clips_is_named():
    with pytest.raises(ValueError, match="actors: the val part is empty"):
        splits.actor_split(SPEECH[:120], test_actors=(1,), val_actors=(20,))
    with pytest.raises(ValueError, match="actors: the train part is empty"):
        splits.actor_split(SPEECH[:120], test_actors=(1,), val_actors=(2,))


@pytest.mark.parametrize("test", [[2, 3], [4], [1, 2]], ids=["overlap", "gap", "twice"])
def test_parts_must_hold_each_clip_once(test):
    with pytest.raises(ValueError, match="each clip exactly once"):
        Split(np.array([0, 1]), np.array([2]), np.array(test), "mine", "")


def test_describe_counts_the_parts_and_names_what_they_share():
    assert splits.luna(SPEECH, 0).describe() == (
        "luna fold 0: 1020 training, 120 validation, 300 test clips; the parts share no speakers"
    )
    assert splits.eighty_twenty(SPEECH, seed=0, groups=range(1440)).describe().endswith("the parts share speakers")


def test_training_actors_song_trains_and_nobody_elses_is_heard():
    clips = BOTH
    spoken = np.array([i for i, clip in enumerate(clips) if clip.channel_name == "speech"])
    speech = [clips[i] for i in spoken]
    split = splits.with_song(splits.luna(speech, 0), clips, spoken)
    assert {clips[i].channel_name for i in [*split.val, *split.test]} == {"speech"}
    assert {clips[i].channel_name for i in split.left_out} == {"song"}
    assert actors(clips, split.test) == set(splits.LUNA[0])
    assert actors(clips, split.left_out) == set(splits.LUNA[0]) | set(splits.LUNA_VAL[0])
    assert not actors(clips, split.train) & actors(clips, split.left_out)
    assert len(split.train) + len(split.left_out) == 2452 - len(split.val) - len(split.test)
    assert split.name == "luna fold 0, song of its training actors added"
    random = splits.with_song(splits.eighty_twenty(speech, seed=0), clips, spoken)
    assert len(random.left_out) == 0
    assert len(random.test) == 288


def test_everything_trains_on_all_and_holds_nothing_out():
    split = splits.everything(SPEECH)
    np.testing.assert_array_equal(split.train, np.arange(1440))
    assert len(split.val) == len(split.test) == 0
    assert not split.holds_out
    assert splits.luna(SPEECH, 0).holds_out
    assert split.describe() == "all: 1440 training clips; none are held out"
    with pytest.raises(ValueError, match="all: the train part is empty"):
        splits.everything([])
