"""Files: prototxt and its upgrades, weights, snapshots, and how they are written."""
