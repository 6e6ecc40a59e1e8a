"""Nets of other frameworks as Caffe nets: ONNX files, torchvision's state dicts."""
