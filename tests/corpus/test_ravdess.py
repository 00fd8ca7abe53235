"""Finding the clips of a corpus folder in all its layouts."""

import pytest

from minser.corpus.ravdess import find_clips, scan

SPOKEN, SUNG = "03-01-01-01-01-01-01", "03-02-01-01-01-01-01"


def put(root, *names):
    """Make empty files; finding clips looks at names only."""
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()


@pytest.mark.parametrize(
    ("speech_folder", "song_folder"),
    [
        (".", "."),
        ("speech", "song"),
        ("Audio_Speech_Actors_01-24", "Audio_Song_Actors_01-24"),
        ("AUDIO_SPEECH_ACTORS_01-24", "Song"),
    ],
)
def test_every_layout_is_understood(tmp_path, speech_folder, song_folder):
    put(tmp_path, f"{speech_folder}/Actor_01/{SPOKEN}.wav", f"{song_folder}/actor_01/{SUNG}.FLAC")
    assert [clip.name for clip in find_clips(tmp_path)] == [SPOKEN]
    assert [clip.name for clip in find_clips(tmp_path, speech=False, song=True)] == [SUNG]
    both = find_clips(str(tmp_path), song=True)
    assert [clip.name for clip in both] == [SPOKEN, SUNG]
    assert all(clip.path.is_file() for clip in both)


def test_clips_are_sorted_by_channel_actor_and_name(tmp_path):
    names = ["03-01-02-01-01-01-02", "03-01-01-01-01-01-10", "03-02-01-01-01-01-01", "03-01-01-01-01-01-02"]
    put(tmp_path, *(f"Actor_{name[-2:]}/{name}.wav" for name in names))
    assert [clip.name for clip in find_clips(tmp_path, song=True)] == [names[3], names[0], names[1], names[2]]


def test_foreign_files_are_listed_and_hidden_ones_ignored(tmp_path):
    put(
        tmp_path,
        f"Actor_01/{SPOKEN}.wav",
        "Actor_01/notes.txt",
        "Actor_01/my voice.wav",
        "Actor_01/01-01-01-01-01-01-01.wav",  # sound taken from a video
        "Actor_01/03-01-01-01-02-01-01.mp4",
        f"Actor_01/._{SPOKEN}.wav",
        "Actor_01/.DS_Store",
        f"__MACOSX/Actor_01/{SPOKEN}.wav",
        f"cache/Actor_01/{SPOKEN}.wav",
    )
    clips, foreign = scan(tmp_path)
    assert [clip.name for clip in clips] == [SPOKEN]
    assert [file.name for file in foreign] == [
        "01-01-01-01-01-01-01.wav",
        "03-01-01-01-02-01-01.mp4",
        "my voice.wav",
        "notes.txt",
    ]


def test_a_clip_that_is_there_twice_is_an_error_naming_both_files(tmp_path):
    put(tmp_path, f"Actor_01/{SPOKEN}.wav", f"speech/Actor_01/{SPOKEN}.flac")
    with pytest.raises(ValueError, match=rf"{SPOKEN} is there twice: .*{SPOKEN}\.wav and .*{SPOKEN}\.flac"):
        find_clips(tmp_path)


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere: no such folder"):
        find_clips(tmp_path / "nowhere")


def test_an_empty_folder_says_what_was_looked_for(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no speech clips found there .*Actor_NN/, speech/Actor_NN/"):
        find_clips(tmp_path)


def test_a_part_that_is_asked_for_and_absent_is_an_error(tmp_path):
    put(tmp_path, f"Actor_01/{SPOKEN}.wav")
    with pytest.raises(FileNotFoundError, match="no song clips found there"):
        find_clips(tmp_path, song=True)


def test_one_part_has_to_be_asked_for(tmp_path):
    with pytest.raises(ValueError, match="at least one of speech and song"):
        find_clips(tmp_path, speech=False, song=False)


def test_the_real_corpus_has_its_published_numbers(ravdess):
    speech, song = find_clips(ravdess), find_clips(ravdess, speech=False, song=True)
    assert (len(speech), len(song), len(find_clips(ravdess, song=True))) == (1440, 1012, 2452)
    counts = [sum(clip.label == label for clip in speech) for label in range(8)]
    assert counts == [96, 192, 192, 192, 192, 192, 192, 192]
    assert {clip.actor for clip in speech} == set(range(1, 25))
    assert {clip.actor for clip in song} == set(range(1, 25)) - {18}
