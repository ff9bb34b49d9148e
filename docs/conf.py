"""Sphinx settings: executed pages, no network, every warning worth an error."""

from __future__ import annotations

import sys
from importlib import metadata
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "extensions"))

project = "wickflow"
author = "the wickflow developers"
copyright = "2026, the wickflow developers"
version = release = metadata.version("wickflow")
language = "en"

extensions = [
    "myst_nb",
    "sphinx_copybutton",
    "sphinx.ext.autodoc",
    "sphinx.ext.viewcode",
    "mathml",
    "public_names",
]
exclude_patterns = ["_build", "images", "extensions"]
nitpicky = True

# Formulas become MathML when the pages are built: no script, no font and no server is needed to
# read them.
html_math_renderer = "mathml"
myst_enable_extensions = ["dollarmath", "amsmath", "deflist"]
myst_heading_anchors = 3

nb_execution_mode = "force"
nb_execution_raise_on_error = True
nb_execution_timeout = 120
nb_merge_streams = True

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_preserve_defaults = True

html_theme = "furo"
html_title = f"wickflow {version}"
html_static_path = ["_static"]
html_css_files = ["wickflow.css"]
html_show_sphinx = False
html_copy_source = False
html_show_sourcelink = False
