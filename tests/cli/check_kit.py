"""A net whose data are absent."""

SEGMENTER = """
layer { name: "data" type: "Data" top: "x" top: "mask" include { phase: TRAIN }
  transform_param { crop_size: 20 } data_param { source: "absent" batch_size: 2 } }
layer { name: "data" type: "Data" top: "x" top: "mask" include { phase: TEST }
  transform_param { crop_size: 12 } data_param { source: "absent" batch_size: 1 } }
layer { name: "score" type: "Convolution" bottom: "x" top: "score"
  convolution_param { num_output: 5 kernel_size: 3 } }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "score" bottom: "mask" top: "loss" }
layer { name: "acc" type: "Accuracy" bottom: "score" bottom: "mask" top: "acc"
  include { phase: TEST } }
"""
