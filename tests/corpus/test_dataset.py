"""What a recipe makes of a folder: its own features or images, and the split that holds nothing out."""

import dataclasses
import re
import shutil
import unicodedata
from pathlib import Path

import numpy as np
import pytest

from minser import audio, recipes
from minser.corpus import dataset as loading
from minser.corpus.folders import UNKNOWN_SPEAKER, Recording
from minser.features.image_file import save_image

TOY = recipes.read("toy").replace({"features.n_mels": 16, "features.sr": 8000, "data.split": "all"})


def test_all_clips_train_and_no_leak_is_found(tiny_corpus, workplace):
    dataset = loading.load_dataset(TOY, tiny_corpus)
    np.testing.assert_array_equal(dataset.train, np.arange(24 * 8))
    assert not dataset.split.holds_out
    others = dataclasses.replace(TOY, data=dataclasses.replace(TOY.data, split="luna"))
    assert loading.corpus_hash(dataset) == loading.corpus_hash(loading.load_dataset(others, tiny_corpus))


def test_the_hash_of_own_recordings_hears_of_another_speaker(workplace, tiny_corpus):
    for emotion in ("01", "05"):
        Path("own", emotion).mkdir(parents=True)
        for clip in tiny_corpus.rglob(f"03-01-{emotion}-*-0[1-4].wav"):
            shutil.copy(clip, Path("own", emotion))
    files = sorted(Path("own").rglob("*.wav"))
    hashes = []
    for first in ("01", "02"):
        rows = [f"{file.name},{first if n == 0 else file.stem[-2:]}\n" for n, file in enumerate(files)]
        Path("speakers.csv").write_text("file,speaker\n" + "".join(rows))
        recipe = TOY.replace({"data.speakers_csv": "speakers.csv"})
        hashes.append(loading.corpus_hash(loading.load_dataset(recipe, Path("own"))))
    assert hashes[0] != hashes[1]


def test_a_corpus_is_the_same_with_its_names_in_either_form_of_unicode(workplace, tiny_corpus):
    hashes, orders = [], []
    for form in ("NFC", "NFD"):
        for number, label in (("01", "w\u00fctend"), ("05", "z")):
            folder = Path(form, unicodedata.normalize(form, label))
            folder.mkdir(parents=True)
            for actor, name in enumerate(("J\u00f6rg", "Jpeg", "Zoe"), 1):
                clip = next(tiny_corpus.rglob(f"03-01-{number}-*-0{actor}.wav"))
                shutil.copy(clip, folder / f"{unicodedata.normalize(form, name)}.wav")
        dataset = loading.load_dataset(TOY.replace({"data.speaker_pattern": ".*"}), Path(form))
        hashes.append(loading.corpus_hash(dataset))
        orders.append([clip.name for clip in dataset.clips])
        assert loading.class_number(dataset.names, "augment.oversample", "wu\u0308tend") == 0
    assert orders[0] == orders[1]
    assert hashes[0] == hashes[1]


def test_features_are_computed_again_when_a_package_changes_that_they_come_from(tiny_corpus, workplace, monkeypatch):
    asked = []
    monkeypatch.setattr(loading, "source_hash", lambda *packages: asked.append(packages) or "")
    loading.load_dataset(TOY, tiny_corpus)
    package = Path(loading.__file__).parents[1]
    files = [file for name in ("audio", "features") for file in (package / name).glob("*.py")]
    imported = {word for file in files for word in re.findall(r"^from minser\.(\w+)\S* import", file.read_text(), re.M)}
    assert {"audio", "kernels"} <= imported - {"recipes", "system"} <= set(*asked)  # settings are in the key


@pytest.mark.parametrize("name", ["code.py", "table.csv"])
def test_the_hash_of_a_package_sees_its_code_and_its_tables(tmp_path, monkeypatch, name):
    monkeypatch.setattr(loading, "__file__", str(tmp_path / "corpus" / "dataset.py"))
    (tmp_path / "sound").mkdir()
    before = loading.source_hash("sound")
    (tmp_path / "sound" / name).write_text("1")
    assert loading.source_hash("sound") != before
    with pytest.raises(ValueError, match="packages: expected folders of minser, got noise"):  # no constant answer
        loading.source_hash("sound", "noise")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"training.select": "val_uar"}, "val_uar and cosine"),
        ({"training.select": "val_loss"}, "val_loss and cosine"),
        ({"training.schedule": "plateau"}, "last and plateau"),
    ],
)
def test_who_listens_to_a_validation_part_needs_one(tiny_corpus, workplace, change, told):
    with pytest.raises(ValueError, match=f"data.split all has no validation part: it needs .*, got {told}"):
        loading.load_dataset(TOY.replace(change), tiny_corpus)


@pytest.mark.parametrize("speakers", [[1, 2, 3, 4], [UNKNOWN_SPEAKER] * 4])
def test_own_recordings_can_all_train_too(tmp_path, speakers):
    recordings = [Recording(tmp_path / f"{i}.wav", i % 2, "low", speaker) for i, speaker in enumerate(speakers)]
    assert loading.make_split(TOY, recordings, ["a", "b", "c", "d"]).train.tolist() == [0, 1, 2, 3]


def test_a_stray_picture_among_clips_does_not_replace_the_recipe_s_features(tmp_path):
    (tmp_path / "speech" / "Actor_01").mkdir(parents=True)
    save_image(tmp_path / "speech" / "cover.png", np.zeros((8, 8), np.uint8))
    assert loading.adapted(TOY, tmp_path).features.channels == ("image",)
    audio.save(tmp_path / "speech" / "Actor_01" / "03-01-01-01-01-01-01.wav", np.zeros(800), sr=8000)
    assert loading.adapted(TOY, tmp_path) == TOY


def own_folder(root, tiny_corpus, *, emotions=("01", "05"), actors="1234"):
    """Copy clips into a folder for each emotion, under names such as ``3_a.wav``."""
    for emotion in emotions:
        (root / emotion).mkdir(parents=True)
        for actor in actors:
            shutil.copy(next(tiny_corpus.rglob(f"03-01-{emotion}-*-0{actor}.wav")), root / emotion / f"{actor}_a.wav")
    return root


@pytest.mark.parametrize("sound", ["01/1_a.wav", "01/deep/1_a.ogg", "01/phone.m4a"])
def test_a_picture_beside_sounds_does_not_make_a_corpus_of_pictures(tmp_path, tiny_corpus, sound):
    own = own_folder(tmp_path / "own", tiny_corpus)
    save_image(own / "01" / "Folder.jpg", np.zeros((8, 8), np.uint8))
    assert loading.adapted(TOY, own) == TOY
    assert loading.list_clips(TOY, own)[0] == loading.OWN
    for file in own.rglob("*.wav"):
        file.unlink()
    assert loading.adapted(TOY, own).features.channels == ("image",)
    (own / sound).parent.mkdir(exist_ok=True)
    (own / sound).touch()
    assert loading.adapted(TOY, own) == TOY


def test_labels_and_speakers_come_from_patterns(tmp_path, tiny_corpus):
    own = own_folder(tmp_path / "own", tiny_corpus)
    patterns = {"data.label_pattern": "^(?P<label>0[15])", "data.speaker_pattern": r"(?P<speaker>\d)_a\.wav$"}
    _, clips, names = loading.list_clips(TOY.replace(patterns), own)
    assert names == ("01", "05")
    assert [(clip.name, clip.actor) for clip in clips][3:5] == [("01/4_a", 4), ("05/1_a", 1)]


@pytest.mark.parametrize("name", ["label_pattern", "speaker_pattern", "speakers_csv"])
def test_a_setting_of_own_recordings_is_refused_elsewhere(tmp_path, tiny_corpus, name):
    recipe = TOY.replace({f"data.{name}": "(?P<label>x)"})
    with pytest.raises(ValueError, match=f"data.{name} is for own recordings, and .* holds RAVDESS"):
        loading.list_clips(recipe, tiny_corpus)
    (tmp_path / "angry").mkdir()
    save_image(tmp_path / "angry" / "03-01-05-01-01-01-01.png", np.zeros((8, 8), np.uint8))
    with pytest.raises(ValueError, match=f"data.{name} is for own recordings, and .* holds spectrogram images"):
        loading.list_clips(recipe, tmp_path)


def test_all_clips_of_a_corpus_are_listed_whatever_it_is(tmp_path, tiny_corpus):
    assert len(loading.list_all(tiny_corpus, {})[1]) == 192
    own = own_folder(tmp_path / "own", tiny_corpus)
    source, clips, names = loading.list_all(own, {"data.speaker_pattern": "^."})
    assert (source, len(clips), names, clips[-1].actor) == (loading.OWN, 8, ("01", "05"), 4)
