"""Lets `python -m srgan_tf` do what `srgan-tf` does."""

import sys

from srgan_tf.cli.main import main

sys.exit(main())
