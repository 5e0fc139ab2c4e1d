"""The command line: one file a verb, and no logic."""

import gc


def main() -> None:
    """Run the command line; the console script ``affectface``."""
    # Importing makes a million objects that stay; to look for garbage among them takes 4 % of a short command.
    gc.set_threshold(100_000, 50, 50)
    from affectface.cli.app import app

    app(prog_name="affectface")
