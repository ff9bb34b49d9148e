"""Order parameters at their means: closed equations of a few numbers, carried on to formulas."""
