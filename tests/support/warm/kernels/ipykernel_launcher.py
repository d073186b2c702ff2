"""Stands before Jupyter's module of this name: the kernel is a copy of a process that is warm."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
import asking

if __name__ == "__main__":
    asking.stand_for("ipykernel", sys.argv)
