"""How good a network is: metrics with intervals, confusion, calibration, two networks against each other."""
