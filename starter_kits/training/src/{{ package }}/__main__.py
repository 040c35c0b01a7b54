"""Lets the package run as a program: `python -m` and its name."""

import sys

from .command import main

sys.exit(main())
