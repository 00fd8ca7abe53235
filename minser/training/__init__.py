"""The training loop, its checkpoints and its history. No printing, no plotting, no command line.

A model, batches and settings come in; changed weights and a history go out.
"""
