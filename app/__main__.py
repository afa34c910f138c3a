"""`python -m app` is the `spoolgraph` command."""

from app.cli import main

main()
