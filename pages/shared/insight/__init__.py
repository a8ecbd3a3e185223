"""What Inspect and Evaluate share: the network looked at, the picture put into it, and small pictures in grids."""
