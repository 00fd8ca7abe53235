"""Look after corpora: ``python -m minser.data check|download|info|toy|images``."""

import argparse
import os
import sys
from collections import Counter
from pathlib import Path

from tqdm import tqdm

from minser import recipes
from minser.audio.io import read_blocks
from minser.corpus import download, images, integrity, published, ravdess, toy
from minser.corpus.clip import Clip
from minser.corpus.contents import describe
from minser.corpus.dataset import IMAGES, NO_CORPUS, find_corpus, find_ravdess, list_all
from minser.corpus.folders import Recording
from minser.features.image import COLOUR_MAPS
from minser.system import cli, columns
from minser.system.words import counted

ENDINGS = {"png": ".png", "jpeg": ".jpg"}
MEL_FLAGS = ("features.sr", "features.n_fft", "features.hop_length", "features.n_mels")


def main(argv: list[str] | None = None) -> int:
    """Run the command and return its exit code; 1 if a check found faults."""
    parser = cli.parser("data", "Look after corpora.", "python -m minser.data check data/ravdess")
    actions = parser.add_subparsers(required=True, metavar="check|download|info|toy|images")
    for name, function, text in (
        ("check", check, "read every file of a corpus; compare a published one with what was published"),
        ("info", info, "count a corpus's clips, and say what is left out"),
    ):
        action = actions.add_parser(name, help=text, description=text)
        action.add_argument("folder", nargs="?", help="folder of the corpus (MINSER_DATA, else ./data)")
        cli.add_own_settings(action)
        action.set_defaults(function=function)
    text = "fetch RAVDESS from Zenodo and unpack it; an interrupted download goes on where it stopped"
    action = actions.add_parser("download", help="fetch RAVDESS from Zenodo and unpack it", description=text)
    action.add_argument("folder", nargs="?", type=Path, help="where to (MINSER_DATA, else ./data)")
    action.add_argument("--song", action="store_true", help="the sung clips too")
    action.add_argument("--zip", type=Path, metavar="FILE", help="unpack this archive, which you have already")
    action.add_argument("--server", metavar="URL", help="another address of the archives")
    action.set_defaults(function=fetch)
    action = actions.add_parser("toy", help="make the embedded synthetic corpus", description="make it")
    action.add_argument("folder", help="a new folder")
    action.add_argument("--seed", type=int, default=0, help="other voices for another seed")
    action.set_defaults(function=make_toy)
    text = "draw mel spectrograms, a folder of images per emotion"
    add_images(actions.add_parser("images", help=text, description=text))
    arguments = parser.parse_args(argv)
    return cli.run("data", arguments.function, arguments)


def add_images(action: argparse.ArgumentParser) -> None:
    """Give the command its arguments; what a recipe has too keeps the recipe's names and defaults."""
    defaults = recipes.Recipe("images").settings()
    action.add_argument("folder", type=Path, metavar="OUT", help="a new folder")
    action.add_argument("--data", help="folder of the corpus (MINSER_DATA, else ./data, else the embedded corpus)")
    action.add_argument("--colour-map", choices=COLOUR_MAPS, help="colour images (gray ones)")
    action.add_argument("--format", choices=ENDINGS, default="png", help="of the files (png, which is exact)")
    action.add_argument("--size", type=int, default=128, help="height and width in pixels (128)")
    for name in ("data.speech", "data.song"):
        flag = f"--{name.removeprefix('data.')}"
        action.add_argument(
            flag, dest=name, action=argparse.BooleanOptionalAction, default=defaults[name], help=recipes.help_of(name)
        )
    for name in MEL_FLAGS:
        flag = f"--{name.removeprefix('features.').replace('_', '-')}"
        text = f"{recipes.help_of(name)} ({defaults[name]})"
        action.add_argument(flag, dest=name, metavar="N", type=int, default=defaults[name], help=text)
    action.set_defaults(function=make_images)


def check(arguments: argparse.Namespace) -> int:
    """Compare a copy of RAVDESS with the published files; or read another corpus, and count it if it is published."""
    folder, settings = _folder(arguments), recipes.parse_assignments(arguments.set)
    if ravdess.scan(folder)[0] and not settings:
        report = integrity.check(folder)
        print(report)
        return 0 if report.ok else 1
    source, clips, names = list_all(folder, settings)
    seconds, faults = [], []
    for clip in tqdm(clips, desc="check", unit="clip", disable=None):
        try:
            seconds.append(_length_s(source, clip))
        except (OSError, ValueError) as error:
            seconds.append(0.0)
            faults.append(cli.one_line(error))
    print(f"{folder}: {source}")
    print(describe(folder, clips, names, seconds=seconds if source != IMAGES else None))
    print("\n".join([f"{len(faults)} of {len(clips)} cannot be read:", *faults] if faults else ["all can be read"]))
    counts, is_complete = published.count(published.find_clips(folder, song=True)[0])
    for line in counts:
        print(columns.folded(line, columns=columns.of_window()))
    return 0 if is_complete and not faults else 1


def fetch(arguments: argparse.Namespace) -> int:
    """Download and unpack RAVDESS, or unpack an archive that is here already."""
    folder: Path = arguments.folder or Path(os.environ.get("MINSER_DATA") or "data")
    if arguments.zip:
        cli.refuse(arguments, ("song", "server"), "beside --zip, which says by its content what it holds")
        target = folder / download.identify(arguments.zip).folder
        download.unpack(arguments.zip, target)
        print(f"{arguments.zip} is unpacked in {target}")
        return 0
    for archive in (download.SPEECH, download.SONG)[: 1 + arguments.song]:
        target = folder / archive.folder
        if target.is_dir() and any(target.iterdir()):
            print(f"{target} is there already")
            continue
        file = download.fetch(archive, folder, server=arguments.server or download.SERVER)
        download.unpack(file, target)
        file.unlink()
        print(f"{archive.name} is unpacked in {target}")
    print("see that all is well:", cli.command("data", "check", folder))
    return 0


def info(arguments: argparse.Namespace) -> int:
    """Count a corpus's clips and minutes by class, and of RAVDESS by channel, sex and intensity."""
    folder = _folder(arguments)
    source, clips, names = list_all(folder, recipes.parse_assignments(arguments.set))
    seconds = [_length_s(source, clip) for clip in clips]
    print(f"{folder}: {source}")
    print(describe(folder, clips, names, seconds=seconds if source != IMAGES else None))
    if isinstance(clips[0], Clip):
        for field in ("channel_name", "sex", "intensity_name"):
            counts = Counter(getattr(clip, field) for clip in clips)
            print(f"{field.removesuffix('_name')}: " + ", ".join(f"{n} {k}" for k, n in counts.items()))
    if source != IMAGES:
        print(f"length {min(seconds):.2f} to {max(seconds):.2f} s")
    return 0


def make_toy(arguments: argparse.Namespace) -> int:
    """Make the embedded corpus."""
    folder = toy.make_corpus(Path(arguments.folder), seed=arguments.seed)
    print(f"synthetic voices in RAVDESS's layout are in {folder}")
    return 0


def make_images(arguments: argparse.Namespace) -> int:
    """Draw the clips of RAVDESS or the embedded corpus, whose names the pictures keep."""
    changes = {name: getattr(arguments, name) for name in ("data.speech", "data.song", *MEL_FLAGS)}
    recipe = recipes.Recipe("images").replace(changes)
    root = find_ravdess(arguments.data)
    if root is None:
        print(f"{NO_CORPUS}: drawing the embedded synthetic voices")
        root = find_corpus(recipes.read("toy"), None)
    if not ravdess.scan(root)[0]:
        raise ValueError(
            f"{root}: expected RAVDESS or synthetic voices, whose names pictures keep; explore draws others"
        )
    clips = ravdess.find_clips(root, speech=recipe.data.speech, song=recipe.data.song)
    images.make_images(
        clips,
        arguments.folder,
        settings=recipe.features,
        size=arguments.size,
        colour_map=arguments.colour_map,
        ending=ENDINGS[arguments.format],
    )
    mel = ", ".join(f"{name.removeprefix('features.')} {changes[name]}" for name in MEL_FLAGS)
    print(f"{counted(len(clips), 'image')} of {arguments.size} x {arguments.size} pixels are in {arguments.folder}")
    print(f"mel spectrograms in dB: {mel}")
    return 0


def _length_s(source: str, clip: Clip | Recording) -> float:
    """Return how long a clip is: decoded, since what a file announces may be wrong; a picture is read, and is 0 s."""
    if source == IMAGES:
        images.read_feature(clip.path)
        return 0.0
    return sum(len(block) / sr for block, sr in read_blocks(clip.path))


def _folder(arguments: argparse.Namespace) -> Path:
    """Return the corpus that is meant."""
    folder = find_ravdess(arguments.folder)
    if folder is None:
        raise FileNotFoundError("no corpus in MINSER_DATA or ./data; name a folder")
    return folder


if __name__ == "__main__":
    sys.exit(main())
