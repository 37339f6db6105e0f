"""Work on more pictures than one computer should do, as Apache Beam pipelines."""
