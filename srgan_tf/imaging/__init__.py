"""Pure functions on pixels: value ranges, colour, exact resizing. NumPy only."""
