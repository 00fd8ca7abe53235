import json

import numpy as np
import pytest

from minser import audio, features
from minser.corpus import find_clips, toy
from minser.corpus.splits.by_speaker import LUNA, luna
from minser.corpus.toy import synthesis
from minser.corpus.toy.voice import draw_actor
from minser.evaluation import metrics

NEUTRAL = {"emotion": 1, "intensity": 1}
TAKE = {"emotion": 6, "intensity": 2, "statement": 1, "repetition": 2, "actor": 5}


@pytest.fixture
def quick(monkeypatch):
    """Let every clip be a click: the files are what is tested."""
    monkeypatch.setattr(synthesis, "synthesise", lambda **take: np.full(8, 0.5, dtype=np.float32))


def track_pitch(waveform):
    """Pitch of the loud frames, by the highest peak of the autocorrelation, 60 to 500 Hz."""
    frames = audio.frame(waveform, frame_length=1024, hop_length=256).T  # (n_frames, 1024)
    level = np.sum(frames**2, axis=1)
    frames = frames[level > 0.1 * level.max()] * np.hanning(1024)
    power = np.abs(np.fft.rfft(frames, 2048)) ** 2
    correlation = np.fft.irfft(power)[:, toy.TOY_SR // 500 : toy.TOY_SR // 60]
    return toy.TOY_SR / (correlation.argmax(axis=1) + toy.TOY_SR // 500)


def test_a_clip_is_a_function_of_its_numbers_and_the_seed():
    clip = toy.synthesise(**TAKE)
    np.testing.assert_array_equal(clip, toy.synthesise(**TAKE))
    for change in ({"repetition": 1}, {"statement": 2}, {"intensity": 1}, {"actor": 7}, {"seed": 1}):
        other = toy.synthesise(**(TAKE | change))
        assert clip.shape != other.shape or np.any(clip != other)


def test_a_clip_is_sound_of_one_to_two_seconds():
    for emotion in range(1, 9):
        clip = toy.synthesise(emotion=emotion, intensity=1, statement=1, repetition=1, actor=emotion)
        assert clip.dtype == np.float32
        assert 0.8 * toy.TOY_SR < clip.size < 2.4 * toy.TOY_SR
        assert 0.05 < np.abs(clip).max() <= 1


def test_neutral_clips_have_their_actors_pitch():
    deviations = []
    for number in range(1, 25):
        design_hz = draw_actor(number).pitch_hz
        takes = [(statement, repetition) for statement in (1, 2) for repetition in (1, 2)]
        for statement, repetition in takes:
            clip = toy.synthesise(**NEUTRAL, statement=statement, repetition=repetition, actor=number)
            deviations.append(12 * np.log2(np.median(track_pitch(clip)) / design_hz))
    # Each clip's own level has a standard deviation of 2 semitones; stressed syllables lie about 1 higher.
    assert abs(np.mean(deviations)) < 1.5
    assert np.median(np.abs(deviations)) < 2.5


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"emotion": 9}, "emotion must be 01 to 08, got 09"),
        ({"emotion": 1}, "intensity must be 1 for neutral, got 2"),
        ({"actor": 25}, "actor must be 01 to 24, got 25"),
    ],
)
def test_clips_that_ravdess_lacks_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        toy.synthesise(**(TAKE | change))


@pytest.mark.usefixtures("quick")
def test_layout_is_that_of_ravdess(tmp_path):
    folder = toy.make_corpus(tmp_path / "deep" / "toy", seed=3)
    clips = find_clips(folder)
    assert len(clips) == 1440
    assert {(c.modality, c.channel) for c in clips} == {(3, 1)}
    assert {c.actor: c.path.parent.name for c in clips} == {n: f"Actor_{n:02d}" for n in range(1, 25)}
    counts = np.bincount([c.label for c in clips])
    np.testing.assert_array_equal(counts, [96] + 7 * [192])
    assert {c.intensity for c in clips if c.emotion_name == "neutral"} == {1}
    assert len({c.name for c in clips}) == 1440
    assert json.loads((folder / "toy.json").read_text())["seed"] == 3
    assert [entry.name for entry in folder.parent.iterdir()] == ["toy"]  # nothing temporary is left


@pytest.mark.usefixtures("quick")
def test_a_corpus_that_is_there_is_kept(tmp_path):
    folder = toy.make_corpus(tmp_path / "toy")
    file = folder / "Actor_01" / "03-01-01-01-01-01-01.wav"
    written = file.stat().st_mtime_ns
    assert toy.make_corpus(folder) == folder
    assert file.stat().st_mtime_ns == written
    with pytest.raises(FileExistsError, match=r'expected no such folder, or .*"seed": 1'):
        toy.make_corpus(folder, seed=1)
    file.unlink()
    with pytest.raises(FileExistsError, match="expected no such folder"):
        toy.make_corpus(folder)


def test_a_foreign_folder_is_refused(tmp_path):
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(FileExistsError, match="expected no such folder"):
        toy.make_corpus(tmp_path)


def test_nothing_is_left_when_making_fails(tmp_path, monkeypatch):
    def fail(**take):
        raise KeyboardInterrupt

    monkeypatch.setattr(synthesis, "synthesise", fail)
    with pytest.raises(KeyboardInterrupt):
        toy.make_corpus(tmp_path / "toy")
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
@pytest.mark.usefixtures("quick")
def test_another_process_that_was_faster_wins(tmp_path, monkeypatch):
    folder = tmp_path / "toy"
    finished = toy.make_corpus(tmp_path / "other")
    monkeypatch.setattr(synthesis.audio, "save", lambda path, waveform, *, sr: _appear(finished, folder))
    assert toy.make_corpus(folder) == folder
    assert len(find_clips(folder)) == 1440


def _appear(finished, folder):
    if finished.exists():
        finished.rename(folder)


@pytest.mark.slow
def test_average_spectra_do_not_give_the_emotion_away(tmp_path):
    linear_model = pytest.importorskip("sklearn.linear_model")
    preprocessing = pytest.importorskip("sklearn.preprocessing")
    clips = find_clips(toy.make_corpus(tmp_path / "toy"))
    labels = np.array([clip.label for clip in clips])
    mels = [_log_mel(clip.path) for clip in clips]
    absolute = np.stack([mel.mean(axis=1) for mel in mels])
    per_clip = np.stack([((mel - mel.mean()) / mel.std()).mean(axis=1) for mel in mels])
    for averages in (absolute, per_clip):
        for strength in (1e-3, 1e-1, 1.0):
            predicted = np.empty_like(labels)
            for fold in range(len(LUNA)):
                split = luna(clips, fold)
                train = np.concatenate([split.train, split.val])
                scaler = preprocessing.StandardScaler().fit(averages[train])
                model = linear_model.LogisticRegression(C=strength, max_iter=1000)
                model.fit(scaler.transform(averages[train]), labels[train])
                predicted[split.test] = model.predict(scaler.transform(averages[split.test]))
            uar = metrics.uar(metrics.confusion_matrix(labels, predicted, n_classes=8))
            assert 0.15 < uar <= 0.55  # above chance, for real correlates are in it; measured: up to 0.35


def _log_mel(path):
    waveform, sr = audio.load(path)
    mel = features.melspectrogram(waveform, sr=sr, n_fft=1024, hop_length=256, n_mels=64)
    return audio.power_to_db(mel, top_db=None)
