"""Independent truth: slow, plain methods that the fast engine is compared with.

Nothing here imports the library, and nothing here knows a canonical form it could share with
it.  Each module is one way to a number:

* `polynomial_flow` and `brute_force` write the loss out in all its variables, apply the flow to
  the explicit polynomial and average monomial by monomial;
* `naive_pairings` merges lists of edges and enumerates every Wick pairing;
* `monte_carlo` draws random weights and measures;
* `graphs` tries all permutations of the nodes of a small graph.
"""
