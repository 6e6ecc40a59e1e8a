"""caffe draw and upgrade: nets to pictures, old files to new ones."""

from .common import CommandError, need_file, phase_of, read, say


def draw(flags, net_file, picture):
    """Draw a net as PNG, SVG or any other kind of file that the extension names."""
    import caffe.draw

    need_file(net_file, "net definition")
    phase = phase_of(flags, None)
    try:
        caffe.draw.draw_net_to_file(
            read("net", net_file), picture, flags.rankdir.upper(), phase, flags.display_lrm
        )
    except ValueError as problem:
        raise CommandError(str(problem)) from None
    say(f"Drew {net_file} to {picture}", 1)


def upgrade(flags, old, new):
    """Rewrite a net or solver prototxt, or a caffemodel, in today's form."""
    try:
        from caffe._caffe.formats import file_type, prototxt
        from caffe._caffe.formats.atomic import replacing
    except ImportError:
        raise CommandError(
            "this caffe is a BVLC build: use its upgrade_net_proto_text, upgrade_net_proto_binary "
            "and upgrade_solver_proto_text"
        ) from None
    need_file(old, "file")
    with open(old, "rb") as file:
        binary = file_type.detect(file.read(file_type.HEAD)) == "a binary file"
    if binary:
        kind, data = "weights", _upgraded_weights(old)
    else:
        kind = _text_kind(old)
        data = prototxt.format_message(read(kind, old)).encode()
    with replacing(new) as temporary, open(temporary, "wb") as file:
        file.write(data)
    say(f"Wrote upgraded {kind} to {new}", 1)


def _upgraded_weights(path):
    """The bytes of a caffemodel with its layers in today's form; blobs keep their shapes."""
    from google.protobuf.message import DecodeError

    from caffe._caffe.formats.upgrade import upgrade_net
    from caffe.proto import caffe_pb2

    with open(path, "rb") as file:
        try:
            net = caffe_pb2.NetParameter.FromString(file.read())
        except DecodeError as problem:
            raise CommandError(f"{path!r} is not a caffemodel: {problem}") from None
    if not (net.layer or net.layers):
        raise CommandError(f"{path!r} is not a caffemodel: it holds no layers")
    upgrade_net(net, path)
    return net.SerializeToString()


def _text_kind(path):
    """ "solver" where the prototxt names a field that only solvers have, else "net"."""
    from caffe.proto import caffe_pb2

    nets = set(caffe_pb2.NetParameter.DESCRIPTOR.fields_by_name)
    solvers = set(caffe_pb2.SolverParameter.DESCRIPTOR.fields_by_name) - nets
    with open(path, encoding="utf-8", errors="replace") as file:
        first_words = (line.strip().split(":")[0].split("{")[0].strip() for line in file)
        depth_free = {word for word in first_words if word}
    layers = depth_free & {"layer", "layers", "input"}
    return "solver" if depth_free & solvers and not layers else "net"
