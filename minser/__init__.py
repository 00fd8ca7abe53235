"""minser: speech emotion recognition in NumPy, from the sound file to the answer, every step written by hand.

The map of the package is ``minser/README.md``; the commands are listed by ``python -m minser``.
"""

from minser import runtime

runtime.configure()

__version__ = "0.1.0"
