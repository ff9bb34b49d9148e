"""Which function writes which value in which format, and which reads it back.

Both tables hold names alone: ``"module:class"`` of a value, and ``"module:function"`` of its
writer, which is loaded when it is first asked for.  A value without a line of its own is written
as its base classes are.  A writer takes the value, and the options of its format:

=============  ==========================================================================
``fragment``   none; the formula as :class:`~diagrams.export.latex.fragments.Fragment`
``document``   none; all that is said of it as :class:`~diagrams.export.content.blocks.Document`
``latex``      those of :meth:`diagrams.display.Displayed.to_latex`, made from these two
``markdown``   ``command``
``preview``    none; LaTeX with its dollar signs, for a notebook, or ``None``
``json``       ``command``
``text``       ``width``, ``None`` for lines of any length
``lines``      none; rows of equations in plain letters
``csv``        ``command``
``bibtex``     none
``graphml``    ``command``
``svg``        none; also what a notebook shows
``html``       none; for a notebook, or ``None`` where the preview serves
``tikz``       ``standalone``
``sketch``     none; the picture before it is written
``pdf``        none
``png``        none
``axes``       ``ax``, and those of :meth:`diagrams.display.Displayed.plot`
``dataframe``  none
=============  ==========================================================================
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from importlib import import_module
from typing import Any

from diagrams.errors import BadInput

Function = Callable[..., Any]
Table = Mapping[str, Mapping[str, str]]

_PICTURE = {
    "pdf": "diagrams.export.pictures.sketch_pdf:value_pdf",
    "png": "diagrams.export.pictures.sketch_pdf:value_png",
}
"""What is made of the sketch of a picture."""

WRITERS: Table = {
    "diagrams.display:Displayed": {
        "html": "diagrams.export.html.writer:value_html",
        "latex": "diagrams.export.latex.fragments:value_latex",
        "markdown": "diagrams.export.markdown:value_markdown",
        "preview": "diagrams.export.latex.values.previews:value_preview",
    },
    "diagrams.export.content.blocks:Document": {
        "document": "diagrams.export.content.blocks:itself",
        "text": "diagrams.export.text.writer:text_document",
    },
    # polynomials, graphs, problems
    "diagrams.polynomials.polynomial:Polynomial": {
        "fragment": "diagrams.export.latex.values.diagrams:polynomial_fragment",
    },
    "diagrams.evidence:Evidence": {
        "document": "diagrams.export.content.blocks:evidence_document",
    },
    "diagrams.graphs.diagram:Diagram": {
        "fragment": "diagrams.export.latex.values.diagrams:diagram_fragment",
        "svg": "diagrams.export.pictures.diagram_svg:diagram_svg",
        "tikz": "diagrams.export.pictures.diagram_tikz:diagram_tikz",
    },
    "diagrams.graphs.combination:Combination": {
        "fragment": "diagrams.export.latex.values.diagrams:combination_fragment",
        "html": "diagrams.export.html.writer:combination_html",
    },
    "diagrams.problems.problem:Problem": {
        "fragment": "diagrams.export.latex.values.diagrams:problem_fragment",
        "document": "diagrams.export.content.series:problem_document",
    },
    # series
    "diagrams.series.expansion:Series": {
        "fragment": "diagrams.export.latex.values.series:series_fragment",
        "document": "diagrams.export.content.series:series_document",
        "preview": "diagrams.export.latex.series:series_preview",
        "json": "diagrams.export.json.series:series_json",
        "text": "diagrams.export.text.series:series_text",
        "csv": "diagrams.export.curves_csv:series_csv",
        "dataframe": "diagrams.export.text.frames:value_frame",
        "axes": "diagrams.export.pictures.on_axes:series_axes",
    },
    "diagrams.series.descent:Descent": {
        "fragment": "diagrams.export.latex.values.series:descent_fragment",
        "document": "diagrams.export.content.series:descent_document",
        "json": "diagrams.export.json.descent:descent_json",
        "text": "diagrams.export.text.series:descent_text",
    },
    "diagrams.series.departures:Departure": {
        "fragment": "diagrams.export.latex.values.series:departure_fragment",
    },
    "diagrams.series.classes:DiagramClass": {
        "fragment": "diagrams.export.latex.values.series:class_fragment",
    },
    "diagrams.series.classes:DiagramTable": {
        "document": "diagrams.export.content.series:table_document",
        "graphml": "diagrams.export.graphml:table_graphml",
        "json": "diagrams.export.json.series:table_json",
        "text": "diagrams.export.text.writer:value_text",
    },
    "diagrams.series.correlations:WeakCorrelations": {
        "fragment": "diagrams.export.latex.values.series:correlations_fragment",
    },
    "diagrams.series.levels:Levels": {
        "fragment": "diagrams.export.latex.values.series:levels_fragment",
        "document": "diagrams.export.content.series:levels_document",
        "json": "diagrams.export.json.levels:levels_json",
    },
    "diagrams.series.spectra:LevelSplit": {
        "fragment": "diagrams.export.latex.values.series:split_fragment",
    },
    "diagrams.series.open_series:OpenSeries": {
        "fragment": "diagrams.export.latex.values.series:open_series_fragment",
        "document": "diagrams.export.content.series:open_series_document",
        "json": "diagrams.export.json.open_series:open_series_json",
    },
    "diagrams.series.brackets:LongTime": {
        "document": "diagrams.export.content.runs:long_time_document",
        "text": "diagrams.export.text.writer:value_text",
    },
    # scaling
    "diagrams.scaling.fronts.front:Front": {
        "document": "diagrams.export.content.regimes:front_document",
        "text": "diagrams.export.text.writer:value_text",
    },
    "diagrams.scaling.fronts.front:Fronts": {
        "document": "diagrams.export.content.regimes:fronts_document",
        "preview": "diagrams.export.latex.values.previews:fronts_preview",
        "json": "diagrams.export.json.regimes:fronts_json",
        "text": "diagrams.export.text.writer:value_text",
        "svg": "diagrams.export.pictures.sketch_svg:polygon_svg",
        "html": "diagrams.export.html.writer:html_document",
        "tikz": "diagrams.export.pictures.sketch_tikz:polygon_tikz",
        "sketch": "diagrams.export.pictures.phase_polygon:polygon_sketch",
        **_PICTURE,
        "axes": "diagrams.export.pictures.on_axes:sketch_axes",
    },
    "diagrams.scaling.fronts.front_law:FrontLaw": {
        "fragment": "diagrams.export.latex.values.scaling:front_law_fragment",
    },
    "diagrams.scaling.regimes.regime:Regime": {
        "fragment": "diagrams.export.latex.values.scaling:regime_fragment",
        "preview": "diagrams.export.latex.values.previews:named_preview",
        "json": "diagrams.export.json.regimes:regime_json",
    },
    "diagrams.scaling.regimes.regime:Regimes": {
        "document": "diagrams.export.content.regimes:regimes_document",
        "preview": "diagrams.export.latex.values.previews:regimes_preview",
        "json": "diagrams.export.json.regimes:regimes_json",
        "text": "diagrams.export.text.writer:value_text",
        "svg": "diagrams.export.pictures.sketch_svg:phase_svg",
        "html": "diagrams.export.html.writer:html_document",
        "tikz": "diagrams.export.pictures.sketch_tikz:phase_tikz",
        "sketch": "diagrams.export.pictures.phase_plot:phases_sketch",
        **_PICTURE,
        "axes": "diagrams.export.pictures.on_axes:sketch_axes",
    },
    "diagrams.scaling.regimes.boundaries:Boundary": {
        "fragment": "diagrams.export.latex.values.scaling:boundary_fragment",
    },
    "diagrams.scaling.regimes.dominance:Standing": {
        "document": "diagrams.export.content.places:place_document",
        "json": "diagrams.export.json.regimes:place_json",
        "text": "diagrams.export.text.writer:value_text",
    },
    "diagrams.scaling.regimes.location:Location": {
        "document": "diagrams.export.content.places:place_document",
        "json": "diagrams.export.json.regimes:place_json",
        "text": "diagrams.export.text.writer:value_text",
    },
    "diagrams.scaling.regimes.parameterisation:Parameterisation": {
        "fragment": "diagrams.export.latex.values.scaling:parameterisation_fragment",
        "json": "diagrams.export.json.parameterisation:parameterisation_json",
    },
    "diagrams.scaling.orders.law:OrderRegime": {
        "fragment": "diagrams.export.latex.values.scaling:order_regime_fragment",
        "preview": "diagrams.export.latex.values.previews:named_preview",
    },
    "diagrams.scaling.orders.law:OrderLaw": {
        "document": "diagrams.export.content.regimes:order_law_document",
        "preview": "diagrams.export.latex.values.previews:regimes_preview",
        "json": "diagrams.export.json.orders:law_json",
        "text": "diagrams.export.text.writer:value_text",
    },
    # closed equations, solutions
    "diagrams.order_parameters.closed_system:ClosedSystem": {
        "fragment": "diagrams.export.latex.values.systems:system_fragment",
        "document": "diagrams.export.content.equations:system_document",
        "json": "diagrams.export.json.closed_system:system_json",
        "lines": "diagrams.export.latex.closed_equations:system_lines",
        "text": "diagrams.export.text.writer:value_text",
    },
    "diagrams.order_parameters.restricting:RestrictedSystem": {
        "fragment": "diagrams.export.latex.values.systems:restricted_fragment",
        "document": "diagrams.export.content.equations:restricted_document",
        "lines": "diagrams.export.latex.closed_equations:restricted_lines",
        "text": "diagrams.export.text.writer:value_text",
    },
    "diagrams.mean_fields.mean_field:MeanField": {
        "fragment": "diagrams.export.content.mean_field:fragment",
        "document": "diagrams.export.content.mean_field:document",
        "json": "diagrams.export.json.mean_field:mean_field_json",
        "lines": "diagrams.export.content.mean_field:lines",
        "text": "diagrams.export.text.writer:value_text",
    },
    "diagrams.mean_fields.curves:MeanFieldCurve": {
        "document": "diagrams.export.content.mean_field:curve_document",
        "text": "diagrams.export.text.writer:value_text",
        "axes": "diagrams.export.pictures.on_axes:mean_field_axes",
    },
    "diagrams.mean_fields.late_ends:LateEnd": {
        "document": "diagrams.export.content.mean_field:late_end_document",
        "text": "diagrams.export.text.writer:value_text",
    },
    "diagrams.mean_fields.two_times:TwoTimeFunctions": {
        "document": "diagrams.export.content.mean_field:two_times_document",
        "text": "diagrams.export.text.writer:value_text",
        "axes": "diagrams.export.pictures.on_axes:two_times_axes",
    },
    "diagrams.mean_fields.certificate:Certificate": {
        "document": "diagrams.export.content.mean_field:certificate_document",
    },
    "diagrams.dynamics.solution:Solution": {
        "fragment": "diagrams.export.latex.values.solution:solution_fragment",
        "document": "diagrams.export.content.solution:solution_document",
        "json": "diagrams.export.json.solution:solution_json",
        "text": "diagrams.export.text.writer:value_text",
        "axes": "diagrams.export.pictures.on_axes:solution_axes",
    },
    # held against each other
    "diagrams.flow.simulation:Simulation": {
        "document": "diagrams.export.content.runs:simulation_document",
        "json": "diagrams.export.json.simulation:simulation_json",
        "text": "diagrams.export.text.writer:value_text",
        "csv": "diagrams.export.curves_csv:simulation_csv",
        "dataframe": "diagrams.export.text.frames:value_frame",
        "svg": "diagrams.export.pictures.simulation_picture:simulation_svg",
        "sketch": "diagrams.export.pictures.simulation_picture:simulation_sketch",
        **_PICTURE,
        "axes": "diagrams.export.pictures.on_axes:simulation_axes",
    },
    "diagrams.agreement.agreement:Agreement": {
        "document": "diagrams.export.content.agreement:agreement_document",
        "json": "diagrams.export.json.agreement:agreement_json",
        "text": "diagrams.export.text.writer:value_text",
        "csv": "diagrams.export.curves_csv:agreement_csv",
        "dataframe": "diagrams.export.text.frames:value_frame",
        "svg": "diagrams.export.pictures.agreement_picture:agreement_svg",
        "tikz": "diagrams.export.pictures.agreement_picture:agreement_tikz",
        "sketch": "diagrams.export.pictures.agreement_picture:agreement_sketch",
        **_PICTURE,
        "axes": "diagrams.export.pictures.on_axes:agreement_axes",
    },
    "diagrams.checking.comparison:Comparison": {
        "document": "diagrams.export.content.comparison:comparison_document",
        "json": "diagrams.export.json.comparison:comparison_json",
        "text": "diagrams.export.text.writer:value_text",
    },
    # works of others
    "diagrams.export.content.citation:Citation": {
        "document": "diagrams.export.content.citation:citation_document",
        "text": "diagrams.export.text.writer:value_text",
        "bibtex": "diagrams.export.bibtex:bibtex",
    },
}
"""Writers, by value and format."""

READERS: Table = {
    "diagrams.series.expansion:Series": {
        "json": "diagrams.export.json.series:series_from_json",
    },
    "diagrams.series.descent:Descent": {
        "json": "diagrams.export.json.descent:descent_from_json",
    },
    "diagrams.series.levels:Levels": {
        "json": "diagrams.export.json.levels:levels_from_json",
    },
    "diagrams.series.open_series:OpenSeries": {
        "json": "diagrams.export.json.open_series:open_series_from_json",
    },
    "diagrams.scaling.fronts.front:Fronts": {
        "json": "diagrams.export.json.regimes:fronts_from_json",
    },
    "diagrams.scaling.regimes.regime:Regimes": {
        "json": "diagrams.export.json.regimes:regimes_from_json",
    },
    "diagrams.scaling.regimes.parameterisation:Parameterisation": {
        "json": "diagrams.export.json.parameterisation:parameterisation_from_json",
    },
    "diagrams.order_parameters.closed_system:ClosedSystem": {
        "json": "diagrams.export.json.closed_system:system_from_json",
    },
    "diagrams.mean_fields.mean_field:MeanField": {
        "json": "diagrams.export.json.mean_field:mean_field_from_json",
    },
    "diagrams.dynamics.solution:Solution": {
        "json": "diagrams.export.json.solution:solution_from_json",
    },
    "diagrams.flow.simulation:Simulation": {
        "json": "diagrams.export.json.simulation:simulation_from_json",
    },
    "diagrams.agreement.agreement:Agreement": {
        "json": "diagrams.export.json.agreement:agreement_from_json",
    },
    "diagrams.checking.comparison:Comparison": {
        "json": "diagrams.export.json.comparison:comparison_from_json",
    },
}
"""Readers of what the writers of the same format wrote."""


def formats(kind: type, table: Table = WRITERS) -> dict[str, str]:
    """What a type of values is written in: the place of the writer of every format.

    >>> from diagrams.problems.cp import CPProblem
    >>> sorted(formats(CPProblem))
    ['document', 'fragment', 'html', 'latex', 'markdown', 'preview']
    """
    found: dict[str, str] = {}
    for base in reversed(kind.__mro__):
        found |= table.get(f"{base.__module__}:{base.__qualname__}", {})
    return found


@cache
def find_writer(kind: type, format: str) -> Function | None:
    """The writer of a type of values in a format, or ``None``."""
    return _loaded(formats(kind).get(format))


def writer(kind: type, format: str) -> Function:
    """The writer of a type of values in a format.

    Raises :class:`~diagrams.errors.BadInput` where there is none.

    >>> writer(int, "json")
    Traceback (most recent call last):
    ...
    diagrams.errors.BadInput: format: 'json' is not allowed; allowed: none (of int)
    """
    return _asked(kind, format, WRITERS)


def reader(kind: type, format: str) -> Function:
    """The reader of a type of values from a format; raises ``BadInput`` where there is none."""
    return _asked(kind, format, READERS)


def _asked(kind: type, format: str, table: Table) -> Function:
    known = formats(kind, table)
    found = _loaded(known.get(format))
    if found is None:
        allowed = ", ".join(sorted(known)) or "none"
        raise BadInput("format", format, f"{allowed} (of {kind.__name__})")
    return found


@cache
def _loaded(place: str | None) -> Function | None:
    if place is None:
        return None
    module, _, name = place.partition(":")
    function: Function = getattr(import_module(module), name)
    return function
