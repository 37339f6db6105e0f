"""The order of axes that all networks here have: height, width, channels."""

import keras


def require_channels_last() -> None:
    """Asks for Keras' default before layers are built that would follow another setting.

    Raises:
        ValueError: Keras is set to channels_first.
    """
    layout = keras.config.image_data_format()
    if layout != "channels_last":
        raise ValueError(
            f"image_data_format: got {layout}, expected channels_last; call "
            "keras.config.set_image_data_format('channels_last') first"
        )
