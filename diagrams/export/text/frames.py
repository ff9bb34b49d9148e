"""Tables as data frames of pandas, where that is installed."""

from __future__ import annotations

import io
from typing import Any

from diagrams.display import Displayed
from diagrams.errors import BadInput


def value_frame(value: Displayed) -> Any:
    """Return the table of a value as a ``pandas.DataFrame``, a column for every one of its CSV.

    Raises :class:`~diagrams.errors.BadInput` without pandas.
    """
    try:
        import pandas
    except ImportError:
        allowed = "pandas, to be installed by pip install pandas; to_csv() needs nothing"
        raise BadInput("dataframe", "without pandas", allowed) from None
    return pandas.read_csv(io.StringIO(value.to_csv()), comment="#")
