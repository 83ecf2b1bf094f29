"""`python -m goalstate`: the command line, where the `goalstate` script is not on the path."""

from .cli import main

if __name__ == "__main__":
    main()
