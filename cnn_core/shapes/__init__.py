"""One layer of any kind: its sizes and counts, asked forwards and backwards, and the derivation in formulas."""
