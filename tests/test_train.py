"""The commands that train and test, end to end on a corpus of a few seconds, called as a user calls them."""

import errno
import json
import shlex
import shutil
import signal
from pathlib import Path

import numpy as np
import pytest

from minser import data, evaluate, plots, predict, recipes, train
from minser.corpus import recipe_batches
from minser.corpus.clip import EMOTIONS
from minser.corpus.dataset import load_dataset
from minser.evaluation.predictions import Predictions
from minser.runs import run_folder
from minser.runs.build import build_trainer
from minser.system.lock import locked
from minser.training import checkpoint
from minser.training.trainer import Trainer

QUICK = [
    "--recipe", "toy", "--epochs", "3", "--lr", "0.01",
    "--set", "model.channels=[4, 8]", "--set", "features.sr=8000", "--set", "features.n_mels=16",
    "--set", "features.n_frames=8", "--set", "features.trim_top_db=0", "--set", "training.select='val_uar'",
]  # fmt: skip
FILES = {
    "MODEL_CARD.md", "best.safetensors", "config.toml", "environment.json", "history.csv", "last.safetensors",
    "predictions.csv", "report.json", "report.txt", "trained_on.json",
}  # fmt: skip


OF_SOUND = [place for place, word in enumerate(QUICK) if word.startswith("features.")]
PICTURES = [word for place, word in enumerate(QUICK) if not {place, place + 1}.intersection(OF_SOUND)]
"""The same for pictures, which bring their own features."""


def call(corpus, *more):
    return train.main([*QUICK, "--data", str(corpus), *more])


def content(run, *, pictures=False):
    """Return a run's files that must be equal, byte for byte; its pictures follow from these."""
    skipped = {".lock", "environment.json", "previous.safetensors"}
    files = (f for f in run.rglob("*") if f.is_file() and f.name not in skipped)
    return {f.relative_to(run): f.read_bytes() for f in files if pictures or f.parent.name != "plots"}


@pytest.fixture(scope="module")
def trained(tmp_path_factory, tiny_corpus):
    """Train once for all tests, in a working directory of its own."""
    folder = tmp_path_factory.mktemp("trained")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        assert call(tiny_corpus) == 0
    return folder


@pytest.fixture
def drawn():
    """Ask that pictures are drawn: they are nine tenths of a small run's time."""


@pytest.fixture(autouse=True)
def pictures(request):
    """Draw nothing after the run that is trained for all tests, but where a test asks for it."""
    with pytest.MonkeyPatch.context() as patch:
        if "drawn" not in request.fixturenames:
            patch.setattr(plots, "save", lambda figure, path: None)
        yield


@pytest.fixture
def run(trained, workplace):
    """Return a finished run that the test may damage, in its current directory, caches at hand."""
    shutil.copytree(trained, workplace, dirs_exist_ok=True)
    return workplace / "runs" / "toy"


def test_a_run_leaves_its_folder(run):
    assert {file.name for file in run.iterdir()} >= FILES
    assert {file.name for file in (run / "plots").iterdir()} == {
        "training_curves.png", "confusion.png", "per_class_accuracy.png", "mel_per_emotion.png",
    }  # fmt: skip
    assert recipes.read(str(run / "config.toml")).training.lr == 0.01
    assert len((run / "history.csv").read_text().splitlines()) == 4
    report = json.loads((run / "report.json").read_text())
    assert "share no speakers" in report["protocol"]
    assert report["actors"] == 5
    where = json.loads((run / "environment.json").read_text())
    assert {"numpy", "scipy", "numba"} <= where["packages"].keys()


def test_the_report_can_be_counted_again_from_the_predictions(run):
    table = Predictions.read(run / "predictions.csv")
    report = json.loads((run / "report.json").read_text())
    assert len(table.files) == report["n"] == 40
    assert set(table.actors) == {2, 5, 14, 15, 16}
    assert (table.y_pred == table.probs.argmax(axis=1)).all()
    assert report["accuracy"]["value"] == pytest.approx((table.y_true == table.y_pred).mean())


def test_same_seed_same_bytes_and_another_seed_other_weights(run, tiny_corpus, workplace, drawn):
    assert call(tiny_corpus, "--run", "again") == 0
    assert content(workplace / "again", pictures=True) == content(run, pictures=True)
    assert call(tiny_corpus, "--run", "other", "--seed", "1") == 0
    assert (workplace / "other" / "best.safetensors").read_bytes() != (run / "best.safetensors").read_bytes()


@pytest.mark.slow
@pytest.mark.parametrize("stop", [0, 2])
def test_a_stopped_run_resumes_to_the_same_bytes(run, tiny_corpus, workplace, monkeypatch, stop):
    save, done = run_folder.save_epoch, []

    def save_and_stop(*arguments):
        if len(done) == stop:
            raise KeyboardInterrupt
        save(*arguments)
        done.append(1)

    monkeypatch.setattr(run_folder, "save_epoch", save_and_stop)
    assert call(tiny_corpus, "--run", "halved") == 130
    monkeypatch.undo()
    monkeypatch.chdir(workplace)
    assert train.main(["--resume", "--run", "halved", "--data", str(tiny_corpus)]) == 0
    assert content(workplace / "halved") == content(run)


@pytest.fixture
def halved(run, tiny_corpus, workplace, monkeypatch):
    """Return a run that was asked to stop in the third step of its second epoch, with checkpoints every two steps."""
    step, taken = Trainer._step, []

    def step_and_signal(*arguments, **named):
        taken.append(1)
        if len(taken) == 5 + 3:
            signal.raise_signal(signal.SIGINT)
        return step(*arguments, **named)

    monkeypatch.setattr(Trainer, "_step", step_and_signal)
    assert call(tiny_corpus, "--run", "halved", "--checkpoint-steps", "2") == 130
    monkeypatch.undo()
    monkeypatch.chdir(workplace)
    return workplace / "halved"


def test_ctrl_c_finishes_the_step_saves_and_says_how_to_go_on(capsys, run, halved, tiny_corpus):
    captured = capsys.readouterr()
    assert captured.err == "minser train: stopped\n"
    line = captured.out.splitlines()[-1]
    assert f"python -m minser.train --resume --run halved --data {tiny_corpus}" in line
    assert checkpoint.load(halved / "last.safetensors")[1]["step"] == 3
    assert train.main(line.partition("minser.train ")[2].split()) == 0
    assert "halved goes on after 1 epoch and 3 steps" in capsys.readouterr().out
    assert content(halved) == content(run)


def test_the_command_that_goes_on_is_the_one_that_was_stopped(workplace, tiny_corpus, capsys, monkeypatch):
    def stopped(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(train, "fit", stopped)
    shutil.copytree(tiny_corpus / "Actor_01", "my data/Actor_01")
    assert (
        call(
            "my data",
            "--run",
            "my run",
            "--on-nan",
            "skip",
            "--set",
            "data.split=all",
            "--set",
            "training.select='last'",
        )
        == 130
    )
    command = "python -m minser.train --resume --run 'my run' --data 'my data' --on-nan skip"
    assert f"go on with: {command}\n" in capsys.readouterr().out


@pytest.mark.parametrize("damage", [None, *(pytest.param(b, marks=pytest.mark.slow) for b in (b"", b"half"))])
def test_a_damaged_checkpoint_is_told_and_the_one_before_is_used(run, halved, tiny_corpus, capsys, damage):
    last = halved / "last.safetensors"
    whole = last.read_bytes()
    last.write_bytes(
        whole[: len(whole) // 2] if damage == b"half" else whole[:-9] + b"?" * 9 if damage is None else b""
    )
    (halved / ".minser-killed").touch()
    capsys.readouterr()
    assert train.main(["--resume", "--run", "halved", "--data", str(tiny_corpus)]) == 0
    told = [line for line in capsys.readouterr().out.splitlines() if "not a whole checkpoint" in line]
    assert len(told) == 1
    assert told[0].endswith("going on from previous.safetensors")
    assert content(halved) == content(run)


@pytest.mark.slow
def test_a_kill_between_the_two_renames_costs_nothing(run, halved, tiny_corpus):
    (halved / "last.safetensors").replace(halved / "previous.safetensors")
    (halved / "history.csv").unlink()
    assert train.main(["--resume", "--run", "halved", "--data", str(tiny_corpus)]) == 0
    assert content(halved) == content(run)


def test_no_whole_checkpoint_is_one_line(halved, tiny_corpus, capsys):
    for name in ("last", "previous"):
        (halved / f"{name}.safetensors").write_bytes(b"x")
    capsys.readouterr()
    assert train.main(["--resume", "--run", "halved", "--data", str(tiny_corpus)]) == 2
    error = capsys.readouterr().err
    assert error.count("not a whole checkpoint") == 2
    assert error.count("\n") == 1


def test_a_second_process_is_refused(run, tiny_corpus, capsys):
    before = content(run)
    with locked(run):
        assert call(tiny_corpus, "--resume") == 2
    assert "another process is working in this run folder" in capsys.readouterr().err
    assert content(run) == before


@pytest.fixture
def spoiled(monkeypatch):
    """Make one clip of the second epoch not a number."""
    batches = recipe_batches.training_batches

    def spoil(recipe, dataset, epoch, *more, **named):
        for number, (x, y, chosen) in enumerate(batches(recipe, dataset, epoch, *more, **named)):
            x = x.copy()
            if (epoch, number) == (2, 3):
                x[5] = np.inf
            yield x, y, chosen

    monkeypatch.setattr(recipe_batches, "training_batches", spoil)


def test_a_loss_that_is_no_number_stops_with_its_place_and_the_last_state_is_kept(
    workplace, tiny_corpus, spoiled, capsys
):
    assert call(tiny_corpus, "--run", "run", "--checkpoint-steps", "1") == 2
    captured = capsys.readouterr()
    assert "epoch 2, step 4: the loss is nan, already the input is not finite; clips 03-01-" in captured.err
    assert captured.err.count("\n") == 1
    assert "--resume --run run" in captured.out
    assert checkpoint.load(Path("run/last.safetensors"))[1]["step"] == 3


@pytest.mark.slow
def test_or_is_skipped_for_those_who_want_it(workplace, tiny_corpus, spoiled, capsys):
    assert call(tiny_corpus, "--run", "run", "--on-nan", "skip") == 0
    assert "skipped: epoch 2, step 4" in capsys.readouterr().err


def test_weights_that_are_no_numbers_are_not_saved(workplace, tiny_corpus, capsys):
    assert call(tiny_corpus, "--run", "run", "--lr", "1e38", "--checkpoint-steps", "1") == 2
    captured = capsys.readouterr()
    assert captured.err.count("\n") == 1
    assert not list(Path("run").glob("*.safetensors")) or checkpoint.load(Path("run/last.safetensors"))


def test_a_full_disk_stops_with_one_line_and_the_last_state_is_kept(run, tiny_corpus, workplace, monkeypatch, capsys):
    save, done = run_folder.checkpoint.save, []

    def full(path, *arguments, **named):
        done.append(1)
        if len(done) > 4:
            raise OSError(errno.ENOSPC, "No space left on device", str(path))
        save(path, *arguments, **named)

    monkeypatch.setattr(run_folder.checkpoint, "save", full)
    assert call(tiny_corpus, "--run", "full", "--checkpoint-steps", "1") == 2
    captured = capsys.readouterr()
    assert "No space left on device" in captured.err
    assert captured.err.count("\n") == 1
    monkeypatch.setattr(run_folder.checkpoint, "save", save)
    assert train.main(["--resume", "--run", "full", "--data", str(tiny_corpus)]) == 0
    assert content(workplace / "full") == content(run)


@pytest.mark.slow
def test_resume_starts_a_run_that_never_began_and_says_so_of_a_finished_one(tiny_corpus, workplace, capsys):
    assert call(tiny_corpus, "--resume") == 0
    assert "epoch   3/3" in capsys.readouterr().out
    assert call(tiny_corpus, "--resume") == 0
    out = capsys.readouterr().out
    assert "finished after 3 epochs" in out
    assert "epoch   1/3" not in out


def test_what_a_kill_leaves_of_a_beginning_is_no_obstacle(workplace, tiny_corpus, monkeypatch):
    write = run_folder.write_atomic

    def die(path, *arguments, **named):
        if path.name == "config.toml":
            path.with_name(".minser-killed").touch()
            raise KeyboardInterrupt
        write(path, *arguments, **named)

    monkeypatch.setattr(run_folder, "write_atomic", die)
    assert call(tiny_corpus, "--epochs", "1", "--resume") == 130
    assert len(list(Path("runs/toy").iterdir())) >= 3
    monkeypatch.setattr(run_folder, "write_atomic", write)
    assert call(tiny_corpus, "--epochs", "1", "--resume") == 0
    assert not Path("runs/toy/.minser-killed").exists()


@pytest.mark.parametrize("resume", [[], ["--resume"]])
def test_a_folder_of_something_else_is_not_trained_into(workplace, tiny_corpus, capsys, resume):
    Path("results").mkdir()
    Path("results/predictions.csv").write_text("of five folds")
    assert call(tiny_corpus, "--epochs", "1", "--run", "results", *resume) == 2
    error = capsys.readouterr().err
    assert "results exists and holds no run, --run DIR names another" in error
    assert error.count("\n") == 1
    assert [file.read_text() for file in Path("results").iterdir()] == ["of five folds"]


def test_an_existing_run_and_changed_settings_are_refused(run, tiny_corpus, capsys):
    before = content(run)
    assert call(tiny_corpus) == 2
    assert "--resume" in capsys.readouterr().err
    assert call(tiny_corpus, "--resume", "--batch-size", "16") == 2
    assert "training.batch_size (was 32, now 16)" in capsys.readouterr().err
    assert content(run) == before


def test_another_corpus_is_refused_on_resume_and_evaluation(run, tiny_corpus, tmp_path, capsys):
    other = tmp_path / "other"
    for clip in tiny_corpus.rglob("*.wav"):
        target = other / clip.parent.name / clip.name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(clip.read_bytes())
    first, second = other / "Actor_01" / "03-01-01-01-01-01-01.wav", other / "Actor_01" / "03-01-02-01-01-01-01.wav"
    first.write_bytes(second.read_bytes())
    before = content(run)
    for command in ([train, "--resume"], [evaluate]):
        assert command[0].main([*command[1:], "--run", str(run), "--data", str(other)]) == 2
        error = capsys.readouterr().err
        assert "was begun on another corpus" in error
        assert error.count("\n") == 1
    assert content(run) == before


def test_speakers_that_changed_make_another_test_part_which_is_not_scored(workplace, tiny_corpus, capsys):
    for emotion in ("01", "05"):
        Path("own", emotion).mkdir(parents=True)
        for clip in tiny_corpus.rglob(f"03-01-{emotion}-*-0[1-4].wav"):
            shutil.copy(clip, Path("own", emotion))
    names = [file.name for file in Path("own").rglob("*.wav")]

    def write(speakers):
        rows = [f"{name},{speakers[name[-6:-4]]}\n" for name in names]
        Path("speakers.csv").write_text("file,speaker\n" + "".join(rows))

    write({"01": "a", "02": "b", "03": "c", "04": "d"})
    assert call("own", "--epochs", "1", "--run", "run", "--set", "data.speakers_csv=speakers.csv") == 0
    before = content(Path("run"))
    write({"01": "b", "02": "a", "03": "c", "04": "d"})  # fold 0 tests the first of them
    assert evaluate.main(["--run", "run"]) == 2
    assert "was begun on another corpus" in capsys.readouterr().err
    assert content(Path("run")) == before


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--recipe", "nothing"], "no recipe 'nothing'"),
        (["--recipe", "minser"], "no corpus is named by --data or MINSER_DATA or lies in ./data"),
        (["--recipe", "minser", "--data", "nowhere"], "nowhere"),
        (["--recipe", "toy", "--set", "training.rate=1"], "training.rate"),
        (["--recipe", "toy", "--checkpoint-steps", "0"], "--checkpoint-steps must be 1 or more, got 0"),
        (["--recipe", "toy", "--epochs", "many"], "training.epochs must be int"),
        (["--recipe", "toy", "--split", "mine"], "data.split must be one of"),
        (["--recipe", "toy", "--fold", "5"], "fold must be 0 to 4"),
        (["--recipe", "toy", "--set", "model.pooling=sum"], "model.pooling must be one of average, mean_max"),
        (["--recipe", "toy", "--split", "random491"], "random491"),
    ],
)
def test_bad_arguments_get_one_line_and_exit_code_2(arguments, message, workplace, tiny_corpus, capsys):
    if "toy" in arguments:
        arguments = [*arguments, "--data", str(tiny_corpus)]
    assert train.main(arguments) == 2
    err = capsys.readouterr().err
    assert message in err
    assert err.count("\n") == 1
    assert "Traceback" not in err


@pytest.mark.slow
def test_a_failed_attempt_leaves_nothing_in_the_way(workplace, tiny_corpus, capsys):
    for wrong in (["--split", "mine"], ["--set", "training.select=val_acc"], ["--set", "augment.classes=['bored']"]):
        assert call(tiny_corpus, *wrong) == 2
    assert call(tiny_corpus, "--epochs", "1") == 0
    Path("file").write_text("something else")
    assert call(tiny_corpus, "--run", "file") == 2
    assert Path("file").read_text() == "something else"


@pytest.mark.slow
def test_evaluate_writes_the_same_report_and_pictures_again(run, drawn):
    before = content(run, pictures=True)
    (run / "report.txt").unlink()
    shutil.rmtree(run / "plots")
    (run / "predictions.csv").write_text("damaged")
    assert evaluate.main(["--run", str(run)]) == 0
    assert content(run, pictures=True) == before


def test_a_corpus_that_was_moved_is_asked_for_by_its_old_place(workplace, tiny_corpus, capsys):
    for label in ("01", "05"):
        Path("my voices", label).mkdir(parents=True)
        for clip in tiny_corpus.rglob(f"03-01-{label}-*-0[1-3].wav"):
            shutil.copy(clip, Path("my voices", label))
    assert call("my voices", "--epochs", "1", "--run", "run", "--set", "data.speaker_pattern=..$") == 0
    Path("run", "config.toml").write_text(Path("run/config.toml").read_text().replace('"toy"', '"ravdess"'))
    Path("my voices").rename("elsewhere")
    capsys.readouterr()
    for command in (lambda: evaluate.main(["--run", "run"]), lambda: train.main(["--resume", "--run", "run"])):
        assert command() == 2
        assert capsys.readouterr().err.partition(": ")[2] == (
            f"{Path('my voices').absolute()}: the corpus of the run is no longer there; name its folder by --data\n"
        )
    assert evaluate.main(["--run", "run", "--data", "elsewhere"]) == 0


def test_what_train_says_is_of_any_corpus(capsys):
    with pytest.raises(SystemExit):
        train.main(["--help"])
    assert "RAVDESS" not in capsys.readouterr().out


def test_evaluate_of_what_is_no_run(workplace, capsys):
    assert evaluate.main(["--run", "."]) == 2
    assert "no run folder" in capsys.readouterr().err


def test_predict_names_each_file_and_agrees_with_the_evaluation(run, tiny_corpus, capsys):
    table = Predictions.read(run / "predictions.csv")
    files = [str(next(tiny_corpus.rglob(f"{name}.wav"))) for name in table.files[:9]]
    capsys.readouterr()
    assert predict.main(["--run", str(run), "--json", *files]) == 0
    results = json.loads(capsys.readouterr().out)
    assert [result["file"] for result in results] == files
    for result, expected, label in zip(results, table.probs, table.y_pred, strict=False):
        assert result["emotion"] == EMOTIONS[label]
        # float32, in a batch of one instead of forty; printed with six decimals
        np.testing.assert_allclose(list(result["probabilities"].values()), expected, atol=2e-6)


def test_predict_reports_a_bad_file_and_goes_on(run, tiny_corpus, workplace, capsys):
    good = str(next(tiny_corpus.rglob("*.wav")))
    Path("text.wav").write_text("no sound")
    capsys.readouterr()
    assert predict.main(["--run", str(run), good, "text.wav", "nowhere.wav", good]) == 2
    captured = capsys.readouterr()
    assert captured.out
    assert all(line.startswith("minser predict: ") for line in captured.err.splitlines())
    assert "text.wav" in captured.err
    assert "nowhere.wav" in captured.err


def test_damaged_weights_get_one_line(run, tiny_corpus, capsys):
    path = run / "best.safetensors"
    path.write_bytes(path.read_bytes()[:1000])
    capsys.readouterr()
    assert predict.main(["--run", str(run), str(next(tiny_corpus.rglob("*.wav")))]) == 2
    assert "not a whole checkpoint" in capsys.readouterr().err


def test_class_weights_are_balanced_over_the_training_part(workplace, tiny_corpus):
    recipe = recipes.read("toy").replace({"training.class_weights": True, "features.sr": 8000})
    dataset = load_dataset(recipe, tiny_corpus)
    weight = build_trainer(recipe, dataset).loss.class_weight
    np.testing.assert_allclose(weight, 1.0)  # every emotion has as many clips


@pytest.mark.parametrize("balanced", [False, True])
def test_a_class_without_a_training_clip_is_said_before_training_and_weighs_nothing(
    workplace, tiny_corpus, capsys, balanced
):
    own = workplace / "own"
    for emotion, name, actors in (("01", "flat", "[12]?"), ("05", "loud", "0[1-5]"), ("08", "high", "01")):
        (own / name).mkdir(parents=True)
        for clip in tiny_corpus.rglob(f"03-01-{emotion}-*-{actors}.wav"):
            (own / name / f"{clip.stem[-2:]}_{clip.name}").write_bytes(clip.read_bytes())
    changes = ["--set", "data.speaker_pattern=^..", "--set", f"training.class_weights={str(balanced).lower()}"]
    assert call(own, "--run", "run", *changes) == 0
    said, _, after = capsys.readouterr().out.partition("epoch ")
    assert [line for line in said.splitlines() if "no training clip" in line] == [
        "no training clip of high: not learned, and left out of the loss"
    ]
    assert "1/3" in after
    recipe = recipes.read("run/config.toml")
    weight = build_trainer(recipe, load_dataset(recipe, own)).loss.class_weight
    assert weight[1] == 0
    assert 0 < weight[0] == weight[2] if not balanced else 0 < weight[0] < weight[2]


def test_checkpoint_holds_everything_in_one_place(run):
    arrays, state = checkpoint.load(run / "last.safetensors")
    assert {name.partition(".")[0] for name in arrays} == {"model", "optimizer"}
    assert [row["epoch"] for row in state["history"]] == [1, 2, 3]


@pytest.mark.slow
def test_own_recordings_train_with_any_recipe(workplace, tiny_corpus, capsys):
    own = workplace / "own"
    for emotion, name in (("01", "flat"), ("05", "loud"), ("08", "high")):
        (own / name).mkdir(parents=True)
        for clip in tiny_corpus.rglob(f"03-01-{emotion}-*.wav"):
            (own / name / f"{clip.stem[-2:]}_{clip.name}").write_bytes(clip.read_bytes())
    assert call(own, "--run", "unknown") == 0
    assert "the parts share speakers, because nobody said who speaks" in capsys.readouterr().out
    assert call(own, "--run", "known", "--set", "data.speaker_pattern=^..") == 0
    assert "own speakers, fold 0" in capsys.readouterr().out
    table = Predictions.read(Path("known/predictions.csv"))
    assert table.names == ("flat", "high", "loud")
    assert set(table.actors) == {1, 6, 11, 16, 21}
    assert "own recordings" in Path("known/MODEL_CARD.md").read_text()
    assert evaluate.main(["--run", "known"]) == 0
    file = str(next((own / "high").iterdir()))
    capsys.readouterr()
    assert predict.main(["--run", "known", "--json", file]) == 0
    assert list(json.loads(capsys.readouterr().out)[0]["probabilities"]) == ["flat", "high", "loud"]


@pytest.mark.parametrize(
    "colour", [pytest.param([], id="gray"), pytest.param(["--colour-map", "magma"], id="rgb", marks=pytest.mark.slow)]
)
def test_spectrogram_images_train_evaluate_and_predict(workplace, tiny_corpus, capsys, colour):
    assert data.main(["images", "pictures", "--data", str(tiny_corpus), "--size", "32", *colour]) == 0
    assert train.main([*PICTURES, "--data", "pictures", "--run", "run"]) == 0
    assert evaluate.main(["--run", "run"]) == 0
    assert "spectrogram images" in Path("run/MODEL_CARD.md").read_text()
    table = Predictions.read(Path("run/predictions.csv"))
    picture = str(next(Path("pictures").rglob(f"{table.files[0]}.png")))
    capsys.readouterr()
    assert predict.main(["--run", "run", "--json", picture]) == 0
    (result,) = json.loads(capsys.readouterr().out)
    np.testing.assert_allclose(list(result["probabilities"].values()), table.probs[0], atol=2e-6)


def test_an_image_is_nothing_to_a_network_of_sound(run, workplace, capsys):
    Path("a.png").write_bytes(b"")
    capsys.readouterr()
    assert predict.main(["--run", str(run), "a.png"]) == 2
    assert "learned from sound" in capsys.readouterr().err


@pytest.mark.slow
def test_a_run_with_every_augmentation_resumes_to_the_same_bytes(workplace, tiny_corpus, monkeypatch):
    everything = [
        "--set", "augment.stretch_rates=[0.9, 1.1]", "--set", "augment.noise_snr_db=[10, 30]",
        "--set", "augment.freq_warp=[0.9, 1.1]", "--set", "augment.probability=0.8",
    ]  # fmt: skip
    assert call(tiny_corpus, "--run", "whole", *everything) == 0
    save = run_folder.save_epoch

    def save_and_stop(*arguments):
        save(*arguments)
        raise KeyboardInterrupt

    monkeypatch.setattr(run_folder, "save_epoch", save_and_stop)
    assert call(tiny_corpus, "--run", "halved", *everything) == 130
    monkeypatch.setattr(run_folder, "save_epoch", save)
    assert train.main(["--resume", "--run", "halved", "--data", str(tiny_corpus)]) == 0
    assert content(workplace / "halved") == content(workplace / "whole")


def own_recordings(corpus, root, labels):
    """Make a folder of recordings with a few clips for each label; who speaks stands before the underscore."""
    for emotion, label in enumerate(labels, 1):
        Path(root, label).mkdir(parents=True)
        for clip in corpus.rglob(f"03-01-{emotion:02d}-*-0[1-6].wav"):
            shutil.copy(clip, Path(root, label, f"{clip.stem[-2:]}_{clip.name}"))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (["--set", "training.select=val_acc"], "training.select must be one of val_loss, val_uar, last, got 'val_acc'"),
        (["--set", "training.schedule=linear"], "training.schedule must be one of"),
        (["--set", "model.network=resnet"], "model.network must be one of cnn, vgg16"),
        (["--set", "features.channels=['mel']"], "features.channels must be one of"),
        (["--set", "features.channels=['mfcc', 'log_mel']"], "the same number of rows"),
        (["--set", "augment.classes=['bored']"], "augment.classes must be one of neutral"),
        (["--set", "augment.oversample=['bored']"], "augment.oversample must be one of neutral"),
        (["--set", "augment.widen=2"], "augment.widen is no longer a setting"),
        (["--set", "model.frozen_blocks=[7]"], "model.frozen_blocks must be from 1 to 2, got [7]"),
        (["--set", "model.channels=[4, 4, 4, 4, 4, 4]"], "blocks that pool by 2 leave none of 16 bins"),
        (["--weights", "nowhere"], "model.weights: expected random or a run folder, got 'nowhere'"),
        (["--weights", "pictures"], "pictures: no run folder of minser"),
        (["--fold", "9"], "fold must be 0 to 4"),
        (["--data", "nowhere"], "nowhere"),
        (["--data", "damaged"], "03-01-01-01-01-01-01.wav"),
        (["--data", "labels"], "labels: label 'y_true' is the name of a column in minser's tables; rename its folder"),
    ],
)
def test_a_command_that_fails_before_its_first_step_leaves_no_run_folder(
    workplace, tiny_corpus, capsys, wrong, message
):
    if "damaged" in wrong:
        Path("damaged/Actor_01").mkdir(parents=True)
        Path("damaged/Actor_01/03-01-01-01-01-01-01.wav").write_bytes(b"no sound")
    if "labels" in wrong:
        own_recordings(tiny_corpus, "labels", ["calm", "y_true"])
    if "pictures" in wrong:
        Path("pictures").mkdir()
    capsys.readouterr()
    assert call(tiny_corpus, "--run", "run", *wrong) == 2
    captured = capsys.readouterr()
    assert message in captured.err
    assert captured.err.count("\n") == 1
    assert "go on with" not in captured.out
    assert not Path("run").exists()


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (["--set", "augment.gain_db=[0, 1]"], "changes waveforms, and pictures holds images"),
        pytest.param(
            ["--set", "features.n_mels=32"],
            "features.n_mels has no effect on spectrogram images: leave it out",
            marks=pytest.mark.slow,
        ),
    ],
)
def test_pictures_bring_their_own_features(workplace, tiny_corpus, capsys, wrong, message):
    assert data.main(["images", "pictures", "--data", str(tiny_corpus), "--size", "16"]) == 0
    assert train.main([*PICTURES, "--data", "pictures", "--run", "run", *wrong]) == 2
    assert message in capsys.readouterr().err
    assert not Path("run").exists()


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (["--split", "luna"], "data.split luna is of RAVDESS: this corpus can have loso or all"),
        (["--fold", "1"], "data.fold 1 has no effect, because nobody said who speaks: leave it out"),
        (["--split", "all", "--fold", "1"], "data.fold 1 has no effect, because data.split all has no folds"),
        (["--set", "data.song=true"], "data.song has no effect on own recordings: leave it out"),
        (["--set", "data.speech=false", "--set", "data.song=true"], "data.song has no effect on own recordings"),
        (["--set", "data.speech=true"], "data.speech has no effect on own recordings"),
        (["--set", "data.corpus=toy"], "data.corpus has no effect beside --data own"),
    ],
)
def test_a_setting_without_effect_on_own_recordings_is_refused(workplace, tiny_corpus, capsys, asked, message):
    own_recordings(tiny_corpus, "own", ["calm", "sad"])
    assert call("own", "--run", "run", *asked) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1
    assert not Path("run").exists()


def test_a_broken_file_is_named_with_a_command_that_finds_all_of_them(workplace, tiny_corpus, capsys):
    own_recordings(tiny_corpus, "my voices", ["calm", "sad"])
    for name in ("01_bad.wav", "02_bad.wav"):
        Path("my voices/sad", name).write_bytes(b"no sound")
    assert call("my voices", "--run", "run", "--set", "data.speaker_pattern=^[^_]+") == 2
    error = capsys.readouterr().err
    assert error.count("_bad.wav") == 1
    command = error.partition("this finds all such files: ")[2]
    assert command.startswith("python -m minser.data check 'my voices' --set ")
    assert data.main(shlex.split(command)[3:]) == 1
    out = capsys.readouterr().out
    assert "2 of 14 cannot be read:" in out
    assert out.count("_bad.wav") == 2


def test_an_epoch_s_line_fits_the_window(monkeypatch):
    row = dict.fromkeys(("train_loss", "train_accuracy", "val_loss", "val_accuracy", "val_uar"), 0.5) | {"epoch": 12}
    monkeypatch.setenv("COLUMNS", "60")
    assert train.describe(row, 200, 1234.5) == (
        "epoch  12/200  loss 0.500  accuracy 0.500  1234 clips/s\n  validation: loss 0.500  accuracy 0.500  UAR 0.500"
    )
    monkeypatch.setenv("COLUMNS", "120")
    assert "\n" not in train.describe(row, 200, 1234.5)


def test_a_fold_of_a_split_at_random_is_refused(workplace, tiny_corpus, capsys):
    for split in ("random_80_10_10", "all"):
        assert call(tiny_corpus, "--split", split, "--fold", "1") == 2
        assert f"data.fold 1 has no effect, because data.split {split} has no folds" in capsys.readouterr().err


@pytest.mark.parametrize(
    "error", [MemoryError("no room"), FloatingPointError("the loss is nan"), TypeError("a defect")]
)
@pytest.mark.parametrize("folder", ["missing", "empty", "left"])
def test_so_does_one_whose_first_step_fails(workplace, tiny_corpus, monkeypatch, error, folder):
    if folder != "missing":
        Path("run").mkdir()
    if folder == "left":  # by a process that was killed while it began
        Path("run/environment.json").write_text("{}")

    def fail(*_, **__):
        raise error

    monkeypatch.setattr(Trainer, "_step", fail)
    if isinstance(error, TypeError):
        with pytest.raises(TypeError):
            call(tiny_corpus, "--run", "run")
    else:
        assert call(tiny_corpus, "--run", "run") == 2
    assert not Path("run").exists()


def test_a_run_that_could_go_on_stays_when_it_fails_again(halved, tiny_corpus, monkeypatch, capsys):
    before = content(halved)
    assert train.main(["--resume", "--run", "halved", "--data", "nowhere"]) == 2
    (halved / "last.safetensors").replace(halved / "kept")
    (halved / "previous.safetensors").unlink()
    (halved / "best.safetensors").rename(halved / "best")
    assert train.main(["--resume", "--run", "halved", "--data", "nowhere"]) == 2
    assert (halved / "config.toml").is_file()
    (halved / "kept").replace(halved / "last.safetensors")
    (halved / "best").rename(halved / "best.safetensors")
    assert content(halved) == before


@pytest.mark.parametrize("label", ["file", "actor", "y_pred", "fold", "seed", "emotion"])
def test_a_label_that_is_a_column_of_a_table_is_refused(workplace, tiny_corpus, capsys, label):
    own_recordings(tiny_corpus, "own", ["calm", label])
    assert call("own", "--run", "run", "--set", "data.speaker_pattern=^[^_]+") == 2
    assert f"own: label {label!r} is the name of a column" in capsys.readouterr().err
    assert not Path("run").exists()


def test_what_is_trained_on_and_what_is_left_out_is_told_before(workplace, tiny_corpus, capsys):
    own_recordings(tiny_corpus, "own", ["calm", "sad"])
    Path("own", "sad", "more").mkdir()
    Path("own", "sad", "Folder.jpg").touch()
    Path("own", "calm", "._a.wav").touch()
    Path("own", "sad", "more", "bad.wav").write_bytes(b"no sound")  # the features fail: the table stands before
    assert call("own", "--run", "run", "--set", "data.speaker_pattern=^[^_]+") == 2
    printed = capsys.readouterr()
    assert "class  clips  speakers\ncalm       6         6\nsad        7         7\n" in printed.out
    assert "left out: 2 files: 1 .jpg, 1 hidden\n" in printed.out
    assert "bad.wav" in printed.err
    assert printed.err.count("\n") == 1
