import subprocess
import sys
from pathlib import Path

import srgan_tf

SAVE_AND_LOAD = """
import sys
import keras
import srgan_tf
if sys.argv[1] == "save":
    generator = srgan_tf.build_generator(num_blocks=1, num_filters=4)
    generator.compile("adam", "mse", metrics=[srgan_tf.PSNR(), srgan_tf.SSIM()])
    generator.save(sys.argv[2])
else:
    print(keras.saving.load_model(sys.argv[2]).name)
"""


def test_keras_loads_what_was_saved_with_our_metrics(tmp_path):
    for step in ("save", "load"):
        done = subprocess.run(
            [sys.executable, "-c", SAVE_AND_LOAD, step, str(tmp_path / "model.keras")],
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
    assert done.stdout == "generator\n"


def test_every_registered_class_is_in_a_module_that_keras_gets_to_know():
    package = Path(srgan_tf.__file__).parent
    registering = {
        ".".join(path.relative_to(package.parent).with_suffix("").parts)
        for path in package.rglob("*.py")
        if "register_keras_serializable(" in path.read_text(encoding="utf-8")
    }
    assert registering == set(srgan_tf._SAVED_IN_MODELS)
