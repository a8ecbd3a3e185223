"""Operations written out as data: every grid, every step and every term, for the player and for a notebook."""

from cnn_core.trace.convolution import convolution_trace
from cnn_core.trace.model import Cell, Grid, Padding, Step, Term, Trace, play_data

__all__ = ["Cell", "Grid", "Padding", "Step", "Term", "Trace", "convolution_trace", "play_data"]
