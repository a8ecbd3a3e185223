"""The parts of the Train page: what to train, with which settings, and the run as it goes on."""
