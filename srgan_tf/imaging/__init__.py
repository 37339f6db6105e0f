"""Pure functions on pixels, and files that are written whole. NumPy only.

Pixels: value ranges, colour, exact resizing, tiles. What every room needs of the system: files,
locks, errors in one line, the number of cores.
"""
