"""`python -m experiments`: list the rows, the user's own included."""

import experiments
from data.errors import DataError


def main() -> None:
    """Print each row: data set and initial weights, or why a row of the user's cannot be used."""
    for name in experiments.names():
        try:
            row = experiments.find(name)
            print(f"{name:24} {row.data:16} from {row.describe_init()}")
        except DataError as error:
            print(f"{name:24} cannot be used: {error}")


if __name__ == "__main__":
    main()
