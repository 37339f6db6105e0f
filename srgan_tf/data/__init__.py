"""Pictures from a folder or TFDS to batches of (lr, hr), and the benchmark folders."""
