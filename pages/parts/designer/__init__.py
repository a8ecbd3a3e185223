"""The parts of the Network designer: what is designed, its table, a layer's settings, files, receptive fields."""
