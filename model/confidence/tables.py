"""Arrays in a `.safetensors` file, read and written with numpy alone: what serves has no other use for that library.

The format (https://huggingface.co/docs/safetensors): eight bytes, little-endian, the length of a JSON header; the
header, {name: {"dtype", "shape", "data_offsets"}}; then the arrays' bytes, row by row.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from routing.errors import ConfigurationError

_TYPES: dict[str, np.dtype[Any]] = {"U8": np.dtype("u1"), "F32": np.dtype("<f4"), "F64": np.dtype("<f8")}
_NAMES = {dtype: name for name, dtype in _TYPES.items()}


def write_tables(file: Path, tables: Mapping[str, NDArray[Any]]) -> None:
    """Write `tables`, arrays of bytes or floats by name, to `file`."""
    header: dict[str, Any] = {}
    parts: list[bytes] = []
    end = 0
    # The widest first, so that every array starts at a multiple of its width.
    for name, table in sorted(tables.items(), key=lambda item: (-item[1].dtype.itemsize, item[0])):
        part = np.ascontiguousarray(table).tobytes()
        header[name] = {
            "dtype": _NAMES[table.dtype],
            "shape": list(table.shape),
            "data_offsets": [end, end + len(part)],
        }
        parts.append(part)
        end += len(part)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    file.write_bytes(b"".join([struct.pack("<Q", len(text)), text, *parts]))


def read_tables(file: Path) -> dict[str, NDArray[Any]]:
    """Return the arrays of `file` by name.

    Raises:
        ConfigurationError: It cannot be read, or is no such file.
    """
    try:
        content = file.read_bytes()
        start = 8 + struct.unpack("<Q", content[:8])[0]
        header = json.loads(content[8:start])
        tables: dict[str, NDArray[Any]] = {}
        for name, entry in header.items():
            if name == "__metadata__":
                continue
            low, high = entry["data_offsets"]
            part = content[start + low : start + high]
            tables[name] = np.frombuffer(part, dtype=_TYPES[entry["dtype"]]).reshape(entry["shape"])
    except OSError as error:
        raise ConfigurationError(f"{file} cannot be read ({error.strerror}): fetch the model again") from error
    except (ValueError, KeyError, TypeError, AttributeError, struct.error) as error:
        raise ConfigurationError(f"{file} is no file of tables ({error!r}): fetch the model again") from error
    return tables
