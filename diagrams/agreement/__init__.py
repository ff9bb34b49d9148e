"""Theory over experiment: exact series, solution of the regime and simulation, side by side.

- :mod:`~diagrams.agreement.short_times`: the exact series at given sizes, and how far it reaches;
- :mod:`~diagrams.agreement.size_scaling`: how the deviation goes with the size;
- :mod:`~diagrams.agreement.agreement`: the result, as a value;
- :mod:`~diagrams.agreement.comparing`: from a problem to that value.
"""

from diagrams.agreement.agreement import Agreement
from diagrams.agreement.comparing import agreement_of, compare

__all__ = ["Agreement", "agreement_of", "compare"]
