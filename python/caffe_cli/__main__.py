"""`python -m caffe_cli` is the `caffe` command."""

import sys

from . import main

sys.exit(main())
