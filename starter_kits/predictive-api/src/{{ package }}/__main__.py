"""Lets `python -m` run the command."""

import sys

from .command import main

sys.exit(main())
