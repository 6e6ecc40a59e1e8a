"""A built net in another form: a torch module, an ONNX file."""
