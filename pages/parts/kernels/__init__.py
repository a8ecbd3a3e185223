"""The parts of the Kernel lab: picture, kernels, layer, what they make, a closer look, files."""
