"""How many processor cores there are to use."""

import os


def num_cores() -> int:
    """Counts the cores that this process may run on.

    Linux can keep a process from some of them, as container engines do; elsewhere it is all of the
    computer's.
    """
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
