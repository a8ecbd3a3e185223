"""The kernel of the Kernel lab: chosen by name, turned by dials, edited in cells, transformed, pasted."""

from collections.abc import Callable, Mapping

import streamlit as st

from cnn_core.kernels.editing import TURNS, added, resize
from cnn_core.kernels.families import PARAMETERS, Weights
from cnn_core.kernels.library import FAMILIES
from cnn_core.kernels.notation import (
    MOST,
    NAMED,
    Recipe,
    kernel_of,
    name_of,
    on_balance,
    recipe,
    recognise,
    usual_view,
    words_of,
)
from pages.components.dials import Dial, dials
from pages.components.matrix_editor import Undo, cell_editor
from pages.parts.kernels import stack
from pages.parts.kernels.learned import learned_filters
from pages.parts.kernels.settings import VIEW
from pages.shared import state
from pages.shared.controls import note
from pages.shared.fresh import note_drawn, was_chosen

VIEW_OF = {"signed": "Signed", "clamp": "0 to 255"}
COARSE = {"Line": 45, "Corner": 90}
"""Degrees between the angles of families that know few."""


def choose_kernel(found: stack.Stack) -> None:
    """Every control of the kernels; the chosen one's are shown, with what is wrong with it beside its cells."""
    known = _known(found)
    slots()
    names(known)
    turn_dials(found)
    _cells(found)
    with st.container(horizontal=True, gap="small"):
        tools(found.chosen.weights if found.chosen else None)
        more()
    if known:
        st.markdown(FAMILIES[known.family].sees)
        st.latex(FAMILIES[known.family].formula)
    if found.chosen is not None:
        note(on_balance(found.chosen.weights))


def _cells(found: stack.Stack) -> None:
    """The weights to type into, and what is wrong with them."""
    chosen, problem = found.chosen, found.problems[found.slot]
    named = chosen is not None and chosen.recipe is not None and not problem
    cell_editor(
        "Kernel",
        words_of(chosen) if chosen is not None and named else found.texts[found.slot],
        key="kernels_cells",
        write=stack.write_cells,
        role="kernel",
        undo=Undo(stack.undo, stack.redo, stack.revision()),
    )
    if problem:
        st.error(problem + (" Until then the last kernel is shown." if chosen is not None else ""))
    for index, other in enumerate(found.problems):
        if other and index != found.slot:
            st.error(other)


def _known(found: stack.Stack) -> Recipe | None:
    """How the chosen kernel was made, or what its numbers are known as."""
    if found.chosen is None:
        return None
    return found.chosen.recipe or recognise(found.chosen.weights)


def slots() -> None:
    """Which of the kernels is being edited; another one; this one away."""
    count = len(stack.texts())
    if stack.SLOT in st.session_state:
        st.session_state[stack.SLOT] = stack.slot() + 1
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.segmented_control(
            "Kernels",
            list(range(1, count + 1)),
            default=1,
            key=stack.SLOT,
            required=True,
            bind="query-params",
            help="Several kernels work side by side as a bank, or one after the other as a chain.",
        )
        st.button(
            "Add",
            icon=":material/add:",
            key="kernels_add",
            on_click=stack.add_slot,
            disabled=count >= stack.MOST_SLOTS,
        )
        if count > 1:
            st.button("Remove", icon=":material/delete:", key="kernels_drop", on_click=stack.drop_slot)


def names(known: Recipe | None) -> None:
    """What the kernel is called; another name brings its weights."""
    st.session_state.kernels_name = name_of(known) if known else None
    st.selectbox(
        "Kernel",
        list(NAMED),
        format_func=lambda name: f"{FAMILIES[NAMED[name].family].group}: {name}",
        key="kernels_name",
        on_change=_take_name,
        placeholder="Your own numbers",
    )
    note_drawn("kernels_name")


def turn_dials(found: stack.Stack) -> None:
    """Size and parameters of a named kernel; rows and columns of one's own numbers."""
    made_by = stack.origin(found)
    if made_by is not None:
        family = FAMILIES[made_by.family]
        shown = [Dial("size", "Size", family.least, MOST, 1, made_by.size, "px")]
        for name, value in made_by.values:
            allowed = PARAMETERS[name]
            step = COARSE.get(family.name, allowed.step)
            shown.append(Dial(name, allowed.label, allowed.low, allowed.high, step, value, allowed.unit))
        dials(shown, key="kernels_dials", turn=lambda turned: _take_values(made_by, turned))
    elif found.chosen is not None:
        weights = found.chosen.weights
        sides = zip(("Rows", "Columns"), weights.shape, strict=True)
        shown = [Dial(label.lower(), label, 1, MOST, 1, side) for label, side in sides]
        dials(shown, key="kernels_dials", turn=lambda turned: _take_sides(weights, turned))


def _take_values(made_by: Recipe, turned: Mapping[str, float]) -> None:
    values = {**dict(made_by.values), **turned}
    size = int(values.pop("size", made_by.size))
    stack.write_slot(str(recipe(made_by.family, size, **values)), " ".join(["dial", *turned]))


def _take_sides(weights: Weights, turned: Mapping[str, float]) -> None:
    rows, columns = weights.shape
    size = (int(turned.get("rows", rows)), int(turned.get("columns", columns)))
    stack.write_weights(resize(weights, *size), " ".join(["dial", *turned]))


def tools(weights: Weights | None) -> None:
    """Undo, redo, and what can be done to the weights."""
    back, forth = stack.can_undo()
    _quiet("Undo", "undo", stack.undo, not back, "Ctrl+Z")
    _quiet("Redo", "redo", stack.redo, not forth, "Ctrl+Y")
    with st.popover("Change", on_change="rerun", key="kernels_change") as box:
        if box.open and weights is not None:
            transforms()


def _quiet(label: str, icon: str, do: Callable[[], None], disabled: bool, keys: str) -> None:
    st.button(
        label,
        icon=f":material/{icon}:",
        key=f"kernels_{icon}",
        on_click=do,
        disabled=disabled,
        help=keys,
        type="tertiary",
    )


def more() -> None:
    """Weights from elsewhere: typed, pasted, learned."""
    with st.popover("More", on_change="rerun", key="kernels_more") as box:
        st.text_area(
            "Type or paste the weights",
            stack.FIRST,
            key=stack.TEXT,
            bind="query-params",
            on_change=stack.note_typed,
            help="Rows end with ; or a new line, kernels with |. Fractions such as 1/9 work, and so do names: "
            "Gaussian blur 7 sigma=2.",
        )
        stack.note_shown()
        if box.open:
            with state.answered():
                learned_filters()


def transforms() -> None:
    """One button each; a named kernel to add."""
    left, right = st.columns(2)
    for number, name in enumerate(TURNS):
        (left, right)[number % 2].button(
            name, key=f"kernels_turn_{number}", on_click=_take_turn, args=(name,), width="stretch"
        )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.selectbox("Add another kernel", list(NAMED), key="kernels_other", index=list(NAMED).index("Identity"))
        st.number_input("times", -100.0, 100.0, 1.0, 0.5, key="kernels_factor", format="%g", width=120)
        st.button("Add", key="kernels_plus", on_click=_take_sum)
    if st.session_state.get("kernels_turn_problem"):
        st.error(st.session_state.pop("kernels_turn_problem"))


def _take_name() -> None:
    name = st.session_state.kernels_name
    if name and was_chosen("kernels_name"):
        kernel = kernel_of(NAMED[name])
        stack.write_slot(str(kernel.recipe))
        st.session_state[VIEW] = VIEW_OF[usual_view(kernel.weights)]


def _chosen() -> Weights:
    """The weights as they are now: a click may come before an edit is drawn."""
    kernel = stack.read_stack().chosen
    assert kernel is not None  # the tools are shown for a kernel
    return kernel.weights


def _take_turn(name: str) -> None:
    try:
        stack.write_weights(TURNS[name](_chosen()))
    except ValueError as problem:
        st.session_state.kernels_turn_problem = str(problem)


def _take_sum() -> None:
    other = kernel_of(NAMED[st.session_state.kernels_other]).weights
    stack.write_weights(added(_chosen(), other, st.session_state.kernels_factor))
