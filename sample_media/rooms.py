"""Two invented rooms, out of focus, as backgrounds."""

from __future__ import annotations

import cv2
import numpy as np


def _wall(width: int, height: int, colour: tuple[int, int, int], light_from: float) -> np.ndarray:
    """A wall lit from one side (``light_from`` in shares of the width), RGB float."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    fall = 1.08 - 0.30 * np.abs(x / width - light_from) - 0.16 * y / height
    return np.float32(colour) * fall[..., None]


def _box(
    img: np.ndarray, corner: tuple[float, float], size: tuple[float, float], colour: tuple[int, int, int]
) -> None:
    """Filled rectangle; corner and size in shares of the picture."""
    height, width = img.shape[:2]
    x, y = int(corner[0] * width), int(corner[1] * height)
    cv2.rectangle(img, (x, y), (x + int(size[0] * width), y + int(size[1] * height)), colour, -1)


def bookshelf_room(width: int, height: int, seed: int = 4) -> np.ndarray:
    """A warm wall with a shelf of books and a framed print; ``(h, w, 3)`` uint8 RGB."""
    rng = np.random.default_rng(seed)
    img = _wall(width, height, (196, 184, 168), 1.0)
    _box(img, (0.03, 0.08), (0.23, 0.95), (104, 78, 58))
    for row in range(4):
        top = 0.11 + 0.225 * row
        _box(img, (0.045, top), (0.20, 0.20), (62, 46, 36))
        x = 0.05
        while x < 0.225:
            wide, tall = rng.uniform(0.010, 0.022), rng.uniform(0.12, 0.18)
            hue = np.array([140, 118, 102]) + rng.integers(-50, 50) + rng.integers(-28, 28, 3)
            _box(img, (x, top + 0.20 - tall), (wide - 0.002, tall), tuple(int(v) for v in hue))
            x += wide
    _box(img, (0.79, 0.12), (0.14, 0.34), (86, 70, 56))
    _box(img, (0.80, 0.14), (0.12, 0.30), (206, 200, 186))
    cv2.circle(img, (int(0.86 * width), int(0.29 * height)), int(0.07 * height), (190, 140, 96), -1)
    return np.clip(cv2.GaussianBlur(img, (0, 0), 5.0), 0, 255).astype(np.uint8)


def window_room(width: int, height: int, seed: int = 9) -> np.ndarray:
    """A cool wall with a bright window and a plant; ``(h, w, 3)`` uint8 RGB."""
    rng = np.random.default_rng(seed)
    img = _wall(width, height, (172, 180, 186), 0.0)
    _box(img, (0.0, 0.03), (0.25, 0.62), (226, 228, 228))
    for left in (0.012, 0.132):
        _box(img, (left, 0.06), (0.105, 0.56), (214, 232, 246))
    _box(img, (0.0, 0.80), (0.30, 0.20), (120, 100, 82))
    _box(img, (0.82, 0.70), (0.10, 0.30), (150, 112, 86))
    for _ in range(60):
        at = (int(rng.normal(0.87, 0.035) * width), int(rng.normal(0.50, 0.11) * height))
        leaf = (int(rng.integers(40, 80)), int(rng.integers(85, 130)), int(rng.integers(55, 80)))
        cv2.ellipse(img, at, (int(rng.integers(10, 22)), 6), float(rng.integers(0, 180)), 0, 360, leaf, -1)
    return np.clip(cv2.GaussianBlur(img, (0, 0), 5.0), 0, 255).astype(np.uint8)
