"""caffe import: a net of another framework as prototxt and caffemodel."""

from .common import beyond_bvlc, log_line, need_file
from .options import CommandError

FORMS = {"onnx": "MODEL", "torchvision": "MODEL STATE"}
USAGES = tuple(f"{form} {words} PROTOTXT WEIGHTS" for form, words in FORMS.items())


def import_net(options):
    """Write PROTOTXT and WEIGHTS of the ONNX MODEL, or of the torchvision MODEL's STATE dict."""
    imports = beyond_bvlc("importing", "it imports nothing")
    if options.form not in FORMS:
        raise CommandError(f"the form is {' or '.join(FORMS)}, got {options.form!r}")
    given = [options.first, options.second, options.third, options.fourth]
    words = [word for word in given if word is not None]
    wanted = FORMS[options.form].split()
    if len(words) != len(wanted) + 2:
        raise CommandError(
            f"expected caffe import {options.form} {' '.join(wanted)} PROTOTXT WEIGHTS, got "
            f"{' '.join(words)!r}"
        )
    need_file(words[len(wanted) - 1], "the original")
    share = getattr(imports, options.form)(*words)
    log_line(
        f"Wrote {words[-2]} and {words[-1]}; its values and the original's differ by at most "
        f"{share:.1g} of an output's largest",
        1,
    )
