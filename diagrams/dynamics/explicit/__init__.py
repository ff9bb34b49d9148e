"""Numbers, domains and ends of explicit formulas."""
