"""Training runs: schedule, checkpoints, averaged weights, callbacks, and the run itself."""
