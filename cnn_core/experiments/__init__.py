"""What a learner builds from scratch: the ladder from plain loops to the GPU, and three layers in NumPy."""
