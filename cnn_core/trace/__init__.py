"""Operations written out as data: every grid, every step and every term, for the player and for a notebook."""

from cnn_core.trace.convolution import convolution_trace
from cnn_core.trace.likely_mistakes import pooling_slips
from cnn_core.trace.model import Cell, Grid, Padding, Step, Term, Trace
from cnn_core.trace.player_data import play_data
from cnn_core.trace.pooling import adaptive_pool_trace, avg_pool_trace, lp_pool_trace, max_pool_trace
from cnn_core.trace.ties import Tie, describe_ties, find_ties
from cnn_core.trace.unpooling import unpooling_trace

__all__ = [
    "Cell",
    "Grid",
    "Padding",
    "Step",
    "Term",
    "Tie",
    "Trace",
    "adaptive_pool_trace",
    "avg_pool_trace",
    "convolution_trace",
    "describe_ties",
    "find_ties",
    "lp_pool_trace",
    "max_pool_trace",
    "play_data",
    "pooling_slips",
    "unpooling_trace",
]
