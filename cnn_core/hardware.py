"""Which device training will use, found in milliseconds: the driver is asked directly, torch is not imported.

NVIDIA's `nvidia-ml-py` is not used: it lists all GPUs of the machine, while the CUDA driver counts those that
CUDA_VISIBLE_DEVICES leaves to this process, as torch does; and it would be one more requirement for six calls.
"""

import ctypes
import os
import platform
import re
import sys
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Literal


@dataclass(frozen=True)
class Device:
    """A device: its `kind` in torch's words, its maker's `name`, its `memory` in bytes (GPU only), and CPU `cores`."""

    kind: Literal["cuda", "cpu"]
    name: str
    memory: int | None
    cores: int


@cache
def detect_device() -> Device:
    """Return the first GPU that torch can use here, or else the CPU; detected once per process."""
    cores = cpu_cores()
    built_for = torch_cuda_version()
    gpu = _find_first_gpu(built_for) if built_for else None
    if gpu is None:
        return Device("cpu", cpu_name(), None, cores)
    name, memory = gpu
    return Device("cuda", name, memory, cores)


def cpu_cores() -> int:
    """Return the number of logical cores this process may use: in a container, often fewer than the machine has."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def cpu_name(cpuinfo: Path = Path("/proc/cpuinfo")) -> str:
    """Return the processor's model name from Linux's `cpuinfo`, else what the platform says, else "CPU"."""
    if cpuinfo.is_file():
        found = re.search(r"^model name\s*:\s*(.+)$", cpuinfo.read_text(errors="replace"), re.MULTILINE)
        if found:
            return re.sub(r"\((R|TM)\)|\bCPU\b|@.*", "", found[1]).replace("  ", " ").strip()
    return platform.processor() or platform.machine() or "CPU"


def torch_cuda_version() -> tuple[int, int] | None:
    """Return the CUDA version (major, minor) that torch was built for; None for a CPU build, or without torch."""
    spec = find_spec("torch")
    if spec is None or spec.origin is None:
        return None
    version = Path(spec.origin).with_name("version.py").read_text(encoding="utf-8")
    found = re.search(r"^cuda\b[^=]*=\s*['\"](\d+)\.(\d+)", version, re.MULTILINE)
    return (int(found[1]), int(found[2])) if found else None


def _find_first_gpu(built_for: tuple[int, int]) -> tuple[str, int] | None:
    """Return name and memory of GPU 0 from the CUDA driver API; None without driver or GPU, or with too old a driver.

    A driver runs programs built for any CUDA release of its own major version or an earlier one.
    https://docs.nvidia.com/deploy/cuda-compatibility/
    """
    try:
        cuda = ctypes.CDLL("nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1")
    except OSError:
        return None
    version, count, device = ctypes.c_int(), ctypes.c_int(), ctypes.c_int()
    name, memory = ctypes.create_string_buffer(256), ctypes.c_size_t()
    # Every call returns 0 on success; the first that fails ends the search.
    failed = (
        cuda.cuInit(0)
        or cuda.cuDriverGetVersion(ctypes.byref(version))
        or cuda.cuDeviceGetCount(ctypes.byref(count))
        or cuda.cuDeviceGet(ctypes.byref(device), 0)
        or cuda.cuDeviceGetName(name, len(name), device)
        or cuda.cuDeviceTotalMem_v2(ctypes.byref(memory), device)
    )
    if failed or version.value // 1000 < built_for[0]:
        return None
    return name.value.decode(errors="replace"), memory.value
