"""Turning a Keras generator into what other programs run."""
