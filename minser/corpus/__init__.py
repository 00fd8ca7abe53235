"""Clips, the parts they are split into, and the way from files to batches.

The corpora are RAVDESS (`ravdess`, checked by `integrity`) and the synthetic one that needs no download (`toy`);
`splits` says which clips train and which test, `cache` keeps computed arrays on disk, `dataset` puts them together, and
`sampling` and `batches` hand them to the network.
"""

from minser.corpus.cache import Cache, default_root, open_or_build
from minser.corpus.clip import EMOTIONS, Clip, parse_name
from minser.corpus.integrity import check
from minser.corpus.integrity_report import Report
from minser.corpus.ravdess import find_clips
from minser.corpus.splits.split import Split

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
