"""`python -m experiments`: list the rows, the user's own included."""

import argparse
from collections.abc import Sequence

import experiments
from data.errors import DataError


def main(arguments: Sequence[str] | None = None) -> None:
    """Print each row: data set and initial weights, or why a row of the user's cannot be used."""
    description = (__doc__ or "").strip()
    parser = argparse.ArgumentParser(prog="python -m experiments", description=description)
    parser.parse_args(arguments)
    wide = max(map(len, experiments.names()))
    for name in experiments.names():
        try:
            row = experiments.find(name)
            print(f"{name:{wide}}  {row.data:20}  from {row.describe_init()}")
        except DataError as error:
            print(f"{name:{wide}}  cannot be used: {error}")


if __name__ == "__main__":
    main()
