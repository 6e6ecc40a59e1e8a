"""Training and using the nets of the table: runs and their folders, scores, segmentation.

Importing it imports `layers`, so that also the authors' prototxts find their data layers.
"""

import layers as layers
