"""What a net costs and how far it sees, without running it: from its prototxt."""

from dataclasses import dataclass

from google.protobuf import text_format

from caffe.proto import caffe_pb2
from caffe_cli.summary import layer_rows
from nets.load import net_of_text


@dataclass(frozen=True)
class Costs:
    """Of one forward pass at the sizes in the prototxt.

    `parameters` counts weights, each once; `multiply_adds` those with a weight; `field` is the side
    of the receptive field of one score in pixels, None where it is the whole picture.
    """

    parameters: int
    multiply_adds: int
    field: int | None


def costs(text: str, score: str) -> Costs:
    """Return the costs of a net, and the receptive field of its blob `score`."""
    net = net_of_text(text)
    rows = layer_rows(net, text_format.Parse(text, caffe_pb2.NetParameter()))
    (name,) = [layer for layer, tops in net.top_names.items() if score in tops][-1:]
    (field,) = [row.field for row in rows if row.name == name]
    return Costs(
        sum(row.params for row in rows),
        sum(row.macs for row in rows),
        int(field.split(" / ")[0]) if field else None,
    )
