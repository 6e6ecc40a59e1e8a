"""caffe export: a net as an ONNX file or a torch program."""

from .common import beyond_bvlc, log_line, make_net, need_file, split_numbers
from .options import CommandError

FORMS = ("onnx", "torch")


def export(options):
    """Write the net DEPLOY, with WEIGHTS, as OUT in the form asked for."""
    import caffe

    to = beyond_bvlc("export", "it exports nothing")
    if options.form not in FORMS:
        raise CommandError(f"the form is {' or '.join(FORMS)}, got {options.form!r}")
    # DEPLOY OUT or DEPLOY WEIGHTS OUT
    out = options.out or options.weights_or_out
    if options.out:
        options.weights = ",".join(filter(None, [options.weights, options.weights_or_out]))
    net = make_net(options, options.deploy, caffe.TEST)
    if options.form == "torch":
        to.torch(net, out)
        log_line(f"Wrote {options.deploy} to {out}", 1)
        return
    mean = split_numbers(options.mean, float, "-mean is a number per channel, by commas")
    classes = _classes(options.classes)
    share = to.onnx(net, out, mean, options.channel_order, classes)
    log_line(
        f"Wrote {options.deploy} to {out}; ONNX Runtime's values differ by at most {share:.1g} of "
        "an output's largest",
        1,
    )


def _classes(path):
    """Return the lines of a file with a class name in each; none without a path."""
    if not path:
        return []
    need_file(path, "class names")
    with open(path, encoding="utf-8") as file:
        return [line.strip() for line in file if line.strip()]
