"""PNG files made smaller: colours in a palette, since a page has few of them, and all of zlib's effort."""

from __future__ import annotations

import struct
import zlib

import numpy as np

SIGNATURE = b"\x89PNG\r\n\x1a\n"
MOST = 256
"""Colours of a palette."""


def smaller(png: bytes) -> bytes:
    """Return the picture with a palette of its own: 8 bits of RGB or RGBA without interlacing, as Chromium writes."""
    pixels = _pixels(png)
    height, width, _ = pixels.shape
    palette, indices = _palette(pixels.reshape(-1, 3))
    lines = np.zeros((height, width + 1), dtype=np.uint8)
    lines[:, 1:] = indices.reshape(height, width)
    chunks = (
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)),
        (b"PLTE", palette.tobytes()),
        (b"IDAT", zlib.compress(lines.tobytes(), 9)),
        (b"IEND", b""),
    )
    made = SIGNATURE + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in chunks
    )
    return min(made, png, key=len)


def _pixels(png: bytes) -> np.ndarray:
    """Return the colours, height by width by 3; transparency is left out, since a page has none."""
    at, data, width, height, channels = len(SIGNATURE), b"", 0, 0, 0
    while at < len(png):
        (size,) = struct.unpack_from(">I", png, at)
        kind, body = png[at + 4 : at + 8], png[at + 8 : at + 8 + size]
        if kind == b"IHDR":
            width, height, depth, colour, _, _, interlaced = struct.unpack(">IIBBBBB", body)
            channels = {2: 3, 6: 4}[colour]
            assert (depth, interlaced) == (8, 0)
        elif kind == b"IDAT":
            data += body
        at += size + 12
    stride = width * channels
    raw = np.frombuffer(zlib.decompress(data), dtype=np.uint8).reshape(height, stride + 1)
    lines = np.zeros((height + 1, width, channels), dtype=np.uint8)
    for row in range(height):
        lines[row + 1] = _line(int(raw[row, 0]), raw[row, 1:].reshape(width, channels), lines[row])
    return lines[1:, :, :3]


def _line(kind: int, said: np.ndarray, above: np.ndarray) -> np.ndarray:
    """Undo a line's filter (RFC 2083, section 6)."""
    if kind == 0:
        return said
    if kind == 2:
        return said + above
    if kind == 1:
        return np.cumsum(said, axis=0, dtype=np.uint8)
    line = np.zeros_like(said)
    left = upper_left = np.zeros(said.shape[1], dtype=np.int16)
    for column in range(len(said)):
        upper = above[column].astype(np.int16)
        if kind == 3:
            guess = (left + upper) // 2
        else:
            whole = left + upper - upper_left
            near_left, near_upper, near_corner = abs(whole - left), abs(whole - upper), abs(whole - upper_left)
            guess = np.where(
                (near_left <= near_upper) & (near_left <= near_corner),
                left,
                np.where(near_upper <= near_corner, upper, upper_left),
            )
        line[column] = (said[column] + guess).astype(np.uint8)
        left, upper_left = line[column].astype(np.int16), upper
    return line


def _palette(pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the most frequent colours, and for each pixel which of them is nearest."""
    codes = pixels.astype(np.uint32) @ np.array([65536, 256, 1], dtype=np.uint32)
    found, inverse, counts = np.unique(codes, return_inverse=True, return_counts=True)
    colours = np.stack([found >> 16, (found >> 8) & 255, found & 255], axis=1).astype(np.int32)
    kept = colours[np.argsort(-counts)[:MOST]]
    nearest = np.empty(len(colours), dtype=np.uint8)
    for begin in range(0, len(colours), 4096):
        part = colours[begin : begin + 4096]
        distances = ((part[:, None, :] - kept[None, :, :]) ** 2).sum(axis=2)
        nearest[begin : begin + 4096] = distances.argmin(axis=1)
    return kept.astype(np.uint8), nearest[inverse]
