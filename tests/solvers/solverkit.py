"""A net of one inner product that learns a constant."""

NET = """
layer {{ name: "data" type: "DummyData" top: "x" top: "t" dummy_data_param {{
  shape {{ dim: 4 dim: 3 }} shape {{ dim: 4 dim: 2 }}
  data_filler {{ type: "gaussian" std: 1 }} data_filler {{ type: "constant" value: 0.5 }} }} }}
layer {{ name: "ip" type: "InnerProduct" bottom: "x" top: "y"
  param {{ lr_mult: 1 decay_mult: 1 }} param {{ lr_mult: 2 decay_mult: 0 }}
  inner_product_param {{ num_output: 2 weight_filler {{ type: "xavier" }} }} }}
{extra}
layer {{ name: "loss" type: "EuclideanLoss" bottom: "y" bottom: "t" top: "loss" }}
"""
