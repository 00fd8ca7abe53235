"""One run: a recipe and a corpus become a network, its trainer, its scores, and a folder that keeps them."""
