"""Mean-field equations at two times: the road, its formulas and its numbers."""
