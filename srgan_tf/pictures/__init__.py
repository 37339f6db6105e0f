"""Picture files in and out: pixels, transparency and metadata, without losing bits on the way."""
