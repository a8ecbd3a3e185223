"""The views of the Inspect page, one module each."""
