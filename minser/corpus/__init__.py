"""Clips, the parts they are split into, and the way from files to batches.

The corpora are RAVDESS (`ravdess`, checked by `index`) and the synthetic one that needs no download (`toy`);
`random_splits` and `actor_splits` say which clips train and which test, `cache` keeps computed arrays on disk,
`batches` hands them to the network.
"""

from minser.corpus.cache import Cache, default_root, open_or_build
from minser.corpus.clip import EMOTIONS, Clip, parse_name
from minser.corpus.index import check
from minser.corpus.ravdess import find_clips
from minser.corpus.report import Report
from minser.corpus.split import Split

__all__ = [
    "EMOTIONS",
    "Cache",
    "Clip",
    "Report",
    "Split",
    "check",
    "default_root",
    "find_clips",
    "open_or_build",
    "parse_name",
]
