"""VGG16's five stages of convolutions, which most nets here grow from.

Layer names are the published classifier's, so that its weights load whatever a net makes of the
pooling between the stages.
"""

from nets.blocks import LEARN, conv_relu

#: stage: (convolutions, channels)
VGG16 = {1: (2, 64), 2: (2, 128), 3: (3, 256), 4: (3, 512), 5: (3, 512)}


def stage(n, bottom, number, suffix="", first="conv1_1", first_pad=None, **conv):
    """Draw the convolutions and rectifiers of one stage, without its pooling.

    Parameters
    ----------
    n : NetSpec
    bottom : Top
    number : int
        1 to 5; the layers are conv{number}_1, relu{number}_1 ...
    suffix : str
        Ends every name.
    first : str
        Name of the net's very first convolution.
    first_pad : int, optional
        Padding of that convolution, where it is not the others'.
    **conv
        Fields of every convolution of the stage: `pad` (1 if not given), `dilation`, `param` ...

    Returns
    -------
    Top
        The last rectifier.
    """
    depth, width = VGG16[number]
    top = bottom
    for i in range(1, depth + 1):
        unit = f"{number}_{i}{suffix}"
        start = (number, i) == (1, 1)
        fields = dict(dict(param=LEARN, pad=1), **conv)
        if start and first_pad is not None:
            fields["pad"] = first_pad
        name = first + suffix if start else "conv" + unit
        n[name], n["relu" + unit] = conv_relu(top, width, **fields)
        top = n["relu" + unit]
    return top
