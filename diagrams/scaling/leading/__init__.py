"""Leading terms: the Pareto-optimal terms of Y_s, and those near them, without the others.

In each *sector* (how often each atom of the loss was used; it fixes the powers of sigma and of
all other scales) a term p^q N^n of Y_s is *leading* if no other has both exponents at least as
large.  A term is at *level* k if k - 1 is the least number of factors 1/p or 1/N by which
it falls short of a leading term.  (Definition of the front: arXiv 2602.04548, section 4.)
"""

from diagrams.scaling.leading.derivatives import leading_derivatives
from diagrams.scaling.leading.scaled import leading_terms
from diagrams.scaling.leading.series import LeadingSector, LeadingSeries

__all__ = ["LeadingSector", "LeadingSeries", "leading_derivatives", "leading_terms"]
