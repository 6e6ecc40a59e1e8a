"""What every other part stands on: blobs, their memory, the device, fillers and the Layer base."""
