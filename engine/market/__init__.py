"""The market as columns, and the rules by which it fills orders. Integer prices, no orders of ours, no money."""
