"""Benchmarks: `python -m benchmarks.NAME` prints one table; ratios are measured side by side in one run."""
