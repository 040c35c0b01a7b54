"""`python -m facteur` is `facteur`."""

from facteur.cli import main

main()
