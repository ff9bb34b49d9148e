"""Numerical gradient flow, independent of diagrams and series.

:func:`simulate` draws Gaussian initial weights, integrates ``du/dt = -(1/T) dV/du`` with
``V = L + (lambda/2) |u|^2`` and returns a :class:`Simulation`: the squared error ``L(t)`` of
every seed and observables, with mean, standard error, median and quantiles.  Nothing here merges
or averages a diagram: CP problems are read for their tie pattern, target, scale and decay, problem
files for the text of output, target and observables.

- :mod:`~diagrams.flow.targets`: what the model is fitted to, as overlap and derivative;
- :mod:`~diagrams.flow.gradients`: loss and velocity of CP problems by Gram matrices;
- :mod:`~diagrams.flow.reading`, :mod:`~diagrams.flow.terms`, :mod:`~diagrams.flow.contraction`,
  :mod:`~diagrams.flow.networks`: any other problem, as sums of products of arrays;
- :mod:`~diagrams.flow.models`: what the runs need to know of either;
- :mod:`~diagrams.flow.integration`: seeds with clocks of their own, integrated by SciPy;
- :mod:`~diagrams.flow.statistics`, :mod:`~diagrams.flow.curves`,
  :mod:`~diagrams.flow.simulation`: the result;
- :mod:`~diagrams.flow.arguments`, :mod:`~diagrams.flow.settings`: what may be asked;
- :mod:`~diagrams.flow.running`: seeds, batches, threads, memory.
"""

from diagrams.flow.integration import BlowUp, FlowStopped
from diagrams.flow.progress import FlowProgress
from diagrams.flow.running import simulate
from diagrams.flow.settings import FlowSettings
from diagrams.flow.simulation import Accuracy, Simulation

__all__ = [
    "Accuracy",
    "BlowUp",
    "FlowProgress",
    "FlowSettings",
    "FlowStopped",
    "Simulation",
    "simulate",
]
