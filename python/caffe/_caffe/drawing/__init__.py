"""Pictures of nets, for caffe.draw."""
