"""What every other part builds on: blobs, their memory, the device, fillers and the Layer base."""
