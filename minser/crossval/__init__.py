"""The command ``crossval``: a recipe under a protocol, several recipes as candidates, two protocols side by side.

Comes in: recipes and the names of protocols. Goes out: out-of-fold predictions, scores, and what was tried. Called from
the command line only.
"""
