"""
How long a test waits for what must come.

A wait ends when it comes, so a long one costs nothing where all is well, and a short one fails on a machine that has
other work. Where time itself is the promise, a test says so with a number of its own.
"""

from typing import Final

PATIENCE_SECONDS: Final = 60.0
