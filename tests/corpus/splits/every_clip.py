"""RAVDESS's clips by name, without the files, for the tests of splits."""

from minser.corpus.clip import parse_name


def ravdess_clips(*, song=False):
    """Return RAVDESS's clips by name, without the files: 1440 of speech, 1012 of song."""
    names = []
    for channel in (1, 2)[: 1 + song]:
        for actor in range(1, 25):
            for emotion in range(1, 9 if channel == 1 else 7):
                for intensity in (1, 2)[: 1 if emotion == 1 else 2]:
                    if (channel, actor) != (2, 18):
                        names += [
                            f"03-{channel:02d}-{emotion:02d}-{intensity:02d}-{statement:02d}-{take:02d}-{actor:02d}"
                            for statement in (1, 2)
                            for take in (1, 2)
                        ]
    return [parse_name(name) for name in names]


SPEECH, BOTH = ravdess_clips(), ravdess_clips(song=True)


def actors(clips, indices):
    return {clips[i].actor for i in indices}
