"""The nets, as NetSpec functions; `python -m nets` writes their prototxts.

A net function adds its layers to the NetSpec `n`, over `n.data` unless it is given another Top.
`heads` are its tasks (`experiments.Head`), for most nets one. Where it returns no losses
(`nets.outputs.Loss`), each head's score learns from its label.
"""
