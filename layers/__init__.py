"""Python data layers; the prototxts here name them `layers.voc_layers` and so on.

That needs the project root on the module path, which a script here, `python -m` and the `caffe`
command see to. The authors' own prototxts name them `voc_layers`: importing this package makes
that work too. It is the one place of the project that changes the module path.
"""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parent))
