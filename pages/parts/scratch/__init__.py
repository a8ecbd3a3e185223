"""The parts of the From scratch page."""
