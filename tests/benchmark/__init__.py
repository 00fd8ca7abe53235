"""Benchmarks: minser against the libraries that it follows, measured in turn.

Comes in: the command line, ``python -m tests.benchmark``. Goes out: tables. Nothing imports this package.
"""
