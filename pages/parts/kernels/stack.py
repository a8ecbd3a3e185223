"""The kernels of the lab as one text, parted by `|`: read, rewritten, undone; it stands in the link."""

from dataclasses import dataclass

import streamlit as st

from cnn_core.kernels.families import Weights
from cnn_core.kernels.notation import Kernel, Recipe, make_recipe, parse_kernel, recognise_recipe
from cnn_core.matrices.text import PLANE_SEPARATOR, format_matrix
from pages.shared.undo import UndoText

TEXT = UndoText("kernels_weights", str(make_recipe("Sobel")))
"""The text of all slots, which the link holds."""
SLOT_KEY = "kernels_slot"
LAST_KEY = "kernels_last"
ORIGIN_KEY = "kernels_origin"
MAX_SLOTS = 8
ADDED_TEXT = str(make_recipe("Gaussian blur", 5))


@dataclass(frozen=True, eq=False)
class KernelStack:
    """The slots' texts, their kernels (None where the text never made one), what is wrong with each, and the chosen."""

    texts: tuple[str, ...]
    kernels: tuple[Kernel | None, ...]
    problems: tuple[str, ...]
    slot: int

    @property
    def chosen_kernel(self) -> Kernel | None:
        """The kernel of the chosen slot."""
        return self.kernels[self.slot]


def slot_texts() -> list[str]:
    """Return the text of each slot, at most eight."""
    return TEXT.text.split(PLANE_SEPARATOR)[:MAX_SLOTS]


def chosen_slot() -> int:
    """Return the chosen slot, counted from 0."""
    number = str(st.session_state.get(SLOT_KEY) or st.query_params.get(SLOT_KEY) or 1)
    return min(max(int(number), 1), len(slot_texts())) - 1 if number.isdecimal() else 0


def read_stack() -> KernelStack:
    """Read every slot. While a cell is being typed its text may be no number: then the slot keeps its last kernel."""
    last: dict[int, Kernel] = st.session_state.setdefault(LAST_KEY, {})
    parts, problems = slot_texts(), []
    for index, words in enumerate(parts):
        name = "kernel" if len(parts) == 1 else f"kernel {index + 1}"
        try:
            last[index] = parse_kernel(words, name=name)
            problems.append("")
        except ValueError as problem:
            problems.append(str(problem))
    return KernelStack(
        tuple(parts), tuple(last.get(index) for index in range(len(parts))), tuple(problems), chosen_slot()
    )


def write_slot(new: str, kind: str = "") -> None:
    """Rewrite the chosen slot as one step; consecutive changes of one `kind` are one step."""
    parts, index = slot_texts(), chosen_slot()
    parts[index] = f" {new.strip()} "
    TEXT.write(PLANE_SEPARATOR.join(parts).strip(), kind and f"{index} {kind}")


def write_cells(new: str, gesture: str) -> None:
    """Rewrite the chosen slot as numbers, cell by cell: keys typed into one cell are one step."""
    st.session_state[SLOT_KEY] = chosen_slot() + 1
    write_slot(new, gesture)


def write_weights(weights: Weights, kind: str = "") -> None:
    """Rewrite the chosen slot as numbers that no recipe made."""
    st.session_state.pop(ORIGIN_KEY, None)
    write_slot(format_matrix(weights), kind)


def shown_recipe(kernel_stack: KernelStack) -> Recipe | None:
    """Return the recipe whose dials are shown: the chosen kernel's, or the last one while its cells are edited.

    So the cells do not move while they are edited.
    """
    if kernel_stack.chosen_kernel is None:
        return None
    source_recipe = kernel_stack.chosen_kernel.recipe or recognise_recipe(kernel_stack.chosen_kernel.weights)
    kept: tuple[int, Recipe] | None = st.session_state.get(ORIGIN_KEY)
    if source_recipe is None:
        return (
            kept[1]
            if kept and kept[0] == kernel_stack.slot and kept[1].size in kernel_stack.chosen_kernel.weights.shape
            else None
        )
    st.session_state[ORIGIN_KEY] = (kernel_stack.slot, source_recipe)
    return source_recipe


def add_slot() -> None:
    """Add a kernel after the others, and choose it."""
    parts = slot_texts()
    TEXT.write(f" {PLANE_SEPARATOR} ".join([*(words.strip() for words in parts), ADDED_TEXT]))
    st.session_state[SLOT_KEY] = len(parts) + 1


def remove_slot() -> None:
    """Remove the chosen kernel."""
    parts, index = slot_texts(), chosen_slot()
    del parts[index]
    st.session_state.pop(LAST_KEY, None)
    st.session_state.pop(ORIGIN_KEY, None)
    TEXT.write(f" {PLANE_SEPARATOR} ".join(words.strip() for words in parts))
    st.session_state[SLOT_KEY] = max(1, min(index + 1, len(parts)))


def replace_stack(kernels: list[Weights]) -> None:
    """Replace all kernels by these."""
    TEXT.write(f" {PLANE_SEPARATOR} ".join(map(format_matrix, kernels)))
    st.session_state[SLOT_KEY] = 1


def undo() -> None:
    """Go one step back."""
    count = len(slot_texts())
    TEXT.undo()
    _forget_kernels(count)


def redo() -> None:
    """Go one step forward again."""
    count = len(slot_texts())
    TEXT.redo()
    _forget_kernels(count)


def _forget_kernels(count_before: int) -> None:
    """Forget the kernels read from slots that may have changed; `count_before` is the number of slots before."""
    if len(slot_texts()) != count_before:
        st.session_state.pop(LAST_KEY, None)
    st.session_state.pop(ORIGIN_KEY, None)
