"""Print the lowest versions of dependencies that pyproject.toml allows, as pip takes them."""

from __future__ import annotations

import tomllib
from pathlib import Path


def main() -> None:
    project = tomllib.loads(Path("pyproject.toml").read_text("utf-8"))["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["test"]]
    print("\n".join(entry.replace(">=", "==") for entry in wanted))


if __name__ == "__main__":
    main()
