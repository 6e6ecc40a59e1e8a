"""How a script ends where its request cannot be met."""

import contextlib
import sys
from collections.abc import Iterator

from data.errors import ProjectError
from nets.load import CAFFE_ERROR


@contextlib.contextmanager
def one_line_errors(program: str) -> Iterator[None]:
    """Exit with one line for the project's and caffe's errors; others keep their traceback.

    Ctrl-C exits with 130.
    """
    try:
        yield
    except (ProjectError, CAFFE_ERROR) as error:
        sys.exit(f"{program}: {error}")
    except KeyboardInterrupt:
        sys.exit(130)
