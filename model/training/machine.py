"""The machine that trains: which device, how many threads, which numbers."""

from __future__ import annotations

import platform
from typing import Any

import torch

from routing.cores import usable_cores
from routing.errors import ConfigurationError

_BFLOAT16_ISA = ("avx512_bf16", "amx_bf16", "bf16")
"""Flags of /proc/cpuinfo of processors that multiply bfloat16 faster than float32 (x86-64, x86-64, ARM)."""


def device_of(name: str) -> torch.device:
    """Return the device that an option names: `auto` is the GPU when there is one.

    Raises:
        ConfigurationError: There is no such device here.
    """
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError) as error:
        raise ConfigurationError(f"there is no device {name!r} here: give cpu, cuda or auto") from error
    return device


def use_threads(number: int) -> None:
    """Compute on `number` CPU threads; 0 is one for each core that this process may use."""
    torch.set_num_threads(number or usable_cores())


def computes_in_bfloat16(device: torch.device, *, wanted: bool) -> bool:
    """Say whether to compute in bfloat16 on `device`: where the hardware has it. Elsewhere it is slower."""
    if device.type == "cuda":
        return wanted and torch.cuda.is_bf16_supported(including_emulation=False)
    return wanted and any(flag in _processor_flags() for flag in _BFLOAT16_ISA)


def described(device: torch.device) -> dict[str, Any]:
    """Return what a run's record says of the machine; nothing that names it."""
    return {
        "device": torch.cuda.get_device_name(device) if device.type == "cuda" else "cpu",
        "processor": _processor_name() or platform.machine(),
        "cores": usable_cores(),
        "threads": torch.get_num_threads(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "torch": torch.__version__,
    }


def _processor_flags() -> set[str]:
    return set(_of_processor("flags").split()) | set(_of_processor("Features").split())


def _processor_name() -> str:
    return _of_processor("model name")


def _of_processor(field: str) -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as file:  # noqa: PTH123 - a kernel's file
            return next(
                (line.partition(":")[2].strip() for line in file if line.partition(":")[0].strip() == field), ""
            )
    except OSError:
        return ""
