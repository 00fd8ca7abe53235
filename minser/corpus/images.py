"""Spectrogram images, a folder per emotion.

Comes in: the clips of a corpus, to be drawn; or a folder of such images. Goes out: files such as
``OUT/angry/03-01-05-01-01-01-07.png``; or their list, and of each what a network reads. An image keeps its clip's name,
so that actor, sex and intensity stay known.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm.contrib.concurrent import thread_map

from minser import audio
from minser.corpus.cache import N_THREADS, Cache
from minser.corpus.clip import EMOTIONS, Clip, parse_name
from minser.corpus.folders import Recording
from minser.features.extract import log_mel, prepare
from minser.features.image import from_image, to_image
from minser.features.image_file import FORMATS, load_image, save_image
from minser.recipes import Features
from minser.system.atomic import whole_folder


def make_images(
    clips: Sequence[Clip],
    folder: Path,
    *,
    settings: Features,
    size: int = 128,
    colour_map: str | None = None,
    ending: str = ".png",
) -> None:
    """Draw each clip's whole log-mel spectrogram, squeezed into a square: all images are there, or none.

    A few clips are in memory at a time, however many there are.

    Parameters
    ----------
    clips : sequence of Clip
        Sound files.
    folder : Path
        Where to; not there yet, or empty.
    settings : Features
        Sample rate and mel spectrogram; trimming and `n_frames` are not looked at.
    size : int
        Height and width in pixels.
    colour_map : {"viridis", "magma"}, optional
        Colour images; else gray ones.
    ending : {".png", ".jpg", ".jpeg"}
        Of the files; it chooses the format.

    Raises
    ------
    FileExistsError
        If `folder` is a file or has something in it.
    OSError, TypeError, ValueError
        If a clip cannot be read, which is named, or an argument is wrong.
    """
    with whole_folder(folder) as new:

        def draw(clip: Clip) -> None:
            waveform, _ = prepare(audio.load(clip.path, sr=settings.sr)[0], settings)
            image = to_image(log_mel(waveform, settings), height=size, width=size, colour_map=colour_map)
            (new / clip.emotion_name).mkdir(exist_ok=True)
            save_image(new / clip.emotion_name / f"{clip.name}{ending}", image)

        # the first clip that fails cancels the rest; disable=None: the bar shows itself on a terminal only
        thread_map(draw, clips, max_workers=N_THREADS, desc="images", unit="clip", disable=None)


def find_images(root: str | Path) -> list[Clip]:
    """List the images of a folder.

    Parameters
    ----------
    root : str or Path
        Holds a folder for each emotion, named after it in upper or lower case, with PNG and JPEG files under RAVDESS's
        names. Hidden files and other endings are passed over.

    Returns
    -------
    list of Clip
        Sorted by channel, actor and name, as `find_clips` sorts the sound files: an index means the same clip in both
        lists, and a split the same parts.

    Raises
    ------
    FileNotFoundError
        `root` is no folder, or no image is in its folders.
    ValueError
        Images lie in a folder that is named after no emotion or after another one than the file, a file's name is not
        RAVDESS's, or a clip is there twice.
    """
    root = Path(root)
    if not root.is_dir():
        raise FileNotFoundError(f"{root}: no such folder, expected one with a folder of images for each emotion")
    found: dict[str, Clip] = {}
    for file in image_files(root):
        label = file.parent.name.lower()
        if label not in EMOTIONS:
            raise ValueError(f"{file.parent}: expected a folder named {', '.join(EMOTIONS)}, got {file.parent.name!r}")
        clip = parse_name(file)
        if clip.emotion_name != label:
            raise ValueError(f"{file}: the name says {clip.emotion_name}, the folder {label}")
        if clip.name in found:
            raise ValueError(f"the clip {clip.name} is there twice: {found[clip.name].path} and {file}")
        found[clip.name] = clip
    if not found:
        raise FileNotFoundError(f"{root}: no images found there (looked for EMOTION/*{', EMOTION/*'.join(FORMATS)})")
    return sorted(found.values(), key=lambda clip: (clip.channel, clip.actor, clip.name))


def image_files(root: Path) -> list[Path]:
    """Return the visible PNG and JPEG files in the visible folders of a folder, sorted; there may be none."""
    return sorted(file for file in root.glob("[!.]*/[!.]*") if file.suffix.lower() in FORMATS and file.is_file())


def read_feature(path: Path) -> NDArray[np.float32]:
    """Read an image as a feature.

    Parameters
    ----------
    path : Path
        A PNG or JPEG file.

    Returns
    -------
    ndarray of float32, shape (n_bins, n_frames), of a colour image (n_bins, n_frames, 3)
        From 0 to 1, the lowest frequency first.

    Raises
    ------
    OSError, ValueError
        As `load_image`.
    """
    return from_image(load_image(path))


def common_shape(
    clips: Sequence[Clip | Recording], features: Sequence[NDArray[np.floating]] | Cache
) -> tuple[int, ...]:
    """Return the shape that all images have.

    Parameters
    ----------
    clips : sequence of Clip
        From `find_images`; at least one.
    features : Cache or list of ndarray
        What `read_feature` read of each.

    Returns
    -------
    tuple of int
        ``(n_bins, n_frames)`` or ``(n_bins, n_frames, 3)``.

    Raises
    ------
    ValueError
        If two differ in size, or one is gray and one colour.
    """
    expected = features[0].shape
    for index, clip in enumerate(clips):
        if features[index].shape != expected:
            raise ValueError(f"{clip.path}: expected {expected}, as {clips[0].path} has, got {features[index].shape}")
    return expected
