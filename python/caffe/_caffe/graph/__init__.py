"""Nets: layers connected by blobs, and running them."""
