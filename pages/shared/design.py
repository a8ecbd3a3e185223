"""How a designed network comes from the Designer to the Train page."""

DESIGN_TITLE = "Your design"
"""The name of the designed network among the networks that Train offers; links hold it."""
DESIGN_KEY = "train_design"
"""The key in the session state under which the Designer leaves the network as JSON."""
