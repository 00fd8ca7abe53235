"""Spectrogram images: made from clips, found again, read as features."""

import dataclasses

import numpy as np
import pytest

from minser import audio
from minser.corpus import cache, ravdess
from minser.corpus.images import common_shape, find_images, image_files, make_images, read_feature
from minser.features.extract import log_mel, prepare
from minser.features.image import from_image, to_image
from minser.features.image_file import save_image
from minser.recipes import Features

SETTINGS = Features(sr=8000, n_fft=256, hop_length=128, n_mels=24)
ANGRY = "03-01-05-01-01-01-07"


@pytest.fixture
def clips(tiny_corpus):
    """Return eight clips of two actors."""
    return [clip for clip in ravdess.find_clips(tiny_corpus) if clip.actor in (3, 12)]


def put(root, *names, size=(4, 4)):
    """Write small images."""
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        save_image(root / name, np.zeros(size, np.uint8))


def test_an_image_is_its_clips_log_mel(clips, tmp_path):
    make_images(clips, tmp_path / "out", settings=SETTINGS, size=20)
    expected = to_image(log_mel(prepare(audio.load(clips[0].path)[0], SETTINGS)[0], SETTINGS), height=20, width=20)
    feature = read_feature(tmp_path / "out" / clips[0].emotion_name / f"{clips[0].name}.png")
    np.testing.assert_array_equal(feature, from_image(expected))
    assert feature.shape == (20, 20)


def test_images_are_found_in_the_order_of_their_clips_whose_fields_they_keep(clips, tmp_path):
    make_images(clips, tmp_path / "out", settings=SETTINGS, size=8, colour_map="viridis", ending=".jpg")
    found = find_images(tmp_path / "out")
    assert [dataclasses.replace(image, path=clip.path) for image, clip in zip(found, clips, strict=True)] == clips
    assert [image.path.parent.name for image in found] == [clip.emotion_name for clip in clips]
    assert sorted(image.path for image in found) == image_files(tmp_path / "out")


def test_the_same_clips_give_the_same_bytes(clips, tmp_path):
    for name in ("a", "b"):
        make_images(clips, tmp_path / name, settings=SETTINGS, colour_map="magma")
    first, second = ([file.read_bytes() for file in image_files(tmp_path / name)] for name in ("a", "b"))
    assert first == second


def test_an_empty_folder_is_taken_and_one_in_use_refused(clips, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    make_images(clips[:1], out, settings=SETTINGS)
    before = image_files(out)
    with pytest.raises(FileExistsError, match="out: expected a new or an empty folder"):
        make_images(clips, out, settings=SETTINGS)
    with pytest.raises(FileExistsError):
        make_images(clips, before[0], settings=SETTINGS)
    assert image_files(out) == before


def test_a_bad_clip_is_named_and_nothing_remains(clips, tmp_path):
    bad = tmp_path / clips[0].path.name
    bad.write_bytes(b"no sound")
    with pytest.raises(ValueError, match=bad.name):
        make_images([*clips, dataclasses.replace(clips[0], path=bad)], tmp_path / "out", settings=SETTINGS)
    assert list(tmp_path.iterdir()) == [bad]


def test_other_files_and_hidden_ones_are_passed_over(tmp_path):
    put(tmp_path, f"Angry/{ANGRY}.PNG", f"angry/._{ANGRY}.png", f"angry/.ipynb_checkpoints/{ANGRY}.png")
    put(tmp_path, f".trash/{ANGRY}.png", "overview.png", f"happy/deeper/{ANGRY}.png")
    (tmp_path / "Angry" / "Thumbs.db").touch()
    (tmp_path / "angry" / f"{ANGRY}.txt").touch()
    (tmp_path / "angry" / f"{ANGRY}.jpg").mkdir()
    assert [clip.path.name for clip in find_images(str(tmp_path))] == [f"{ANGRY}.PNG"]


def test_a_path_may_have_any_name(tmp_path):
    root = tmp_path / "[Bilder] für 怒り"
    put(root, f"angry/{ANGRY}.png")
    assert [clip.actor for clip in find_images(root)] == [7]


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ([f"wütend/{ANGRY}.png"], "wütend: expected a folder named neutral, .* surprised, got 'wütend'"),
        (["angry/shouting.png"], r"shouting\.png: expected seven two-digit fields"),
        (["angry/03-01-05-01-01-01-25.png"], "the field actor must be 01 to 24, got 25"),
        ([f"happy/{ANGRY}.png"], rf"{ANGRY}\.png: the name says angry, the folder happy"),
        ([f"angry/{ANGRY}.png", f"angry/{ANGRY}.jpg"], rf"the clip {ANGRY} is there twice"),
    ],
)
def test_disorder_is_an_error_that_names_it(tmp_path, names, message):
    put(tmp_path, *names)
    with pytest.raises(ValueError, match=message):
        find_images(tmp_path)


def test_no_folder_and_no_images_are_told_apart(tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere: no such folder"):
        find_images(tmp_path / "nowhere")
    with pytest.raises(FileNotFoundError, match=r"no images found there \(looked for EMOTION/\*\.png"):
        find_images(tmp_path)


def test_features_fit_the_cache_and_share_one_shape(clips, tmp_path):
    make_images(clips, tmp_path / "out", settings=SETTINGS, size=8, colour_map="viridis")
    found = find_images(tmp_path / "out")
    paths = [clip.path for clip in found]
    features = cache.open_or_build(tmp_path / "images", key={}, items=paths, compute=read_feature)
    assert common_shape(found, features) == (8, 8, 3)


@pytest.mark.parametrize("size", [(4, 5), (4, 4, 3)])
def test_an_image_of_another_size_or_kind_is_named(tmp_path, size):
    put(tmp_path, f"angry/{ANGRY}.png")
    put(tmp_path, "sad/03-01-04-01-01-01-08.png", size=size)
    found = find_images(tmp_path)
    with pytest.raises(ValueError, match=r"03-01-04-01-01-01-08\.png: expected \(4, 4\), as .*07\.png has, got"):
        common_shape(found, [read_feature(clip.path) for clip in found])
