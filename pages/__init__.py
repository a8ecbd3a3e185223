"""The screen wing: the only place where Streamlit is imported."""
