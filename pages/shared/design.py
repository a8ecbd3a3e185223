"""The wire from the Designer to Train: what the designed network is called there, and where it is found."""

DESIGN_TITLE, DESIGN_KEY = "Your design", "train_design"
"""What the Train page calls the network that comes from the Designer, and where it finds it."""
