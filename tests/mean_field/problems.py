"""Problem files of many kinds, as texts, with a scaling each."""

from __future__ import annotations


def problem(
    families: str, tensors: str, output: str, target: str, over: str, more: str = ""
) -> str:
    """A problem file: lines ``name size``, and ``name shape role variance [rate] [mean]``."""
    lines = ["[families]"]
    for name, size, letter in (line.split() for line in families.split(",")):
        lines.append(f'{name} = {{ size = {size}, index = "{letter}" }}')
    for row in tensors.split(";"):
        name, shape, role, variance, *rest = row.split()
        slots = ", ".join(f'"{slot}"' for slot in shape.split("x"))
        lines += [f"[tensors.{name}]", f"families = [{slots}]"]
        lines += [f'role = "{role}"', f'variance = "{variance}"']
        for key, value in (item.split("=") for item in rest):
            mean = f'{{ pattern = "constant", value = "{value}" }}'
            lines.append(f"mean = {mean}" if key == "mean" else f'{key} = "{value}"')
    lines += ["[model]", f'output = "{output}"', f'target = "{target}"']
    lines += ["[loss]", 'kind = "squared error"', f"over = {over}", more]
    return "\n".join(['title = "A problem"', *lines]) + "\n"


DATA = 'sample "n" s, feature "d" i'
X = "X samplexfeature frozen 1/d"
REGRESSION = problem(
    DATA,
    f"w feature trained 0; {X}; t feature frozen 1; e sample frozen noise",
    "w[i] X[s,i]",
    "t[i] X[s,i] + e[s]",
    '["s"]',
    'decay = "lambda"\n[observables]\ntest = "1/(2*d) (w[i] - t[i]) (w[i] - t[i])"',
)
PHASE = problem(
    DATA,
    f"w feature trained q mean=m; {X}; t feature frozen 1",
    "w[i] X[s,i] w[j] X[s,j]",
    "t[i] X[s,i] t[j] X[s,j]",
    '["s"]',
)
RANDOM_FEATURES = problem(
    DATA + ', hidden "N" k',
    f"a hidden trained 0; F hiddenxfeature frozen 1/d; {X}; t feature frozen 1",
    "a[k] F[k,i] X[s,i]",
    "t[i] X[s,i]",
    '["s"]',
    'decay = "lambda"\n[observables]\ntest = "1/(2*d) (a[k] F[k,i] - t[i]) (a[l] F[l,i] - t[i])"',
)
FEATURE_LEARNING = problem(
    DATA + ', hidden "N" k',
    "a hidden trained 1 rate=N; F hiddenxfeature trained 1/d rate=N;"
    " X samplexfeature frozen 1; t feature frozen 1/d",
    "a[k] F[k,i] X[s,i] / N",
    "t[i] X[s,i]",
    '["s"]',
    'prefactor = "1/n"',
)
QUADRATIC = problem(
    'feature "d" i, hidden "N" k',
    "a hidden trained 1 rate=N mean=m; W hiddenxfeature trained v/d rate=N/d; x feature frozen 1",
    "a[k] W[k,i] x[i] W[k,j] x[j] / N",
    "y",
    "[]",
)
TWO_SAMPLES = problem(
    'data 2 m, feature "d" i, hidden "N" k',
    "a hidden trained 1 rate=N; W hiddenxfeature trained 1/d rate=N/d; x dataxfeature frozen 1;"
    " y data frozen 1; b data trained 0",
    "a[k] W[k,i] x[m,i] / N + b[m]",
    "y[m]",
    '["m"]',
)
PROPORTIONAL = {"d": 1, "n": "delta*d", "N": "nu*d"}


def deep(layers: int) -> str:
    """A deep linear network of so many weight tensors, one unit sample absorbed."""
    letters = "ijklm"
    inner = [f"W{j} hiddenxhidden trained 1 rate=g^2*N" for j in range(layers - 2)]
    factors = [f"W{j}[{letters[j]},{letters[j + 1]}]" for j in range(layers - 2)]
    product = " ".join(["w[i]", *factors, f"u[{letters[layers - 2]}]"])
    ends = [f"{name} hidden trained 1 rate=g^2*N" for name in "wu"]
    return problem(
        'hidden "N" i', ";".join([*ends, *inner]), f"{product} / (g*sqrt(N)^{layers})", "y", "[]"
    )
