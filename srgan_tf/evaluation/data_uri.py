"""Pictures inside the text of a page or drawing."""

import base64
import io

import numpy as np
from PIL import Image


def data_uri(pixels: np.ndarray, is_lossless: bool, icc: bytes = b"", quality: int = 95) -> str:
    """Encodes a picture for a page: as PNG, or as JPEG with full colour resolution."""
    file = io.BytesIO()
    kind, settings = (
        ("png", {}) if is_lossless else ("jpeg", {"quality": quality, "subsampling": 0})
    )
    picture = Image.fromarray(np.ascontiguousarray(pixels))
    picture.save(file, kind, icc_profile=icc or None, **settings)
    return f"data:image/{kind};base64,{base64.b64encode(file.getvalue()).decode()}"
