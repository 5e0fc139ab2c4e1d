"""``python -m affectface``: the command line, where the console script is not on the path."""

from affectface.cli import main

if __name__ == "__main__":
    main()
