"""Arrays → Altair charts. No Streamlit here: every function returns a chart that a notebook can show too."""
