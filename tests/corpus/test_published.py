"""The published corpora are known by the names of their files: speakers, labels, counts, and what does not fit."""

import re
from pathlib import Path

import numpy as np
import pytest

from minser import audio, data, recipes
from minser.corpus import cache, dataset, published
from minser.corpus.clip import EMOTIONS
from minser.corpus.splits import leaks
from tests.corpora import CODES, SPEAKERS, path_of

TOY = recipes.read("toy")


def touch(root: Path, *names: str) -> Path:
    """Make empty files."""
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    return root


def names_of(corpus: str) -> list[str]:
    """Return where the clips of a corpus in miniature lie."""
    return [path_of(corpus, who, code, take) for who in SPEAKERS[corpus] for code in CODES[corpus] for take in (1, 2)]


@pytest.mark.parametrize("corpus", published.CORPORA, ids=lambda corpus: corpus.name)
def test_the_example_of_a_corpus_is_known_as_its(corpus):
    told = published.read_name("/" + corpus.example.rpartition(".")[0])
    assert (told.corpus, told.emotion) == (corpus, "happy" if corpus.name == "EMO-DB" else "angry")
    assert told.speaker in corpus.speakers
    for wrong, right in corpus.misnamed.items():
        assert published.read_name(f"/x/{wrong}").name == right


@pytest.mark.parametrize(
    ("path", "corpus", "name", "speaker", "emotion"),
    [
        ("wav/16b10Lb", "EMO-DB", "16b10Lb", "16", "boredom"),
        ("AudioWAV/1040_ITH_SAD_X", "CREMA-D", "1040_ITH_SAD_XX", "1040", "sad"),
        ("ALL/JK_su15", "SAVEE", "JK_su15", "JK", "surprised"),
        ("AudioData/KL/n30", "SAVEE", "KL_n30", "KL", "neutral"),
        ("TESS/OAF_neutral/OA_bite_neutral", "TESS", "OAF_bite_neutral", "OAF", "neutral"),
        ("YAF_pleasant_surprised/YAF_home_ps", "TESS", "YAF_home_ps", "YAF", "surprised"),
        ("x/Actor_24/03-02-02-01-02-02-24", "RAVDESS", "03-02-02-01-02-02-24", "24", "calm"),
    ],
)
def test_names_say_who_speaks_and_how(path, corpus, name, speaker, emotion):
    told = published.read_name("/" + path)
    assert (told.corpus.name, told.name, told.speaker, told.emotion) == (corpus, name, speaker, emotion)


@pytest.mark.parametrize(
    "path", ["a01", "XX/a01", "07a01Fa", "03a01Xa", "1092_DFA_ANG_XX", "MAF_a_sad", "angry/anna_01"]
)
def test_other_names_say_nothing(path):
    assert published.read_name("/" + path) is None


@pytest.mark.parametrize("corpus", CODES)
def test_a_corpus_is_listed_with_labels_and_speakers(tmp_path, corpus):
    touch(tmp_path, *names_of(corpus), "read me.txt", ".hidden.wav", "__MACOSX/wav/03a01Fa.wav")
    touch(tmp_path, f"cache/{cache.TAG}", "cache/heard.wav")
    source, clips, names = dataset.list_clips(TOY, tmp_path)
    assert source == corpus
    own = {"boredom"} & set(CODES[corpus].values())
    assert names == (*(name for name in EMOTIONS if name in CODES[corpus].values()), *own)
    assert len(clips) == 2 * len(SPEAKERS[corpus]) * len(CODES[corpus])
    assert [clip.name for clip in clips] == sorted(clip.name for clip in clips)
    assert tuple(sorted({clip.speaker for clip in clips})) == SPEAKERS[corpus]
    assert {clip.actor for clip in clips} == set(range(1, 1 + len(SPEAKERS[corpus])))
    assert {names[clip.label] == clip.emotion_name for clip in clips} == {True}
    sexes = {"EMO-DB": {"male", "female"}, "CREMA-D": {"unknown"}, "SAVEE": {"male"}, "TESS": {"female"}}
    assert {clip.sex for clip in clips} == sexes[corpus]


def test_savee_in_one_folder_is_savee_in_four(tmp_path):
    for path in names_of("SAVEE"):
        touch(tmp_path, path, path.replace("AudioData/", "one/").replace("/", "_").replace("one_", "one/"))
    several, flat = (published.find_clips(tmp_path / folder)[0] for folder in ("AudioData", "one"))
    assert [(clip.name, clip.actor, clip.label) for clip in several] == [(c.name, c.actor, c.label) for c in flat]
    with pytest.raises(
        ValueError, match=r"the clip DC_a01 is there twice: .*AudioData/DC/a01.wav and .*one/DC_a01.wav"
    ):
        published.find_clips(tmp_path)


def test_several_corpora_below_one_folder_are_one_with_speakers_of_their_own(tmp_path):
    for corpus in ("EMO-DB", "TESS"):
        touch(tmp_path / corpus, *names_of(corpus))
    actor = "RAVDESS/Audio_Speech_Actors_01-24/Actor_03"
    touch(tmp_path / actor, "03-01-02-01-01-01-03.wav", "03-02-02-01-01-01-03.wav")
    touch(tmp_path / "toy" / "Actor_04", "03-01-02-01-01-01-04.wav", "../toy.json")  # the embedded corpus is no part
    source, clips, names = dataset.list_clips(TOY, tmp_path)
    assert source == "RAVDESS, EMO-DB, TESS"
    assert names == (*EMOTIONS, "boredom")
    speakers = [f"EMO-DB {who}" for who in SPEAKERS["EMO-DB"]] + ["RAVDESS 03", "TESS OAF", "TESS YAF"]
    assert sorted({clip.speaker for clip in clips}) == speakers
    assert sum(clip.corpus == "RAVDESS" for clip in clips) == 1  # the sung one is not asked for
    assert "EMO-DB 03a01Fa" in {clip.name for clip in clips}


def test_ravdess_deep_below_a_folder_is_ravdess(tmp_path):
    touch(tmp_path / "a" / "b" / "Actor_03", "03-01-02-01-01-01-03.wav", "03-01-03-01-01-01-03.wav")
    source, clips, names = dataset.list_clips(TOY, tmp_path)
    assert (source, names, [clip.label for clip in clips]) == ("RAVDESS", EMOTIONS, [1, 2])


def test_a_file_that_does_not_fit_is_named(tmp_path):
    touch(tmp_path, *names_of("EMO-DB"), "wav/notes.wav", "wav/03a01Xa.wav")
    told = re.escape(f"{tmp_path / 'wav' / '03a01Xa.wav'}: expected a name like EMO-DB's, such as wav/03a01Fa.wav")
    with pytest.raises(ValueError, match=told + ".*; 2 files are so"):
        dataset.list_clips(TOY, tmp_path)


def test_own_recordings_are_no_published_corpus_for_one_name(tmp_path):
    touch(tmp_path, "angry/JK_a01.wav", "angry/ben.wav", "sad/anna.wav", "sad/carl.wav")
    source, clips, names = dataset.list_clips(TOY, tmp_path)
    assert (source, len(clips), names) == (dataset.OWN, 4, ("angry", "sad"))


def test_a_pattern_of_speakers_is_refused_where_names_tell_them(tmp_path):
    recipe = TOY.replace({"data.speaker_pattern": "^.."})
    with pytest.raises(ValueError, match=r"data.speaker_pattern is for own recordings, and .* holds SAVEE"):
        dataset.list_clips(recipe, touch(tmp_path, *names_of("SAVEE")))


def test_a_cover_makes_no_pictures_of_a_corpus(tmp_path):
    root = touch(tmp_path, *names_of("EMO-DB"), "wav/Folder.jpg")
    assert dataset.adapted(TOY, root) == TOY


@pytest.mark.parametrize("corpus", CODES)
@pytest.mark.parametrize("split", ["luna", "loso"])
def test_folds_keep_speakers_apart_and_test_each_once(tmp_path, corpus, split):
    _, clips, _ = dataset.list_clips(TOY, touch(tmp_path, *names_of(corpus)))
    digests = [clip.name for clip in clips]
    tested = []
    for fold in range(min(5, len(SPEAKERS[corpus]))):
        parts = dataset.make_split(TOY.replace({"data.split": split, "data.fold": fold}), clips, digests)
        leaks.check_split(parts, train=parts.train, clips=clips, digests=digests)
        test, others = ({clips[i].speaker for i in part} for part in (parts.test, [*parts.train, *parts.val]))
        assert not test & others
        assert ("speakers" in parts.shares) == (corpus == "TESS")
        assert split == "luna" or len(test) == 1
        tested += sorted(test)
    assert sorted(tested) == sorted(SPEAKERS[corpus])


def test_validation_of_loso_has_both_sexes(tmp_path):
    _, clips, _ = dataset.list_clips(TOY.replace({"data.split": "loso"}), touch(tmp_path, *names_of("EMO-DB")))
    split = dataset.make_split(TOY.replace({"data.split": "loso"}), clips, [clip.name for clip in clips])
    assert {clips[i].speaker for i in split.test} == {"03"}
    assert {clips[i].speaker for i in split.val} == {"08", "10"}


def test_of_two_speakers_identical_audio_is_kept_together(tmp_path):
    _, clips, _ = dataset.list_clips(TOY, touch(tmp_path, *names_of("TESS")))
    digests = [f"{clip.speaker} {clip.name if clip.label else 'both takes of neutral'}" for clip in clips]
    for seed in range(10):
        split = dataset.make_split(TOY.replace({"training.seed": seed}), clips, digests)
        assert not {digests[i] for i in split.val} & {digests[i] for i in split.train}
        assert len(split.val) in (1, 2)


def test_one_speaker_cannot_be_kept_apart(tmp_path):
    _, clips, _ = dataset.list_clips(TOY, touch(tmp_path, "DC/a01.wav", "DC/sa01.wav", "DC/n01.wav"))
    with pytest.raises(ValueError, match="speakers can be kept apart from two on, got 1"):
        dataset.make_split(TOY, clips, ["a", "b", "c"])


def test_a_corpus_without_speakers_has_no_loso(tmp_path):
    _, clips, _ = dataset.list_clips(TOY, touch(tmp_path, "angry/a.wav", "sad/b.wav"))
    with pytest.raises(ValueError, match=r"data\.split loso: nobody said who speaks"):
        dataset.make_split(TOY.replace({"data.split": "loso"}), clips, ["a", "b"])


@pytest.mark.slow
def test_check_reads_and_counts_what_is_there(tmp_path, capsys):
    touch(tmp_path / "SAVEE", *names_of("SAVEE"))
    audio.save(tmp_path / "SAVEE" / path_of("SAVEE", "DC", "a", 1), np.zeros(80), sr=8000)
    assert data.main(["check", str(tmp_path)]) == 1
    printed = capsys.readouterr().out
    assert "55 of 56 cannot be read" in printed
    assert "SAVEE: 56 of 480 clips, 4 of 4 speakers; licence: given to" in printed
    (tmp_path / "all").mkdir()
    for number in range(1400):
        for name in (f"OAF_{number}_sad.wav", f"YAF_{number}_angry.wav"):
            audio.save(tmp_path / "all" / name, np.zeros(80), sr=8000)
    assert data.main(["check", str(tmp_path / "all")]) == 0
    assert "TESS: 2800 of 2800 clips, 2 of 2 speakers" in capsys.readouterr().out
    next((tmp_path / "all").glob("OAF*")).unlink()
    assert data.main(["check", str(tmp_path / "all")]) == 1  # all can be read, and one is missing


def test_a_corpus_without_song_has_no_sung_clips(tmp_path):
    recipe = TOY.replace({"data.speech": False, "data.song": True})
    with pytest.raises(ValueError, match="no sung clips found, which data"):
        dataset.list_clips(recipe, touch(tmp_path, *names_of("TESS")))


def test_a_folder_of_one_emotion_is_no_corpus(tmp_path):
    touch(tmp_path, "OAF_angry/OAF_back_angry.wav", "OAF_angry/OAF_bar_angry.wav")
    with pytest.raises(ValueError, match="expected two emotions or more, found only angry: name the folder around it"):
        dataset.list_clips(TOY, tmp_path / "OAF_angry")
