"""Numbers as sentences write them: counts, sizes, shares, durations and amounts of memory.

`trace.decimals` is another subject: the exact decimals of the player, with a mark where one was rounded.
"""

from collections.abc import Iterable

KILO = 2**10
"""Memory is counted in powers of two, as operating systems do: 1 kB is 1,024 bytes."""


def format_number(value: float, spec: str = "g") -> str:
    """Return a number in Python's format `spec`, with a true minus sign.

    >>> format_number(-0.5), format_number(-3, "+d"), format_number(12.3456, ".3g")
    ('−0.5', '−3', '12.3')
    """
    return format(value, spec).replace("-", "−")


def format_rounded(value: float) -> str:
    """Return a number with three digits, or with whole thousands.

    >>> format_rounded(0.01234), format_rounded(54.76), format_rounded(1660.2)
    ('0.0123', '54.8', '1,660')
    """
    return format_number(value, ",.0f" if 1000 <= abs(value) < 1e9 else ".3g")


def format_percent(share: float, decimals: int | None = None) -> str:
    """Return a share (0 … 1) in per cent: whole, or with one decimal below 10 %, unless `decimals` says otherwise.

    >>> format_percent(0.9642), format_percent(0.0512), format_percent(0.0512, 0)
    ('96 %', '5.1 %', '5 %')
    """
    if decimals is None:
        decimals = 0 if abs(share) >= 0.1 else 1
    return f"{format_number(100 * share, f'.{decimals}f')} %"


def format_count(count: int, noun: str, plural: str = "") -> str:
    """Return how many there are of something; `plural` is needed where it is not `noun` with an s.

    >>> format_count(1, "image"), format_count(1200, "image"), format_count(2, "class", "classes")
    ('1 image', '1,200 images', '2 classes')
    """
    return f"{count:,} {noun if count == 1 else plural or f'{noun}s'}"


def format_size(sides: Iterable[int]) -> str:
    """Return a size as a sentence writes it.

    >>> format_size((3, 32, 32)), format_size([4096])
    ('3 × 32 × 32', '4,096')
    """
    return " × ".join(f"{side:,}" for side in sides)


def format_shape(sides: Iterable[float]) -> str:
    """Return a size as tables, labels and files hold it: without blanks and separators, as a learner types it.

    >>> format_shape((3, 32, 32)), format_shape([4096])
    ('3×32×32', '4096')
    """
    return "×".join(f"{side:g}" if isinstance(side, float) else str(side) for side in sides)


def format_duration(seconds: float) -> str:
    """Return a time from tenths of a second to hours.

    >>> format_duration(4), format_duration(34.4), format_duration(200), format_duration(7530)
    ('4.0 s', '34 s', '3 min 20 s', '2 h 5 min')
    """
    if seconds < 9.95:  # what rounds to 10.0 has no decimal
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 1:
        return f"{rest} s"
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def format_megabytes(size: float, decimals: int = 0) -> str:
    """Return the size of a file or a download, given in bytes, in megabytes of 10⁶ bytes, as browsers count them.

    >>> format_megabytes(20_000_000), format_megabytes(1_234_567_890), format_megabytes(2_550_000, 1)
    ('20 MB', '1,235 MB', '2.5 MB')
    """
    return f"{size / 1e6:,.{decimals}f} MB"


def format_memory(size: float, decimals: int = 2) -> str:
    """Return an amount of memory, given in bytes, in the largest unit that gives at least 1.

    >>> format_memory(600), format_memory(3500), format_memory(5 * 2**20), format_memory(3.5 * 2**30, 1)
    ('600 B', '3.4 kB', '5.00 MB', '3.5 GB')
    """
    if size < KILO:
        return f"{size:.0f} B"
    if size < KILO**2:
        return f"{size / KILO:.1f} kB"
    return f"{size / KILO**2:,.{decimals}f} MB" if size < KILO**3 else f"{size / KILO**3:,.{decimals}f} GB"


def capitalize_first(text: str) -> str:
    """Return the text with its first letter large; unlike `str.capitalize`, the others stay as they are.

    >>> capitalize_first("learning rate of SGD")
    'Learning rate of SGD'
    """
    return text[:1].upper() + text[1:]
