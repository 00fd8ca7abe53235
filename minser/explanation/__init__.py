"""Why a network answers as it does: which cells of its input count, by the same backward passes that train it.

A network, one input and the number of a class come in; a map over the input, (n_bins, n_frames), goes out. Nothing here
knows of sound.

A map tells what this network uses, and not what makes a voice sound angry to a human being.
"""

from minser.explanation.grad_cam import class_activation_map
from minser.explanation.occlusion import occlusion_map
from minser.explanation.saliency import saliency_map

__all__ = ["class_activation_map", "occlusion_map", "saliency_map"]
