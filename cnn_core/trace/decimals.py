"""Numbers as a learner reads them: exact decimals, a true minus sign, and a mark where something was rounded."""

from decimal import Decimal
from functools import lru_cache

# The functions below have a cache, because a trace asks for the same few numbers many thousand times.
MAX_DECIMALS = 4
"""What fits into a cell and is still read at a glance; anything longer is rounded and marked as such."""
_UNIT = Decimal(1).scaleb(-MAX_DECIMALS)


@lru_cache(maxsize=2**15)
def exact_decimal(value: float) -> Decimal:
    """Return the shortest decimal that stands for `value` (0.1 is 0.1, not its 55-digit binary neighbour)."""
    return Decimal(repr(float(value)))


def round_decimal(value: Decimal) -> Decimal:
    """Round `value` to at most MAX_DECIMALS decimals."""
    return value.quantize(_UNIT) if value.is_finite() and abs(value) < Decimal(10) ** 12 else value


@lru_cache(maxsize=2**15)
def format_decimal(value: Decimal) -> str:
    """Write `value` with at most MAX_DECIMALS decimals, no trailing zeros and a true minus sign: −0.5, 12, 1e+15."""
    if not value.is_finite():
        return {"Infinity": "∞", "-Infinity": "−∞"}.get(str(value), "NaN")
    short = round_decimal(value)
    if short == 0:
        return "0"
    text = f"{short:f}" if abs(short) < Decimal(10) ** 12 else f"{short:.4e}"
    if "." in text and "e" not in text:
        text = text.rstrip("0").rstrip(".")
    return text.replace("-", "−")


@lru_cache(maxsize=2**15)
def format_factor(value: Decimal) -> str:
    """Write `value` as a factor of a product, negative numbers in brackets: 2·(−1), never 2·−1."""
    text = format_decimal(value)
    return f"({text})" if text.startswith("−") else text


@lru_cache(maxsize=2**15)
def is_rounded(value: Decimal) -> bool:
    """Tell whether `format_decimal` leaves out a part of `value` that a learner could miss (more than a billionth)."""
    return value.is_finite() and abs(value - round_decimal(value)) > Decimal("1e-9")
