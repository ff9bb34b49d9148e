"""Deep linear networks on one unit sample, as texts of problem files."""

from diagrams.problems.files import parse_problem
from diagrams.problems.problem import Problem

INDICES = "abcdefgh"


def deep_linear(layers: int, parameterisation: str = "muP") -> Problem:
    """``w W .. W u`` with `layers` weight tensors; muP or NTK parameterisation."""
    inner = [f"W{m}" for m in range(1, layers - 1)]
    rate = ', rate = "gamma^2*N"' if parameterisation == "muP" else ""
    lines = ['families = {hidden = "N"}']
    for name in ("w", *inner, "u"):
        slots = '"hidden", "hidden"' if name in inner else '"hidden"'
        law = f'role = "trained", variance = 1{rate}'
        lines.append(f"tensors.{name} = {{families = [{slots}], {law}}}")
    chain = " ".join(f"{w}[{INDICES[m]},{INDICES[m + 1]}]" for m, w in enumerate(inner))
    scale = f"gamma*sqrt(N)^{layers}" if parameterisation == "muP" else f"sqrt(N)^{layers - 1}"
    output = f"w[a] {chain} u[{INDICES[layers - 2]}] / ({scale})"
    lines.append(f'model = {{output = "{output}", target = "y"}}')
    lines.append('loss = {kind = "squared error", over = []}')
    lines.append('observables = {kernel = "star(output, output)"}')
    return parse_problem("\n".join(lines))
