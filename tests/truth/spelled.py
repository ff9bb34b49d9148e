"""Presets written out as problem files, and files with other names for everything in them."""

from __future__ import annotations

import re
from collections.abc import Mapping

from diagrams.problems.cp import CPProblem

WORD = re.compile(r"[A-Za-z][A-Za-z0-9_]*")


def preset_file(preset: CPProblem) -> str:
    """The text of a problem file that says what a preset says, under the same names."""
    pattern, order = preset.ties, preset.order
    names = "uvwxyz" if len(pattern) <= 6 else [f"u{j + 1}" for j in range(len(pattern))]
    slots = [name for name, d in zip(names, pattern, strict=False) for _ in range(d)]
    indices = [f"i{m + 1}" for m in range(order)]
    listed = ",".join(indices)
    entry = {"identity": f"delta[{listed}]", "modular": f"F[{listed}]"}.get(preset.target)
    lines = ["[families]", 'feature = {size = "p", index = "i"}']
    lines += ['hidden = {size = "H", index = "k"}']
    for name in names[: len(pattern)]:
        lines += [f"[tensors.{name}]", 'families = ["hidden", "feature"]', 'role = "trained"']
        lines += ['variance = "sigma^2"']
    if preset.target == "modular":
        last = -1 if set(pattern) == {1} else 1
        lines += ["[tensors.F]", f"families = {['feature'] * order}", 'role = "structural"']
        lines += ['law = "group"', f"coefficients = {[1] * (order - 1) + [last]}"]
    output = " ".join(f"{u}[k,{i}]" for u, i in zip(slots, indices, strict=True))
    lines += ["[model]", f'output = "{output}"']
    lines += [f'target = "{f"({preset.scale}) {entry}" if entry else 0}"']
    lines += ["[loss]", 'kind = "squared error"', f"over = {indices}"]
    lines += [f'decay = "{preset.decay}"']
    return "\n".join([*lines, ""]).replace("'", '"')


def respelled(text: str, names: Mapping[str, str]) -> str:
    """A text in which some words are others, all at once."""
    return WORD.sub(lambda word: names.get(word[0], word[0]), text)
