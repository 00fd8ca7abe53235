"""Clips, the parts they are split into, and the way from files to batches.

The corpora are RAVDESS (`ravdess`, checked by `integrity`) and the synthetic one that needs no download (`toy`);
`splits` says which clips train and which test, `cache` keeps computed arrays on disk, `dataset` puts them together, and
`recipe_batches` and `batches` hand them to the network.
"""

from minser.corpus.ravdess import find_clips

__all__ = ["find_clips"]
