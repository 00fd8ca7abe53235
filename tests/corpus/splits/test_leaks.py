"""Each kind of leak is planted, found and named; every published split has those that it names, and no other."""

import numpy as np
import pytest

from minser.corpus.clip import parse_name
from minser.corpus.splits import at_random, by_speaker, leaks
from minser.corpus.splits.leaks import AUDIO, SPEAKERS, check_split, find_leaks
from minser.corpus.splits.split import COPIES, EPOCH, Split

CLIPS = [
    parse_name(f"03-01-{emotion:02d}-01-{statement:02d}-{take:02d}-{actor:02d}")
    for actor in range(1, 25)
    for emotion in range(1, 9)
    for statement in (1, 2)
    for take in (1, 2)
]
ACTORS = np.array([clip.actor for clip in CLIPS])
UNIQUE = [str(index) for index in range(len(CLIPS))]


def of(*actors):
    return np.flatnonzero(np.isin(ACTORS, actors))


def kinds(parts, digests=UNIQUE):
    found = find_leaks({name: np.asarray(part) for name, part in parts.items()}, actors=ACTORS, digests=digests)
    return [(leak.kind, *leak.parts, leak.n_samples) for leak in found]


def test_parts_that_share_nothing_have_no_leak():
    assert kinds({"training": of(1, 2, 3), "validation": of(4), "test": of(5, 6)}) == []


def test_an_actor_in_two_parts_is_found():
    first = of(1)
    assert kinds({"training": first[:10], "validation": of(2), "test": first[10:]}) == [
        (SPEAKERS, "training", "test", len(first) - 10)
    ]


def test_identical_audio_of_different_clips_is_found():
    digests = list(UNIQUE)
    digests[of(5)[3]] = digests[of(1)[0]]
    parts = {"training": of(1), "validation": of(2), "test": of(5)}
    assert kinds(parts, digests) == [(AUDIO, "training", "test", 1)]
    (leak,) = find_leaks(parts, actors=ACTORS, digests=digests)
    assert leak.example == of(5)[3]


def test_copies_are_told_from_identical_audio():
    copied = np.concatenate([of(5), of(1)[:2]])
    assert kinds({"training": of(1), "test": copied}) == [
        (SPEAKERS, "training", "test", 2),
        (COPIES, "training", "test", 2),
    ]


def test_copies_inside_a_part_are_no_leak():
    assert kinds({"training": np.repeat(of(1), 3), "test": of(2)}) == []


def test_a_test_part_that_chooses_the_epoch_is_found():
    for train, val in (("training", "validation"), ("train", "val")):
        assert kinds({train: of(1), val: of(2), "test": of(2)}) == [(EPOCH, val, "test", len(of(2)))]


def test_each_clip_needs_its_digest():
    with pytest.raises(ValueError, match="an actor and a digest for each of 32 clips, got 768 and 5"):
        find_leaks({"training": of(1)}, actors=ACTORS, digests=UNIQUE[:5])


def split_of(shares, **parts):
    """Return a split of some clips that `Split` itself would refuse, as a published protocol's may be."""
    split = object.__new__(Split)
    for name, value in {"name": "planted", "shares": shares, **parts}.items():
        object.__setattr__(split, name, value)
    return split


@pytest.mark.parametrize(
    ("kind", "named", "train", "val", "test", "digests"),
    [
        (SPEAKERS, "speakers", of(1)[:10], of(2), of(1)[10:], UNIQUE),
        (AUDIO, "identical audio", of(1), of(2), of(3), ["same"] * len(CLIPS)),
        (COPIES, "speakers, and copies of neutral clips", of(1), of(2), np.append(of(3), of(1)[0]), UNIQUE),
        (EPOCH, "speakers, and the clips that choose the epoch", of(1), of(2), of(2), UNIQUE),
    ],
)
def test_a_leak_is_refused_unless_the_protocol_names_it(kind, named, train, val, test, digests):
    parts = {"train": train, "val": val, "test": test}
    allowed = {"train": train, "clips": CLIPS, "digests": digests}
    check_split(split_of(named, **parts), **allowed)
    other = "speakers" if kind == COPIES else ""
    with pytest.raises(ValueError, match=r"^planted: the \w+ and \w+ parts .*does not name: \d+ of the .* 03-01-"):
        check_split(split_of(other, **parts), **allowed)


def test_a_training_part_that_is_the_test_part_shares_copies_not_the_epoch():
    parts = {"train": of(2), "val": of(2), "test": of(2)}
    named = "speakers, and the epoch is chosen on the test part"
    with pytest.raises(ValueError, match="the training and validation parts share copies of a clip"):
        check_split(split_of(named, **parts), train=of(2), clips=CLIPS, digests=UNIQUE)


def test_oversampled_training_samples_are_looked_at():
    split = by_speaker.luna(CLIPS, 0)
    check_split(split, train=split.train, clips=CLIPS, digests=UNIQUE)
    with pytest.raises(ValueError, match="share copies"):
        check_split(
            split_of("speakers", train=split.train, val=split.val, test=split.test),
            train=np.append(split.train, split.test[0]),
            clips=CLIPS,
            digests=UNIQUE,
        )


@pytest.mark.parametrize("fold", range(5))
def test_protocols_by_actor_are_clean(fold):
    for make in (by_speaker.luna, by_speaker.emobox, by_speaker.loso):
        split = make(CLIPS, fold)
        parts = {"training": split.train, "validation": split.val, "test": split.test}
        assert leaks.find_leaks(parts, actors=ACTORS, digests=UNIQUE) == []


def test_a_random_split_names_its_speakers_and_keeps_identical_audio_together():
    digests = [str(index // 2) for index in range(len(CLIPS))]
    split = at_random.eighty_twenty(CLIPS, seed=0, groups=digests)
    check_split(split, train=split.train, clips=CLIPS, digests=digests)
    parts = {"training": split.train, "validation": split.val, "test": split.test}
    assert {kind for kind, *_ in kinds(parts, digests)} == {SPEAKERS}
