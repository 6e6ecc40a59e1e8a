"""The schema of prototxt and weights: BVLC's caffe.proto and what forks add to it."""
