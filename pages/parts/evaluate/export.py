"""An evaluation as files."""

import streamlit as st

from cnn_core.evaluation.files import matrix_csv, matrix_png, mistakes_csv, report_csv
from cnn_core.evaluation.metrics import per_class_report
from cnn_core.runs.export import file_name
from pages.parts.evaluate.answers import Answers
from pages.shared import state
from pages.shared.controls import show_note
from pages.shared.run_words import run_title


def show_export(answers: Answers) -> None:
    """Show one button for each file, which is made when its button is pressed."""
    with st.popover("Export", icon=":material/download:", on_change="rerun", key="evaluate_export") as box:
        if not box.open:
            return
        run = state.run_store().get_run(answers.subject.run_id)
        part = f"{answers.split_name.lower()}, epoch {answers.epoch}"
        stem = f"{file_name(run_title(run))}-{file_name(part)}"
        title = f"{run_title(run)} · {part} · {answers.matrix.trace():,} of {answers.matrix.sum():,} right"

        def show_download(label: str, name: str, mime: str, data: object) -> None:
            key = f"evaluate_file_{name}"
            full = f"{stem}-{name}"
            st.download_button(label, data, full, mime, key=key, on_click="ignore", width="stretch")  # type: ignore[arg-type]

        matrix, names = answers.matrix, answers.class_names
        show_download("Report (CSV)", "report.csv", "text/csv", lambda: report_csv(per_class_report(matrix), names))
        show_download("Matrix (CSV)", "matrix.csv", "text/csv", lambda: matrix_csv(matrix, names))
        show_download("Matrix (PNG)", "matrix.png", "image/png", lambda: matrix_png(matrix, names, title=title))
        show_download(
            "Mistakes (CSV)",
            "mistakes.csv",
            "text/csv",
            lambda: mistakes_csv(answers.logits, answers.probabilities, answers.labels, names),
        )
        show_note(
            "Mistakes: each image's place in the split from 0, true and predicted class, both probabilities, its loss."
        )
