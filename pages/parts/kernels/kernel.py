"""The kernel of the Kernel lab: chosen by name, turned by dials, edited in cells, transformed, pasted."""

from collections.abc import Callable, Mapping

import streamlit as st

from cnn_core.kernels.editing import KERNEL_EDITS, add_kernels, resize_kernel
from cnn_core.kernels.explain import describe_sum
from cnn_core.kernels.families import PARAMETERS, Weights
from cnn_core.kernels.library import FAMILIES
from cnn_core.kernels.notation import (
    MAX_SIZE,
    NAMED_RECIPES,
    Recipe,
    format_weights,
    make_kernel,
    make_recipe,
    recipe_name,
    recognise_recipe,
    suggest_view,
)
from pages.components.dials import Dial, show_dials
from pages.components.matrix_editor import UndoActions, show_cell_editor
from pages.parts.kernels import stack
from pages.parts.kernels.learned import show_learned_filters
from pages.parts.kernels.settings import VIEW_KEY
from pages.shared import state
from pages.shared.controls import show_note
from pages.shared.fresh import RevisedKey

NAME_KEYS = RevisedKey("kernels_name")
VIEW_LABEL_OF = {"signed": "Signed", "clamp": "0 to 255"}
COARSE_ANGLES = {"Line": 45, "Corner": 90}
"""Degrees between the angles of families that know few."""


def choose_kernel(kernel_stack: stack.KernelStack) -> None:
    """Show the controls of the kernels; errors in the chosen one appear beside its cells."""
    known = _known_recipe(kernel_stack)
    choose_slot()
    choose_name(known)
    show_kernel_dials(kernel_stack)
    _show_cells(kernel_stack)
    with st.container(horizontal=True, gap="small"):
        show_tools(kernel_stack.chosen_kernel.weights if kernel_stack.chosen_kernel else None)
        show_other_sources()
    if known:
        st.markdown(FAMILIES[known.family].description)
        st.latex(FAMILIES[known.family].formula)
    if kernel_stack.chosen_kernel is not None:
        show_note(describe_sum(kernel_stack.chosen_kernel.weights))


def _show_cells(kernel_stack: stack.KernelStack) -> None:
    """Show the cells of the weights, and what is wrong with them."""
    chosen, problem = kernel_stack.chosen_kernel, kernel_stack.problems[kernel_stack.slot]
    named = chosen is not None and chosen.recipe is not None and not problem
    show_cell_editor(
        "Kernel",
        format_weights(chosen) if chosen is not None and named else kernel_stack.texts[kernel_stack.slot],
        key="kernels_cells",
        on_edit=stack.write_cells,
        role="kernel",
        undo_actions=UndoActions(stack.undo, stack.redo, stack.TEXT.revision),
    )
    if problem:
        st.error(problem + (" Until then the last kernel is shown." if chosen is not None else ""))
    for index, other in enumerate(kernel_stack.problems):
        if other and index != kernel_stack.slot:
            st.error(other)


def _known_recipe(kernel_stack: stack.KernelStack) -> Recipe | None:
    """Return the recipe that made the chosen kernel, or one that makes the same numbers."""
    if kernel_stack.chosen_kernel is None:
        return None
    return kernel_stack.chosen_kernel.recipe or recognise_recipe(kernel_stack.chosen_kernel.weights)


def choose_slot() -> None:
    """Let the learner choose the kernel to edit, add one, or remove the chosen one."""
    count = len(stack.slot_texts())
    if stack.SLOT_KEY in st.session_state:
        st.session_state[stack.SLOT_KEY] = stack.chosen_slot() + 1
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.segmented_control(
            "Kernels",
            list(range(1, count + 1)),
            default=1,
            key=stack.SLOT_KEY,
            required=True,
            bind="query-params",
            help="Several kernels work side by side as a bank, or one after the other as a chain.",
        )
        st.button(
            "Add",
            icon=":material/add:",
            key="kernels_add",
            on_click=stack.add_slot,
            disabled=count >= stack.MAX_SLOTS,
        )
        if count > 1:
            st.button("Remove", icon=":material/delete:", key="kernels_drop", on_click=stack.remove_slot)


def choose_name(known: Recipe | None) -> None:
    """Let the learner choose a named kernel, whose weights replace those of the chosen slot."""
    name = recipe_name(known) if known else None
    names = list(NAMED_RECIPES)
    key = NAME_KEYS.key_for(name)
    st.selectbox(
        "Kernel",
        names,
        index=None if name is None else names.index(name),
        format_func=lambda name: f"{FAMILIES[NAMED_RECIPES[name].family].group}: {name}",
        key=key,
        on_change=_apply_name,
        args=(key,),
        placeholder="Your own numbers",
    )


def show_kernel_dials(kernel_stack: stack.KernelStack) -> None:
    """Show size and parameters of a named kernel, or rows and columns of a typed one."""
    source_recipe = stack.shown_recipe(kernel_stack)
    if source_recipe is not None:
        family = FAMILIES[source_recipe.family]
        dial_list = [Dial("size", "Size", family.smallest_size, MAX_SIZE, 1, source_recipe.size, "px")]
        for name, value in source_recipe.values:
            allowed = PARAMETERS[name]
            step = COARSE_ANGLES.get(family.name, allowed.step)
            dial_list.append(Dial(name, allowed.label, allowed.low, allowed.high, step, value, allowed.unit))
        show_dials(dial_list, key="kernels_dials", on_turn=lambda *turned: _apply_values(source_recipe, *turned))
    elif kernel_stack.chosen_kernel is not None:
        weights = kernel_stack.chosen_kernel.weights
        sides = zip(("Rows", "Columns"), weights.shape, strict=True)
        dial_list = [Dial(label.lower(), label, 1, MAX_SIZE, 1, side) for label, side in sides]
        show_dials(dial_list, key="kernels_dials", on_turn=lambda *turned: _apply_sides(weights, *turned))


def _apply_values(source_recipe: Recipe, turned: Mapping[str, float], gesture: str) -> None:
    values = {**dict(source_recipe.values), **turned}
    size = int(values.pop("size", source_recipe.size))
    stack.write_slot(str(make_recipe(source_recipe.family, size, **values)), gesture)


def _apply_sides(weights: Weights, turned: Mapping[str, float], gesture: str) -> None:
    rows, columns = weights.shape
    size = (int(turned.get("rows", rows)), int(turned.get("columns", columns)))
    stack.write_weights(resize_kernel(weights, *size), gesture)


def show_tools(weights: Weights | None) -> None:
    """Show undo, redo, and the operations on the weights."""
    _show_quiet_button("Undo", "undo", stack.undo, not stack.TEXT.can_undo, "Ctrl+Z")
    _show_quiet_button("Redo", "redo", stack.redo, not stack.TEXT.can_redo, "Ctrl+Y")
    with st.popover("Change", on_change="rerun", key="kernels_change") as box:
        if box.open and weights is not None:
            show_transforms()


def _show_quiet_button(label: str, icon: str, action: Callable[[], None], disabled: bool, shortcut: str) -> None:
    st.button(
        label,
        icon=f":material/{icon}:",
        key=f"kernels_{icon}",
        on_click=action,
        disabled=disabled,
        help=shortcut,
        type="tertiary",
    )


def show_other_sources() -> None:
    """Show other sources of weights: typed, pasted, or learned by a network."""
    with st.popover("More", on_change="rerun", key="kernels_more") as box:
        st.text_area(
            "Type or paste the weights",
            stack.TEXT.first,
            key=stack.TEXT.key,
            bind="query-params",
            help="Rows end with ; or a new line, kernels with |. Fractions such as 1/9 work, and so do names: "
            "Gaussian blur 7 sigma=2.",
        )
        stack.TEXT.mark_drawn()
        if box.open:
            with state.show_store_errors():
                show_learned_filters()


def show_transforms() -> None:
    """Show a button for each transformation, and a named kernel to add."""
    left, right = st.columns(2)
    for number, name in enumerate(KERNEL_EDITS):
        (left, right)[number % 2].button(
            name, key=f"kernels_turn_{number}", on_click=_apply_transform, args=(name,), width="stretch"
        )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.selectbox(
            "Add another kernel", list(NAMED_RECIPES), key="kernels_other", index=list(NAMED_RECIPES).index("Identity")
        )
        st.number_input("times", -100.0, 100.0, 1.0, 0.5, key="kernels_factor", format="%g", width=120)
        st.button("Add", key="kernels_plus", on_click=_apply_sum)
    if st.session_state.get("kernels_turn_problem"):
        st.error(st.session_state.pop("kernels_turn_problem"))


def _apply_name(key: str) -> None:
    name = st.session_state[key]
    if name and NAME_KEYS.is_current(key):
        NAME_KEYS.keep_key(name)
        kernel = make_kernel(NAMED_RECIPES[name])
        stack.write_slot(str(kernel.recipe))
        st.session_state[VIEW_KEY] = VIEW_LABEL_OF[suggest_view(kernel.weights)]


def _current_weights() -> Weights:
    """Return the weights in the state, because a click may come before an edit is drawn."""
    kernel = stack.read_stack().chosen_kernel
    assert kernel is not None  # the tools are shown for a kernel
    return kernel.weights


def _apply_transform(name: str) -> None:
    try:
        stack.write_weights(KERNEL_EDITS[name](_current_weights()))
    except ValueError as problem:
        st.session_state.kernels_turn_problem = str(problem)


def _apply_sum() -> None:
    other = make_kernel(NAMED_RECIPES[st.session_state.kernels_other]).weights
    stack.write_weights(add_kernels(_current_weights(), other, st.session_state.kernels_factor))
