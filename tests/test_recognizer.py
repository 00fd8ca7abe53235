import threading
from pathlib import Path

import numpy as np
import pytest
import soundfile

from minser import audio, recognizer
from minser.corpus.clip import EMOTIONS
from minser.evaluation.calibration import fit_temperature
from minser.evaluation.predictions import Pooled
from minser.recipes import Recipe
from minser.recognizer import Recognizer
from minser.runs import run_folder
from minser.study.results import read_summary
from minser.training import checkpoint

from .trained import SMALL, make_run, speak

RESULTS = Path(__file__).parents[1] / "data" / "results"


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return make_run(tmp_path_factory.mktemp("runs") / "run")


@pytest.fixture(scope="module")
def listener(run):
    return Recognizer.load(run)


def test_probabilities_of_any_length_level_and_rate(listener, rng):
    waveform = rng.standard_normal(22050) * 0.1
    probs = listener.predict(waveform, sr=22050)
    assert listener.emotions == EMOTIONS
    assert probs.shape == (8,)
    assert probs.dtype == np.float32
    assert probs.sum() == pytest.approx(1, abs=1e-6)
    np.testing.assert_allclose(listener.predict(waveform * 0.01, sr=22050), probs, atol=1e-4)
    for n_samples in (1, 100, 500_000):
        assert np.isfinite(listener.predict(np.resize(waveform, n_samples), sr=44100)).all()


@pytest.mark.parametrize(
    "waveform", [np.zeros(0), np.array([np.nan] * 100), np.zeros((2, 100))], ids=["empty", "nan", "stereo"]
)
def test_what_is_no_waveform_is_refused(listener, waveform):
    with pytest.raises(ValueError, match="waveform"):
        listener.predict(waveform, sr=16000)


@pytest.mark.parametrize("sr", [0, -1, 22050.0])
def test_a_rate_that_is_none_is_refused_by_its_name(listener, sr):
    with pytest.raises((TypeError, ValueError), match=r"^sr: expected"):
        listener.predict(speak(1), sr=sr)
    with pytest.raises((TypeError, ValueError), match=r"^sr: expected"):
        listener.explain(speak(1), sr=sr, emotion="sad")
    np.testing.assert_array_equal(  # short integers of NumPy's are no trap
        listener.predict(speak(1), sr=np.int16(16000)), listener.predict(speak(1), sr=16000)
    )


def test_threads_get_the_answers_of_one(run, rng):
    """Also threads with networks of their own: numba's loops are the same."""
    waveforms = [rng.standard_normal(8000) for _ in range(8)]
    listeners = [Recognizer.load(run), Recognizer.load(run)]
    expected = [listeners[0].predict(waveform, sr=16000) for waveform in waveforms]
    got = {}

    def work(i):
        for _ in range(5):
            got[i] = listeners[i % 2].predict(waveforms[i], sr=16000)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for i, probs in enumerate(expected):
        np.testing.assert_array_equal(got[i], probs)


def test_a_short_recording_is_one_window(listener):
    answer = listener.answer(speak(6.9), sr=16000)
    np.testing.assert_allclose(answer.times_s, [[0, 6.9]])
    np.testing.assert_array_equal(answer.course, [answer.probs])
    assert answer.emotion == EMOTIONS[answer.probs.argmax()]


@pytest.mark.parametrize("seconds", [0.3, 2, 7, 7.1])
def test_predict_gives_the_probabilities_of_answer(listener, seconds):
    waveform = speak(seconds, sr=22050)
    np.testing.assert_array_equal(listener.predict(waveform, sr=22050), listener.answer(waveform, sr=22050).probs)


def test_each_window_of_a_long_one_is_answered_like_a_clip(listener):
    waveform = speak(13.4)
    answer = listener.answer(waveform, sr=16000, window_s=3, hop_s=2)
    np.testing.assert_allclose(answer.times_s[:-1, 0], [0, 2, 4, 6, 8, 10])
    np.testing.assert_allclose(answer.times_s[-1, 1], 13.4, atol=0.2)  # to its last
    np.testing.assert_allclose(np.ptp(answer.times_s, axis=1), 3)
    for (start_s, end_s), probs in zip(answer.times_s, answer.course, strict=True):
        cut = waveform[round(start_s * 16000) : round(end_s * 16000)]
        np.testing.assert_allclose(listener.predict(cut, sr=16000), probs, atol=1e-6)  # a batch sums in its own order
    np.testing.assert_allclose(answer.probs, answer.course.mean(axis=0), atol=1e-6)


def test_silence_at_the_ends_of_a_long_recording_is_left_out(listener):
    before, after = np.zeros(20 * 16000), np.zeros(10 * 16000)
    alone, both = speak(3), np.concatenate([before, speak(3), after])
    for constant in (0.0, 0.3):
        answer = listener.answer(both + constant, sr=16000)
        ((start_s, end_s),) = answer.times_s
        assert (start_s, end_s) == pytest.approx((20, 23), abs=0.3)  # its last syllable fades out
        assert answer.notes == listener.answer(alone, sr=16000).notes
    answer = listener.answer(np.concatenate([alone, after]), sr=16000)
    np.testing.assert_allclose(answer.times_s[0, 0], 0)  # nothing before it makes it long: it begins where it began
    np.testing.assert_allclose(answer.probs, listener.predict(alone, sr=16000), atol=1e-4)
    long = listener.answer(np.concatenate([before, speak(9), after]), sr=16000)
    assert (long.times_s[0, 0], long.times_s[-1, 1]) == pytest.approx((20, 29), abs=0.3)


@pytest.mark.parametrize("seconds", [6.8, 6.99, 7, 7.2, 12])
@pytest.mark.parametrize("silence_s", [0.02, 0.3, 5])
def test_silence_after_a_recording_of_any_length_changes_nothing(listener, seconds, silence_s):
    waveform = speak(seconds)
    after = np.concatenate([waveform, np.zeros(round(silence_s * 16000), waveform.dtype)])
    expected, answer = (listener.answer(each, sr=16000) for each in (waveform, after))
    np.testing.assert_allclose(answer.times_s[:, 0], expected.times_s[:, 0], atol=0.01)
    np.testing.assert_allclose(answer.course, expected.course, atol=1e-4)


def test_windows_in_which_nobody_speaks_are_left_out(listener, rng):
    noise = 1e-3 * rng.standard_normal(10 * 16000)
    waveform = np.concatenate([speak(8), noise, np.zeros(8 * 16000), speak(1)])
    answer = listener.answer(waveform.astype(np.float32), sr=16000)
    assert answer.is_speech[:5].all()
    assert not answer.is_speech[9:-2].any()
    np.testing.assert_allclose(answer.probs, answer.course[answer.is_speech].mean(axis=0), atol=1e-6)
    assert any(note.startswith("no speech in ") and note.endswith(", left out") for note in answer.notes)
    assert any(note.startswith("silence in ") for note in answer.notes)


def test_without_speech_there_is_an_answer_and_a_note(listener):
    for seconds, note in ((3, "silence: all samples are equal"), (9, "silence in 6 of 6 windows")):
        answer = listener.answer(np.zeros(seconds * 16000, np.float32), sr=16000)
        assert np.isfinite(answer.probs).all()
        assert answer.notes[0] == note


def test_a_file_gets_the_answer_of_its_waveform(listener, tmp_path):
    for seconds in (2, 9):
        audio.save(tmp_path / "voice.wav", speak(seconds), sr=16000)
        waveform, sr = audio.load(tmp_path / "voice.wav")
        expected = listener.answer(waveform, sr=sr)
        from_path = listener.answer_file(tmp_path / "voice.wav")
        with (tmp_path / "voice.wav").open("rb") as file:
            from_file = listener.answer_file(file)
        for answer in (from_path, from_file):
            np.testing.assert_array_equal(answer.course, expected.course)
            assert answer.notes == expected.notes


def test_of_channels_that_cancel_one_is_heard_and_a_note_says_so(listener, tmp_path):
    voice = speak(1.5)
    soundfile.write(tmp_path / "one.wav", voice, 16000, subtype="FLOAT")
    soundfile.write(tmp_path / "two.wav", np.stack([voice, -voice], axis=1), 16000, subtype="FLOAT")
    one, two = listener.answer_file(tmp_path / "one.wav"), listener.answer_file(tmp_path / "two.wav")
    np.testing.assert_array_equal(two.probs, one.probs)
    assert two.notes == ("channels cancel each other: only number 1 was heard", *one.notes)


def test_a_picture_is_refused_by_a_network_that_learned_from_sound(listener, tmp_path):
    with pytest.raises(ValueError, match="is an image, and this network learned from sound"):
        listener.answer_file(tmp_path / "mel.png")


@pytest.mark.parametrize(("window_s", "hop_s"), [(8, 1), (2, 3), (2, 0), (2, -1)])
def test_impossible_windows_are_refused(listener, window_s, hop_s):
    with pytest.raises(ValueError, match=f"expected 0 < hop_s <= window_s <= 7, got hop_s={hop_s}"):
        listener.answer(np.ones(100), sr=16000, window_s=window_s, hop_s=hop_s)


def test_the_temperature_calibrates(listener, tmp_path):
    warm = Recognizer.load(make_run(tmp_path / "warm", temperature=2.0))
    waveform = speak(2)
    expected = np.sqrt(listener.predict(waveform, sr=16000))  # softmax(z / 2) is the root of softmax(z), scaled
    np.testing.assert_allclose(warm.predict(waveform, sr=16000), expected / expected.sum(), rtol=1e-5)
    with pytest.raises(ValueError, match="expected a temperature above 0, got -1"):
        Recognizer.load(make_run(tmp_path / "cold", temperature=-1))


def test_a_doubtful_answer_has_a_note(listener, tmp_path):
    doubtful = Recognizer.load(make_run(tmp_path / "run", temperature=1000.0))
    notes = doubtful.answer(speak(2), sr=16000).notes
    assert notes[-1] == "not sure: at 13 % the answer is more likely wrong than right"
    sure = Recognizer.load(make_run(tmp_path / "run", temperature=0.001))
    assert sure.answer(speak(2), sr=16000).notes == ()


def test_without_a_run_the_shipped_network_answers(run, monkeypatch):
    monkeypatch.setattr(recognizer, "SHIPPED", run)
    waveform = speak(2)
    np.testing.assert_array_equal(
        Recognizer.load().predict(waveform, sr=16000), Recognizer.load(run).predict(waveform, sr=16000)
    )


def test_the_shipped_network_is_the_tested_recipe_calibrated_on_its_predictions():
    weights, results = recognizer.SHIPPED / "best.safetensors", RESULTS / "minser" / "luna"
    assert weights.stat().st_size < 2_000_000
    assert Recognizer.load().emotions == EMOTIONS
    recipe, tested = run_folder.read_recipe(recognizer.SHIPPED), read_summary(results)
    assert recipe == Recipe(tested["recipe"]).replace({**tested["settings"], "data.split": "all"})
    table = Pooled.read(results / "predictions.csv")
    _, state = checkpoint.load(weights)
    assert state["temperature"] == pytest.approx(fit_temperature(table.probs, table.y_true))
    card = (recognizer.SHIPPED / "MODEL_CARD.md").read_text(encoding="utf-8")
    assert f"{100 * tested['scores']['uar']['mean']:.1f} %" in card
    assert "non-commercial" in card


def test_explain_shows_the_window_in_which_the_emotion_is_likeliest(listener):
    waveform = np.concatenate([speak(5), np.zeros(5 * 16000), speak(4, seed=1)]).astype(np.float32)
    answer = listener.answer(waveform, sr=16000)
    for emotion in ("calm", "angry"):
        evidence = listener.explain(waveform, sr=16000, emotion=emotion, maps=["Grad-CAM"])
        likeliest = np.where(answer.is_speech, answer.course[:, EMOTIONS.index(emotion)], -1).argmax()
        start_s, end_s = answer.times_s[likeliest]
        assert start_s <= evidence.start_s < evidence.seen_s[0] < evidence.seen_s[1] < end_s
    with pytest.raises(ValueError, match=r"emotion: expected one of neutral, .*, got 'bored'"):
        listener.explain(waveform, sr=16000, emotion="bored")


def test_a_frozen_network_is_explained_too(listener, tmp_path):
    frozen = Recognizer.load(make_run(tmp_path / "frozen", SMALL.replace({"model.frozen_blocks": [1]})))
    waveform = speak(2)
    expected = listener.explain(waveform, sr=16000, emotion="sad").maps
    for name, found in frozen.explain(waveform, sr=16000, emotion="sad").maps.items():
        np.testing.assert_allclose(found, expected[name], atol=1e-6)


def test_a_damaged_network_is_refused(tmp_path):
    run = make_run(tmp_path / "run")
    arrays, state = checkpoint.load(run / "best.safetensors")
    del arrays["conv1.weight"]
    checkpoint.save(run / "best.safetensors", arrays, state)
    with pytest.raises(ValueError, match=r"conv1\.weight"):
        Recognizer.load(run)
