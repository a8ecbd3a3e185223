"""Sentences on what the rounding of an output size leaves over; the numbers come from `cnn_core.geometry`."""

from cnn_core.geometry import Bins, Window
from cnn_core.words import capitalize_first, format_count


def describe_sharing(axis: Bins, noun: str) -> str:
    """Describe how the windows of an adaptive pooling divide the cells of one axis; `noun` is "row", "column" …

    >>> describe_sharing(Bins(size=6, out=3), "row")
    '6/3 is whole: each window reads 2 rows, none of them twice.'
    """
    lengths = sorted({len(cells) for cells in axis.all_cells})
    each = " or ".join(map(str, lengths))
    cells = f"{each} {noun}" if lengths == [1] else f"{each} {noun}s"
    if axis.size % axis.out == 0:
        return f"{axis.size}/{axis.out} is whole: each window reads {cells}, none of them twice."
    return f"{axis.size}/{axis.out} is not whole: windows of {cells}, and neighbours share what is on their border."


def describe_leftovers(axis: Window, noun: str) -> str:
    """Describe what the rounding does along one axis, and which cells no window reads.

    `noun` is "row", "column", or "row and column" when both axes are alike.

    >>> describe_leftovers(Window(size=8, kernel=2, stride=2), "row")
    '6/2 is whole: the last window ends exactly at the edge.'
    """
    return " ".join(part for part in (_describe_rounding(axis), _describe_unvisited(axis, noun)) if part)


def _describe_rounding(axis: Window) -> str:
    rest = axis.room % axis.stride
    if axis.stride == 1:
        return "Stride 1 always fits: the last window ends exactly at the edge."
    if not rest:
        return f"{axis.room}/{axis.stride} is whole: the last window ends exactly at the edge."
    text = f"{axis.room}/{axis.stride} is not whole: "
    if not axis.ceil_mode:
        return text + "the floor drops the window that would no longer fit."
    floored = axis.room // axis.stride + 1
    if axis.out > floored:
        over = axis.reach - axis.padded_size
        return text + f"the ceiling keeps one more window, which reaches {_count_nouns(over, 'cell')} past the edge."
    return text + (
        f"the ceiling would add a window, but it would start at {floored * axis.stride}, "
        f"beyond input + left padding ({axis.size} + {axis.before}), so it is dropped."
    )


def _describe_unvisited(axis: Window, noun: str) -> str:
    """Describe the cells of the padded input that no window reads, the last ones first; empty when all are read."""
    runs, end = axis.unvisited_runs, axis.padded_size
    last = runs[-1][1] if runs and sum(runs[-1]) == end else 0
    between = sum(length for _, length in runs) - last
    one = " and " not in noun
    parts = []
    if last:
        lost = max(0, last - axis.after)
        what = "pixels are lost" if lost else "only padding, no pixel is lost"
        which = f"the last {noun}" if last == 1 else f"the last {_count_nouns(last, noun)}"
        verb = "is" if last == 1 and one else "are"
        parts.append(f"{which} of the padded input {verb} never visited ({what})")
    if between:
        parts.append(
            f"{_count_nouns(between, noun)} between the windows {'is' if between == 1 and one else 'are'} never visited"
        )
    return f"{capitalize_first('; '.join(parts))}." if parts else ""


def _count_nouns(count: int, noun: str) -> str:
    """Write a count with its nouns: 1 row, 3 columns, 3 rows and 3 columns."""
    return " and ".join(format_count(count, word) for word in noun.split(" and "))
