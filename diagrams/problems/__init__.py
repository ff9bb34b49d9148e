"""Where users start: CP presets, problem files, and the value both become."""
