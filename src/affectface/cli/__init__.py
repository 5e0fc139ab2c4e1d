"""The command line: one file a verb, and no logic."""


def main() -> None:
    """Run the command line; the console script ``affectface``."""
    from affectface.cli.app import app

    app(prog_name="affectface")
