"""The parts of single pages, one folder a page, named like its script; no other page imports them."""
