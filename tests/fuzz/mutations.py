"""Hypothesis strategies that damage prototxt text and binary files."""

import re

from hypothesis import strategies as st

# Sizes at and beyond the edges of the types in caffe.proto; never a size that is large and legal,
# for that is a request, not damage.
NUMBERS = (
    "0 -1 1 2 3 7 33 -7 0.5 -0.5 1e38 -1e38 1e-45 1e999 nan inf 0x7fffffff 2147483647 "
    "2147483648 -2147483648 4294967295 4294967296 9223372036854775807 99999999999999999999"
).split()
PIECES = [
    "", "{", "}", ":", '"', "'", "#", "\n", "\0", "\\", "[", "]", "<", ">", ",", ";", "é", "true",
    "TRAIN", "TEST", "layer {", "layers { type: RELU }", "force_backward: true",
    "bottom: \"x\"", "top: \"x\"", "top: \"y\"", "loss_weight: 1", "propagate_down: false",
    "include { phase: TEST }", "param { name: \"w\" }", "param { lr_mult: 0 }",
    "convolution_param { num_output: 2 kernel_size: 3 }", "pooling_param { kernel_size: 2 }",
    "reshape_param { shape { dim: 0 dim: -1 } }", "blobs { shape { dim: 3 } data: 1 }",
]  # fmt: skip
_NUMBER = re.compile(r"(?<![\w.])-?\d[\w.]*")
_WORD = re.compile(r'"[^"]*"')
_TYPE = re.compile(r'(?<=type: )"[^"]*"')
_LAYER = re.compile(r"^layer \{.*\}$", re.MULTILINE)


@st.composite
def damaged_text(draw, texts, types):
    """One of `texts` after one to four changes; `types` are the layer types to swap in."""
    text = draw(st.sampled_from(texts))
    for _ in range(draw(st.integers(1, 4))):
        text = draw(st.sampled_from(_TEXT_CHANGES))(draw, text, types)
    return text


def _swap(draw, pattern, text, choose):
    """Put what `choose` draws where one match of `pattern` stands."""
    matches = list(pattern.finditer(text))
    if not matches:
        return text
    match = draw(st.sampled_from(matches))
    return text[: match.start()] + choose(matches) + text[match.end() :]


def _number(draw, text, types):
    return _swap(draw, _NUMBER, text, lambda _: draw(st.sampled_from(NUMBERS)))


def _type(draw, text, types):
    return _swap(draw, _TYPE, text, lambda _: f'"{draw(st.sampled_from(types))}"')


def _name(draw, text, types):
    return _swap(draw, _WORD, text, lambda found: draw(st.sampled_from(found)).group())


def _layer(draw, text, types):
    """Drop a layer, or put another in its place."""
    return _swap(
        draw, _LAYER, text, lambda found: draw(st.sampled_from(["", *(m.group() for m in found)]))
    )


def _piece(draw, text, types):
    """Put a piece of syntax anywhere."""
    at = draw(st.integers(0, len(text)))
    return text[:at] + draw(st.sampled_from(PIECES)) + text[at:]


def _field(draw, text, types):
    """Put a piece at the end of a layer, where it mostly parses."""
    return _swap(
        draw, re.compile(r"\}$", re.MULTILINE), text, lambda _: draw(st.sampled_from(PIECES)) + " }"
    )


def _cut(draw, text, types):
    """Cut a short span, or the whole end."""
    at = draw(st.integers(0, len(text)))
    return text[:at] + text[at + draw(st.integers(1, 12)) :] if draw(st.booleans()) else text[:at]


_TEXT_CHANGES = [_number, _number, _type, _name, _layer, _piece, _field, _cut]


@st.composite
def damaged_bytes(draw, raw):
    """`raw` after one to eight flipped bits, overwritten, cut or repeated spans.

    Half of the places are drawn near the start and the end, where headers stand.
    """
    raw = bytearray(raw)
    for _ in range(draw(st.integers(1, 8))):
        if not raw:
            break
        near = st.one_of(st.integers(0, min(80, len(raw) - 1)), st.integers(0, len(raw) - 1))
        at = draw(near)
        kind = draw(st.sampled_from(["flip", "flip", "byte", "span", "cut", "repeat", "end"]))
        length = draw(st.integers(1, 9))
        if kind == "flip":
            raw[at] ^= 1 << draw(st.integers(0, 7))
        elif kind == "byte":
            raw[at] = draw(st.sampled_from([0, 1, 0x7F, 0x80, 0xFE, 0xFF]))
        elif kind == "span":
            raw[at : at + length] = draw(st.binary(min_size=length, max_size=length))
        elif kind == "cut":
            del raw[at : at + length]
        elif kind == "repeat":
            raw[at:at] = raw[at : at + length]
        else:
            del raw[at:]
    return bytes(raw)
