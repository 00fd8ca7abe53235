"""Whole architectures, each on one screen: numbers come in, a ``Sequential`` goes out."""
