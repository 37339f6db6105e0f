"""Trained networks at work: engines, upscaling pictures, scoring a model on a benchmark."""
