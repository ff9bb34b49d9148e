"""Where the ``wickflow`` command of a process begins: deaf to nothing, from the first moment.

Until :func:`diagrams.cli.main` hears signals there is nothing to clean up, so an interrupt ends
the process at once, with one line.  Only what Python has built in is imported before.  In any
other process than that of the command, importing this changes nothing.
"""

import _signal  # type: ignore[import-not-found]  # the module signal itself takes ten milliseconds
import os
import sys


def _leave(number: int, frame: object) -> None:
    os.write(2, b"wickflow: interrupted\n")
    os._exit(128 + number)


if os.path.basename(sys.argv[0]).startswith("wickflow"):
    for _number in (_signal.SIGINT, _signal.SIGTERM):
        if _signal.getsignal(_number) != _signal.SIG_IGN:
            _signal.signal(_number, _leave)


def main() -> int:
    """Run the command line of this process; return the exit code."""
    from diagrams.cli import main as command

    return command()
