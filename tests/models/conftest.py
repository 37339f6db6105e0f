import pytest

from srgan_tf.models.generator import build_generator


@pytest.fixture(scope="session")
def full_generator():
    """The network of the paper, untrained. Shared: tests may not change it."""
    return build_generator()
