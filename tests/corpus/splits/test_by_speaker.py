"""Splits by speaker: the published folds, and who validates."""

import pytest

from minser.corpus.splits import by_speaker

from .every_clip import BOTH, SPEECH, actors


@pytest.mark.parametrize(
    ("make", "n_folds"),
    [(by_speaker.luna, 5), (by_speaker.emobox, 6), (by_speaker.loso, 24)],
    ids=["luna", "emobox", "loso"],
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
        split = by_speaker.luna(SPEECH, fold)
        assert actors(SPEECH, split.test) == published[fold]
        assert actors(SPEECH, split.val) == validation[fold]
    assert len(by_speaker.luna(SPEECH, 0).test) == 300


def test_emobox_folds_are_the_published_ones():
    published = [
        {1, 11, 20, 21},
        {4, 10, 12, 14},
        {8, 9, 19, 23},
        {3, 5, 7, 24},
        {2, 15, 16, 18},
        {6, 13, 17, 22},
    ]
    assert [actors(SPEECH, by_speaker.emobox(SPEECH, fold).test) for fold in range(6)] == published


@pytest.mark.parametrize("make", [by_speaker.emobox, by_speaker.loso])
def test_validation_is_one_man_and_one_woman_and_moves_with_the_fold(make):
    pairs = [sorted(actors(SPEECH, make(SPEECH, fold).val)) for fold in range(6)]
    assert all(len(pair) == 2 and sum(pair) % 2 == 1 for pair in pairs)
    assert len({tuple(pair) for pair in pairs}) == 6


def test_loso_validates_on_the_two_actors_that_follow():
    assert [by_speaker.next_pair((actor,)) for actor in (1, 2, 23, 24)] == [(3, 2), (3, 4), (1, 24), (1, 2)]


def test_song_lacks_a_fold_and_says_which():
    song = BOTH[1440:]
    with pytest.raises(ValueError, match="loso fold 17: the test part is empty"):
        by_speaker.loso(song, 17)
    assert sum(fold != 17 and len(by_speaker.loso(song, fold).test) == 44 for fold in range(24)) == 23
    assert actors(song, by_speaker.luna(song, 1).test) == {3, 6, 7, 13}


def test_an_actor_cannot_test_and_validate():
    with pytest.raises(ValueError, match="actors: the parts must hold each clip exactly once"):
        by_speaker.actor_split(SPEECH, test_actors=(1, 3), val_actors=(3, 4))


def test_a_part_without_clips_is_named():
    with pytest.raises(ValueError, match="actors: the val part is empty"):
        by_speaker.actor_split(SPEECH[:120], test_actors=(1,), val_actors=(20,))
    with pytest.raises(ValueError, match="actors: the train part is empty"):
        by_speaker.actor_split(SPEECH[:120], test_actors=(1,), val_actors=(2,))
