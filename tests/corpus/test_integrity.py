"""The check of a corpus against its index: every kind of fault, planted in a corpus of noise."""

import hashlib
import shutil

import numpy as np
import pytest
import soundfile

from minser.corpus.clip import parse_name
from minser.corpus.integrity import ORIGINAL_SR, Original, check, load_index

NAMES = [f"03-01-0{emotion}-01-01-0{take}-0{actor}" for actor in (1, 2) for emotion in (1, 3) for take in (1, 2)]
N_FRAMES = 4800


def path_of(root, name, ending=".wav"):
    return root / f"Actor_{name[-2:]}" / f"{name}{ending}"


def noise(seed, n_frames=N_FRAMES):
    return np.random.default_rng(seed).uniform(-0.5, 0.5, n_frames)


@pytest.fixture
def corpus(tmp_path):
    """Return a corpus of eight short clips of noise."""
    for seed, name in enumerate(NAMES):
        path_of(tmp_path, name).parent.mkdir(exist_ok=True)
        soundfile.write(path_of(tmp_path, name), noise(seed), ORIGINAL_SR, subtype="PCM_16")
    return tmp_path


@pytest.fixture
def index(corpus):
    """Return the index of the corpus as it was before a test damages it."""
    files = {name: path_of(corpus, name).read_bytes() for name in NAMES}
    return {name: Original(hashlib.md5(content).hexdigest(), N_FRAMES, 1) for name, content in files.items()}


def test_an_intact_corpus_is_reported_so(corpus, index):
    report = check(corpus, index=index)
    assert report.ok
    assert (report.n_speech, report.n_song, report.n_converted) == (8, 0, 0)
    assert str(report).splitlines()[1:] == ["complete and intact"]


def test_every_planted_fault_is_found_by_name_and_nothing_else(corpus, index):
    missing, cut, empty, longer, changed, twin, stereo = NAMES[:7]
    path_of(corpus, missing).unlink()
    whole = path_of(corpus, cut).read_bytes()
    path_of(corpus, cut).write_bytes(whole[: len(whole) // 2])
    path_of(corpus, empty).write_bytes(b"")
    soundfile.write(path_of(corpus, longer), noise(50, N_FRAMES + 100), ORIGINAL_SR, subtype="PCM_16")
    soundfile.write(path_of(corpus, changed), noise(51), ORIGINAL_SR, subtype="PCM_16")
    shutil.copy(path_of(corpus, NAMES[7]), path_of(corpus, twin))
    left = soundfile.read(path_of(corpus, stereo))[0]
    soundfile.write(path_of(corpus, stereo), np.stack([left, left], axis=1), ORIGINAL_SR, subtype="PCM_16")
    extra = "03-01-08-01-01-01-02"
    soundfile.write(path_of(corpus, extra), noise(52), ORIGINAL_SR, subtype="PCM_16")
    (corpus / "Actor_01" / "notes.txt").touch()

    report = check(corpus, index=index)
    assert not report.ok
    assert report.findings["missing"] == [missing]
    assert report.findings["corrupt"] == sorted([cut, empty])
    assert report.findings["wrong length"] == [longer]
    assert report.findings["changed"] == sorted([changed, twin, stereo])
    assert report.findings["not in RAVDESS"] == [extra]
    assert report.findings["other files, passed over"] == ["Actor_01/notes.txt"]
    assert report.findings["identical audio"] == [" = ".join(sorted([twin, NAMES[7]]))]
    assert report.findings["stereo"] == [stereo]


def test_a_renamed_file_is_one_missing_and_one_too_many(corpus, index):
    renamed = "03-01-05-01-01-01-01"
    path_of(corpus, NAMES[0]).rename(path_of(corpus, renamed))
    report = check(corpus, index=index)
    assert report.findings["missing"] == [NAMES[0]]
    assert report.findings["not in RAVDESS"] == [renamed]


def test_two_files_with_exchanged_names_are_changed(corpus, index):
    first, second = path_of(corpus, NAMES[0]), path_of(corpus, NAMES[1])
    first_bytes = first.read_bytes()
    first.write_bytes(second.read_bytes())
    second.write_bytes(first_bytes)
    assert check(corpus, index=index).findings["changed"] == NAMES[:2]


def test_copies_in_another_format_are_compared_by_duration(corpus, index):
    for seed, name in enumerate(NAMES):
        path_of(corpus, name).unlink()
        # 22,050 Hz: 2205 frames for 4800; one frame more is still within a sample, ten are not
        n_frames = 2205 + {0: 1, 1: 10}.get(seed, 0)
        soundfile.write(path_of(corpus, name, ".flac"), noise(seed, n_frames), 22050, subtype="PCM_16")
    report = check(corpus, index=index)
    assert report.n_converted == 8
    assert report.findings["wrong length"] == [NAMES[1]]
    assert "converted: 8" in str(report)


@pytest.mark.parametrize("kept", [0.999, 0.5])
def test_a_cut_flac_file_is_corrupt(corpus, index, kept):
    flac = path_of(corpus, NAMES[0], ".flac")
    soundfile.write(flac, noise(0), ORIGINAL_SR, subtype="PCM_16")
    path_of(corpus, NAMES[0]).unlink()
    flac.write_bytes(flac.read_bytes()[: int(flac.stat().st_size * kept)])
    assert check(corpus, index=index).findings["corrupt"] == [NAMES[0]]


def test_a_clip_that_is_there_twice_is_reported(corpus, index):
    soundfile.write(path_of(corpus, NAMES[0], ".flac"), noise(0), ORIGINAL_SR, subtype="PCM_16")
    report = check(corpus, index=index)
    assert report.findings["there twice"] == [NAMES[0]]
    assert not report.ok


def test_only_parts_that_are_there_can_lack_clips(corpus, index):
    song = {name.replace("03-01-", "03-02-"): original for name, original in index.items()}
    assert check(corpus, index=index | song).ok
    sung = "03-02-01-01-01-01-01"
    soundfile.write(path_of(corpus, sung), noise(60), ORIGINAL_SR, subtype="PCM_16")
    report = check(corpus, index=index | song)
    assert len(report.findings["missing"]) == len(song) - 1
    assert report.n_song == 1


def test_defects_of_the_published_corpus_are_marked(corpus, index):
    shutil.copy(path_of(corpus, NAMES[0]), path_of(corpus, NAMES[1]))
    index[NAMES[1]] = index[NAMES[0]]
    report = check(corpus, index=index)
    assert report.ok
    assert f"identical audio: 1: {NAMES[0]}* = {NAMES[1]}*" in str(report).splitlines()


def test_a_folder_without_clips_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError, match="no RAVDESS clips found"):
        check(tmp_path)


def test_the_shipped_index_is_of_the_published_corpus():
    index = load_index()
    clips = [parse_name(name) for name in index]
    assert len(clips) == 2452
    assert sum(clip.channel == 1 for clip in clips) == 1440
    stereo = {name for name, original in index.items() if original.channels == 2}
    assert stereo == {
        "03-01-02-01-01-02-01",
        "03-01-08-01-02-02-01",
        "03-01-02-01-02-02-05",
        "03-01-03-01-02-01-20",
        "03-01-06-01-01-02-20",
        "03-02-01-01-01-01-24",
    }
    assert len({original.md5 for original in index.values()}) == 2451  # one pair has the same bytes


@pytest.mark.slow
def test_the_real_corpus_is_complete_and_its_identical_pair_is_found(ravdess):
    report = check(ravdess)
    assert report.ok
    assert (report.n_speech, report.n_song) == (1440, 1012)
    assert report.findings["identical audio"] == ["03-01-03-01-02-01-07* = 03-01-03-01-02-02-07*"]


def test_the_identical_pair_of_the_real_corpus_is_found_in_one_actor(ravdess, tmp_path):
    (tmp_path / "Actor_07").mkdir()
    for file in (ravdess / "speech" / "Actor_07").iterdir():
        shutil.copy(file, tmp_path / "Actor_07")
    report = check(tmp_path)
    assert report.findings["identical audio"] == ["03-01-03-01-02-01-07* = 03-01-03-01-02-02-07*"]
    assert len(report.findings["missing"]) == 1440 - 60
