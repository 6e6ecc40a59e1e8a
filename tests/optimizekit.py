"""Layers of nets to optimize, as text, and what an optimized net leaves out."""


def conv(name, bottom, pad=1, kernel=3, stride=1, dilation=1, outputs=4, group=1, kind="", more=""):
    return f"""layer {{ name: "{name}" type: "{kind or "Convolution"}" bottom: "{bottom}"
      top: "{name}" convolution_param {{ num_output: {outputs} kernel_size: {kernel} pad: {pad}
      stride: {stride} dilation: {dilation} group: {group} {more}
      weight_filler {{ type: "msra" }} bias_filler {{ type: "gaussian" std: 0.5 }} }} }}"""


def relu(blob, slope=0.0):
    return f"""layer {{ name: "{blob}_relu" type: "ReLU" bottom: "{blob}" top: "{blob}"
      relu_param {{ negative_slope: {slope} }} }}"""


def pool(name, bottom, kernel=2, stride=2, pad=0, method="MAX"):
    return f"""layer {{ name: "{name}" type: "Pooling" bottom: "{bottom}" top: "{name}"
      pooling_param {{ pool: {method} kernel_size: {kernel} stride: {stride} pad: {pad} }} }}"""


def plain(kind, name, bottom, top="", settings=""):
    return (
        f'layer {{ name: "{name}" type: "{kind}" bottom: "{bottom}" top: "{top or name}" '
        f"{settings} }}"
    )


def left_out(net):
    """Return how much padding the last pass left out."""
    return sum(
        layer.pad[i] - layer.windows.pad[i]
        for layer in net.layers if layer.type == "Convolution" for i in (0, 1)
    )  # fmt: skip
