"""Training as a stream of plain-data events, jobs that run it, and the store that keeps it."""
