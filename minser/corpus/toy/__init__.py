"""The embedded corpus: synthetic voices in RAVDESS's layout, made in a minute, with nothing to download."""

from minser.corpus.toy.synthesis import TOY_SR, VERSION, is_corpus, make_corpus, synthesise

__all__ = ["TOY_SR", "VERSION", "is_corpus", "make_corpus", "synthesise"]
