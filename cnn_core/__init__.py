"""CNN Lab's maths: an ordinary Python library that never imports Streamlit."""
