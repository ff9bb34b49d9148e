"""Deep linear networks on one unit sample, as problem files of any depth."""

from diagrams import Problem, load_problem


def deep(layers: int, parameterisation: str, **observables: str) -> Problem:
    """f = w W .. W u with a loss (f - y)^2/2; the sample is absorbed in u.

    muP divides by gamma N^(layers/2), with learning rate gamma^2 N; NTK by N^((layers - 1)/2),
    with learning rate one.
    """
    rich = parameterisation == "muP"
    inner = [f"W{m}" for m in range(1, layers - 1)]
    lines = ['families = {hidden = "N"}']
    for name in ("w", *inner, "u"):
        slots = '"hidden", "hidden"' if name in inner else '"hidden"'
        rate = ', rate = "gamma^2*N"' if rich else ""
        law = f'role = "trained", variance = 1{rate}'
        lines.append(f"tensors.{name} = {{families = [{slots}], {law}}}")
    indices = "abcdefgh"
    chain = [f"{name}[{indices[m]},{indices[m + 1]}]" for m, name in enumerate(inner)]
    product = " ".join(["w[a]", *chain, f"u[{indices[layers - 2]}]"])
    scale = f"gamma*sqrt(N)^{layers}" if rich else f"sqrt(N)^{layers - 1}"
    lines.append(f'model = {{output = "{product} / ({scale})", target = "y"}}')
    lines.append('loss = {kind = "squared error", over = []}')
    lines.append("[observables]")
    lines += [f'{name} = "{text}"' for name, text in observables.items()]
    return load_problem("\n".join(lines))
