"""The nets, as NetSpec functions; `python -m nets` writes their prototxts."""
