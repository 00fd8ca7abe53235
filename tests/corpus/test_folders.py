import os
import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minser.audio import media
from minser.corpus.folders import find_recordings
from minser.corpus.splits.by_speaker import own_speakers

COMPOSED, DECOMPOSED = "J\u00f6rg", "Jo\u0308rg"


@pytest.fixture
def root(tmp_path):
    files = ("sad/anna_2.wav", "angry/ben_1.FLAC", "angry/anna_1.wav", "sad/.hidden.wav", "sad/notes.txt", ".git/a.wav")
    return make(tmp_path / "own", *files)


def make(root, *names):
    """Make files in folders, which nobody opens."""
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    return root


def link(place, folder):
    """Make a link to a folder, which Windows may forbid."""
    try:
        place.symlink_to(folder, target_is_directory=True)
    except OSError as error:
        pytest.skip(f"links cannot be made here: {error}")


@pytest.mark.skipif(os.name != "posix", reason="pipes with names are POSIX's")
def test_folders_and_pipes_under_a_sound_files_name_are_passed_over(root):
    (root / "sad" / "folder.wav").mkdir()
    os.mkfifo(root / "sad" / "pipe.wav")
    assert len(find_recordings(root)[0]) == 3


def listing(recordings):
    return [(r.name, r.label, r.actor) for r in recordings]


def test_labels_are_the_folders_and_nobody_speaks(root):
    recordings, names = find_recordings(root)
    assert names == ("angry", "sad")
    assert listing(recordings) == [("angry/anna_1", 0, 0), ("angry/ben_1", 0, 0), ("sad/anna_2", 1, 0)]


@pytest.mark.parametrize("pattern", ["^[^_]+", "^(.+)_"])
def test_speakers_from_file_names(root, pattern):
    recordings, _ = find_recordings(root, speaker_pattern=pattern)
    assert [r.actor for r in recordings] == [1, 2, 1]


def test_speakers_from_a_table(root, tmp_path):
    table = tmp_path / "speakers.csv"
    table.write_text(
        "\ufefffile,speaker\nangry/anna_1.wav,zoe\nben_1.FLAC,ben\nsad\\anna_2.wav,zoe\n", encoding="utf-8"
    )
    recordings, _ = find_recordings(root, speakers_csv=table)
    assert [r.actor for r in recordings] == [2, 1, 2]


def test_a_space_in_a_table_is_no_second_person(root, tmp_path):
    table = tmp_path / "speakers.csv"
    table.write_text("file, speaker\nanna_1.wav,anna\nben_1.FLAC ,ben\nanna_2.wav, anna \nsad/anna_2.wav,anna\n")
    recordings, _ = find_recordings(root, speakers_csv=table)
    assert [r.actor for r in recordings] == [1, 2, 1]


def test_a_bare_name_is_refused_where_two_folders_have_it(root, tmp_path):
    (root / "sad" / "anna_1.wav").touch()
    table = tmp_path / "speakers.csv"
    rows = "file,speaker\nben_1.FLAC,ben\nanna_2.wav,anna\n"
    table.write_text(f"{rows}anna_1.wav,anna\n")
    with pytest.raises(ValueError, match=r"speakers.csv: anna_1.wav lies in 2 folders: list each as angry/anna_1.wav"):
        find_recordings(root, speakers_csv=table)
    table.write_text(f"{rows}angry/anna_1.wav,anna\nsad/anna_1.wav,carl\n")
    assert [r.actor for r in find_recordings(root, speakers_csv=table)[0]] == [1, 2, 3, 1]


@pytest.mark.parametrize(
    ("pattern", "message"), [("(", "no regular expression"), ("carl", "finds no speaker"), ("(x?)", "finds no speaker")]
)
def test_a_bad_pattern_is_named(root, pattern, message):
    with pytest.raises(ValueError, match=message):
        find_recordings(root, speaker_pattern=pattern)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name,speaker\n", "expected the columns file and speaker"),
        ("file,speaker,age,Speaker\nben_1.FLAC,ben,9,b\n", "speakers.csv: expected one column speaker, got 2"),
        ("file,speaker\nben_1.FLAC,ben\n", "no speaker for angry/a"),
        ("file,speaker\nanna_1.wav,\n", "no speaker for angry/a"),
        ("file,speaker\nanna_1.wav,anna\nanna_1.wav,ben\n", "angry/anna_1.wav is listed with different .*: anna, ben"),
        ("file,speaker\nangry/anna_1.wav,a\nanna_1.wav,b\n", "angry/anna_1.wav is listed with different .*: a, b"),
    ],
)
def test_a_bad_table_is_named(root, tmp_path, text, message):
    table = tmp_path / "speakers.csv"
    table.write_text(text)
    with pytest.raises(ValueError, match=message):
        find_recordings(root, speakers_csv=table)


def test_what_is_no_such_folder(root, tmp_path):
    with pytest.raises(FileNotFoundError, match="no such folder"):
        find_recordings(tmp_path / "nowhere")
    with pytest.raises(FileNotFoundError, match=r"sad: expected .* two labels or more, found none; left out: 3 files"):
        find_recordings(root / "sad")


def test_twins_and_two_sources_of_speakers_are_refused(root):
    with pytest.raises(ValueError, match="one of them is enough"):
        find_recordings(root, speaker_pattern="a", speakers_csv="b.csv")
    (root / "sad" / "anna_2.flac").touch()
    with pytest.raises(ValueError, match="have one name"):
        find_recordings(root)


@pytest.mark.parametrize("pattern", ["^[^_]+", f"^{COMPOSED}|^[ab]", f"^{DECOMPOSED}|^[ab]", r"^(.+)_\d$"])
def test_an_accent_in_one_character_or_two_is_one_name(tmp_path, pattern):
    files = (f"sad/{COMPOSED}_1.wav", f"sad/{DECOMPOSED}_2.wav", f"wu\u0308tend/{DECOMPOSED}_3.wav", "sad/a_1.wav")
    recordings, names = find_recordings(make(tmp_path, *files), speaker_pattern=pattern)
    assert names == ("sad", "w\u00fctend")
    assert [(r.name, r.label, r.actor, r.speaker) for r in recordings] == [
        (f"sad/{COMPOSED}_1", 0, 1, COMPOSED),
        (f"sad/{COMPOSED}_2", 0, 1, COMPOSED),
        ("sad/a_1", 0, 2, "a"),
        (f"w\u00fctend/{COMPOSED}_3", 1, 1, COMPOSED),
    ]


@pytest.mark.parametrize("listed", [COMPOSED, DECOMPOSED])
@pytest.mark.parametrize("on_disk", [COMPOSED, DECOMPOSED])
def test_a_table_finds_files_whichever_way_their_names_are_written(tmp_path, listed, on_disk):
    root = make(tmp_path / "own", f"sad/{on_disk}.wav", f"angry/{on_disk} 2.wav", f"angry/{on_disk} 3.wav")
    table = tmp_path / "speakers.csv"
    rows = (
        f"sad/{listed}.wav,{COMPOSED}",
        f"{listed} 2.wav,{DECOMPOSED}",
        f"{listed} 2.wav,{COMPOSED}",
        f"{listed} 3.wav,b",
    )
    table.write_text("\n".join(("file,speaker", *rows)), encoding="utf-8")
    assert [r.speaker for r in find_recordings(root, speakers_csv=table)[0]] == [COMPOSED, "b", COMPOSED]


@pytest.mark.parametrize(("first", "second"), [("Anna", "anna"), ("01", "1"), ("anna", "anna "), ("anna k", "anna  k")])
def test_a_speaker_in_two_spellings_is_refused(tmp_path, first, second):
    root = make(tmp_path / "own", f"angry/{first}+1.wav", f"sad/{second}+2.wav", "sad/ben+1.wav")
    line = f"the speakers '{first}' .*/angry/.* and '{second}' .*/sad/.* may be one, spelled in two ways: "
    with pytest.raises(ValueError, match=f"^the speaker pattern .*: {line}"):
        find_recordings(root, speaker_pattern="^[^+]+")
    table = tmp_path / "speakers.csv"
    rows = (f"{first}+1.wav,{first}", f"{second}+2.wav,{second.replace(' ', chr(0xA0))}", "ben+1.wav,ben")
    table.write_text("\n".join(("file,speaker", *rows)), encoding="utf-8")
    if first != second.strip():  # spaces around a cell count for nothing
        with pytest.raises(ValueError, match=r"^.*speakers.csv: the speakers .* and .* may be one"):
            find_recordings(root, speakers_csv=table)


@pytest.mark.parametrize("twin", ["Angry", "angry ", "w\u00fctend"])
def test_a_label_in_two_spellings_is_refused(tmp_path, twin):
    root = make(tmp_path, "angry/a.wav", "sad/a.wav", "wu\u0308tend/a.wav", f"{twin}/b.wav")
    with pytest.raises(ValueError, match=r"the labels .* and .* may be one, spelled in two ways: "):
        find_recordings(root)
    (root / twin / "b.wav").unlink()
    (root / twin).rmdir()
    assert find_recordings(root)[1] == ("angry", "sad", "w\u00fctend")


def test_a_file_whose_name_is_there_in_both_forms_is_refused(tmp_path):
    root = make(tmp_path, f"angry/{COMPOSED}.wav", f"angry/{DECOMPOSED}.wav", "sad/a.wav")
    with pytest.raises(ValueError, match="have one name"):
        find_recordings(root)


CERTAIN = (str, lambda name: unicodedata.normalize("NFD", name))
DOUBTFUL = (
    str.upper,
    str.title,
    lambda name: name.replace(" ", "  "),
    lambda name: name.replace(" ", " 0"),
    lambda name: f"{name} ",
)
WORDS = st.lists(st.text("abzäñåü", min_size=1, max_size=3), min_size=3, max_size=5)


def assert_kept_apart(root, words, spoken, by_table):
    """Make recordings and split them; speaker n is called ``WORD n``, once so and once in each spelling of `spoken`."""
    spoken = [*((n, str) for n in range(len(words))), *((n, spell) for n, spell in spoken if n < len(words))]
    files = [f"{'xy'[i % 2]}/{spell(f'{words[n]} {n + 1}')}+{n}+{i}.wav" for i, (n, spell) in enumerate(spoken)]
    rows = ["file,speaker", *(f"{file},{file[2:].partition('+')[0]}" for file in files)]
    table = make(root, *files) / "speakers.csv"
    table.write_text("\n".join(rows), encoding="utf-8")
    told = {"speakers_csv": table} if by_table else {"speaker_pattern": "^[^+]+"}
    recordings, _ = find_recordings(root, **told)
    who = [recording.path.stem.split("+")[1] for recording in recordings]
    for fold in range(len(words)):
        split = own_speakers(recordings, fold)
        parts = [{who[i] for i in part} for part in (split.train, split.val, split.test)]
        assert sum(map(len, parts)) == len(words)


@given(WORDS, st.lists(st.tuples(st.integers(0, 4), st.sampled_from(CERTAIN)), max_size=8), st.booleans())
def test_a_speaker_in_any_form_of_unicode_is_in_one_part(tmp_path_factory, words, spoken, by_table):
    assert_kept_apart(tmp_path_factory.mktemp("own"), words, spoken, by_table)


@given(WORDS, st.lists(st.tuples(st.integers(0, 4), st.sampled_from(CERTAIN + DOUBTFUL)), max_size=8), st.booleans())
def test_a_speaker_in_any_spelling_is_in_one_part_or_refused(tmp_path_factory, words, spoken, by_table):
    try:
        assert_kept_apart(tmp_path_factory.mktemp("own"), words, spoken, by_table)
    except ValueError as error:
        if "may be one, spelled in two ways" not in str(error):
            raise


def test_sub_folders_are_read_and_names_stay_unique(root):
    make(root, "angry/session2/anna_1.wav", "angry/session2/late/anna_1.wav", "sad/session 1/x.ogg")
    recordings, names = find_recordings(root, speaker_pattern="^[^_]+")
    assert names == ("angry", "sad")
    assert listing(recordings) == [
        ("angry/anna_1", 0, 1),
        ("angry/ben_1", 0, 2),
        ("angry/session2/anna_1", 0, 1),
        ("angry/session2/late/anna_1", 0, 1),
        ("sad/anna_2", 1, 1),
        ("sad/session 1/x", 1, 3),
    ]


def test_a_link_to_a_folder_is_read_and_one_that_leads_back_is_not_followed_for_ever(root, tmp_path):
    other = make(tmp_path / "other", "c_1.wav")
    link(root / "sad" / "more", other)
    link(root / "sad" / "back", root)
    assert [r.name for r in find_recordings(root)[0]] == ["angry/anna_1", "angry/ben_1", "sad/anna_2", "sad/more/c_1"]


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ([], "calm: expected sounds of the label 'calm', found an empty folder; "),
        (["calm/.hidden.wav"], "calm: expected .*, found 1 file: 1 hidden; "),
        (["calm/a/b.sph", "calm/b.sph", "calm/c.txt"], r"calm: expected .*, found 3 files: 2 \.sph, 1 \.txt; "),
    ],
)
def test_a_label_without_sounds_is_refused(root, names, message):
    make(root, *names)
    (root / "calm").mkdir(exist_ok=True)
    with pytest.raises(FileNotFoundError, match=message):
        find_recordings(root)


def test_one_label_is_refused(root, tmp_path):
    with pytest.raises(FileNotFoundError, match=r"expected .* two labels or more, found only 'angry'"):
        find_recordings(make(tmp_path / "one", "angry/a.wav", "angry/deep/b.wav", "c.wav"))
    with pytest.raises(FileNotFoundError, match=r"expected .* two labels or more, found only 'a'"):
        find_recordings(root, label_pattern="(?P<label>a)")


def test_without_pyav_what_needs_it_is_left_out_and_a_label_of_nothing_else_is_refused(root, monkeypatch):
    make(root, "angry/phone.m4a", "sad/phone.WEBM")
    monkeypatch.setattr(media, "is_installed", lambda: True)
    assert len(find_recordings(root)[0]) == 5
    monkeypatch.undo()
    monkeypatch.setitem(sys.modules, "av", None)
    assert len(find_recordings(root)[0]) == 3
    make(root, "calm/a.m4a", "calm/b.m4a", "calm/c.amr")
    found = r"found 3 files: 2 \.m4a \(pip install 'minser\[media\]'\), 1 \.amr \(pip install 'minser\[media\]'\);"
    with pytest.raises(FileNotFoundError, match=f"calm: expected sounds of the label 'calm', {found}"):
        find_recordings(root)


EXCEL = "file{0}speaker\r\nangry/anna_1.wav{0}zoe\r\nangry/ben_1.FLAC{0}ben\r\nsad/anna_2.wav{0}zoe\r\n{0}\r\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_tables_of_spreadsheets_are_read(root, tmp_path, delimiter, encoding):
    table = tmp_path / "speakers.csv"
    table.write_bytes(EXCEL.format(delimiter).replace("file", "File").encode(encoding))
    assert [r.speaker for r in find_recordings(root, speakers_csv=table)[0]] == ["zoe", "ben", "zoe"]
    table.write_bytes("file,speaker\nangry/anna_1.wav,J\u00f6rg\n".encode("cp1252"))
    with pytest.raises(ValueError, match=r"speakers.csv: expected a table in UTF-8 \(Excel: CSV UTF-8\)"):
        find_recordings(root, speakers_csv=table)


@pytest.mark.parametrize("start", ["./", "{root}/", "{root}/sad/../", "{link}/"])
def test_paths_of_a_table_match_however_they_are_written(root, tmp_path, monkeypatch, start):
    monkeypatch.chdir(tmp_path)
    link(tmp_path / "link", root)
    start = start.format(root=root, link=tmp_path / "link")
    table = tmp_path / "speakers.csv"
    rows = [f"{start}{file},{who}" for file, who in (("angry/anna_1.wav", "a"), ("angry/ben_1.FLAC", "b"))]
    table.write_text("\n".join(["file,speaker", *rows, f"{start}sad/anna_2.wav,a"]))
    for place in ("link", tmp_path / "link") if "link" in start else ("own", root):
        assert [r.actor for r in find_recordings(place, speakers_csv=table)[0]] == [1, 2, 1]


def test_a_table_that_matches_nothing_shows_what_it_holds_and_what_was_looked_for(root, tmp_path):
    table = tmp_path / "speakers.csv"
    table.write_text("file,speaker\nclips/a1.wav,a\nclips/b1.wav,b\nclips/c1.wav,c\nclips/d1.wav,d\n")
    told = "no speaker for angry/anna_1.wav; it lists clips/a1.wav, clips/b1.wav, clips/c1.wav and 1 more$"
    with pytest.raises(ValueError, match=told):
        find_recordings(root, speakers_csv=table)


def test_a_row_without_its_file_is_refused(root, tmp_path, monkeypatch):
    make(root, "sad/phone.m4a")
    table = tmp_path / "speakers.csv"
    rows = "file,speaker\nanna_1.wav,a\nben_1.FLAC,b\nanna_2.wav,a\nphone.m4a,c\n.hidden.wav,d\n"
    table.write_text(f"{rows}sad/zoe_1.wav,z\n")
    with pytest.raises(ValueError, match=r"speakers.csv: sad/zoe_1.wav is listed, and no such file is in .*own"):
        find_recordings(root, speakers_csv=table)
    table.write_text(rows)
    monkeypatch.setitem(sys.modules, "av", None)  # a file that is there and left out is no missing one
    assert len(find_recordings(root, speakers_csv=table)[0]) == 3


@pytest.fixture
def flat(tmp_path):
    return make(tmp_path / "flat", "S1/03_ANG_x.wav", "S1/04_SAD.wav", "S2/03_ANG_x.wav", "S2/05_XXX.wav", "06_SAD.wav")


@pytest.mark.parametrize(
    "patterns",
    [
        {"label_pattern": r"\d_(?P<label>ANG|SAD)", "speaker_pattern": r"(?P<speaker>\d\d)_"},
        {"label_pattern": r"(?P<speaker>\d\d)_(?P<label>ANG|SAD).*\.wav$"},
        {"label_pattern": r"_(?P<label>ANG|SAD)", "speaker_pattern": r"^(\d+)"},
    ],
)
def test_labels_and_speakers_from_patterns(flat, patterns):
    recordings, names = find_recordings(flat, **patterns)
    assert names == ("ANG", "SAD")
    assert [(r.name, r.emotion_name, r.label, r.speaker) for r in recordings] == [
        ("S1/03_ANG_x", "ANG", 0, "03"),
        ("S2/03_ANG_x", "ANG", 0, "03"),
        ("SAD/06_SAD", "SAD", 1, "06"),
        ("S1/04_SAD", "SAD", 1, "04"),
    ]


def test_a_speaker_pattern_reads_the_path_if_it_names_its_group(flat):
    recordings, _ = find_recordings(
        flat, label_pattern="(?P<label>ANG|SAD)", speaker_pattern="(?P<speaker>S[12]|^[^/]+)"
    )
    assert [r.speaker for r in recordings] == ["S1", "S2", "06_SAD.wav", "S1"]


@pytest.mark.parametrize(
    ("patterns", "message"),
    [
        ({"label_pattern": "("}, "the label pattern '\\(' is no regular expression"),
        ({"label_pattern": "ANG"}, r"the label pattern 'ANG': expected a group \(\?P<label>...\)"),
        ({"label_pattern": "(?P<label>HAP)"}, "the label pattern .* finds no label in .*, such as 06_SAD.wav"),
        (
            {"label_pattern": "(?P<label>ANG|SAD)", "speaker_pattern": "(?P<speaker>S.)/"},
            "06_SAD.wav: the speaker pattern .* finds no speaker in '06_SAD.wav'",
        ),
        (
            {"label_pattern": "(?P<speaker>S.)(?P<label>.)", "speaker_pattern": "."},
            "two of .* were given: one of them is enough",
        ),
    ],
)
def test_a_bad_label_pattern_is_named(flat, patterns, message):
    with pytest.raises((ValueError, FileNotFoundError), match=message):
        find_recordings(flat, **patterns)
