"""caffe test and caffe time: a net's scores, and how long its layers take."""

from time import perf_counter

from .common import add_module_folders, as_file, log_line, make_net, phase_of, read_net
from .device import choose_device
from .options import CommandError

# Layers that end a net and have no gradient: BVLC's backward of these ends the process.
NO_GRADIENT = {
    "Accuracy", "ArgMax", "DetectionEvaluate", "DetectionOutput", "MatWrite", "SegAccuracy",
    "Silence", "Threshold", "UniqueLabel",
}  # fmt: skip


def test(options):
    """Score a model: run it on -iterations batches, log each output and the means."""
    import caffe

    if not options.model:
        raise CommandError("need a model definition to score: -model FILE")
    if not options.weights:
        raise CommandError("need model weights to score: -weights FILE")
    _need_iterations(options)
    choose_device(options, 262, 275)
    net = make_net(options, options.model, caffe.TEST)
    log_line(f"Running for {options.iterations} iterations.", 281)
    loss, sums = 0.0, {}
    for batch in range(options.iterations):
        net.forward()
        loss += _loss(net)
        for name in net.outputs:
            values = net.blobs[name].data.ravel()
            for value in values:
                log_line(f"Batch {batch}, {name} = {value:g}", 304)
            sums[name] = sums.get(name, 0.0) + values
    log_line(f"Loss: {loss / options.iterations:g}", 309)
    for name, total in sums.items():
        weight = net.blob_loss_weights[name]
        for mean in total / options.iterations:
            part = f" (* {weight:g} = {weight * mean:g} loss)" if weight else ""
            log_line(f"{name} = {mean:g}{part}", 321)


def time(options):
    """Time a model's passes, as a whole and layer by layer."""
    import caffe

    if not options.model:
        raise CommandError("need a model definition to time: -model FILE")
    _need_iterations(options)
    phase = phase_of(options, caffe.TRAIN)
    choose_device(options, 340, 343)
    net = make_net(options, options.model, phase)
    log_line("Performing Forward", 351)
    net.forward()
    log_line(f"Initial loss: {_loss(net):g}", 356)
    if not options.forward_only:
        if not any(net.blob_loss_weights.values()):
            net = _with_losses(net, options, phase)
            net.forward()
        log_line("Performing Backward", 357)
        net.backward()
    log_line("*** Benchmark begins ***", 365)
    log_line(f"Testing for {options.iterations} iterations.", 366)
    timer = caffe.Timer if options.gpu else _HostTimer
    clocks = [_Clock(net, "forward", 400, 408, timer)]
    if not options.forward_only:
        clocks.append(_Clock(net, "backward", 403, 410, timer))
    _run(clocks, options.iterations, timer)


def _run(clocks, iterations, timer):
    """Run and time the passes `iterations` times; log what each took."""
    total = timer()
    total.start()
    for iteration in range(iterations):
        lap = timer()
        lap.start()
        for clock in clocks:
            clock.run()
        lap.stop()
        passes = "-".join(clock.name for clock in clocks)
        log_line(f"Iteration: {iteration + 1} {passes} time: {lap.ms:g} ms.", 394)
    log_line("Average time per layer: ", 397)
    for index, name in enumerate(clocks[0].layers):
        for clock in clocks:
            spent = clock.per_layer[index] / iterations
            log_line(f"{name:>10}\t{clock.name}: {spent:g} ms.", clock.layer_line)
    total.stop()
    for clock in clocks:
        log_line(
            f"Average {clock.name.title()} pass: {clock.whole / iterations:g} ms.", clock.pass_line
        )
    if len(clocks) > 1:
        log_line(f"Average Forward-Backward: {total.ms / iterations:g} ms.", 412)
    log_line(f"Total Time: {total.ms:g} ms.", 414)
    log_line("*** Benchmark ends ***", 415)


class _HostTimer:
    """A `caffe.Timer` for the CPU: a BVLC build's own counts whole milliseconds there."""

    def start(self):
        """Begin measuring."""
        self._begin = perf_counter()

    def stop(self):
        """End measuring; `ms` is the time between."""
        self.ms = (perf_counter() - self._begin) * 1e3


class _Clock:
    """Times one pass of a net, as a whole and by pycaffe's callbacks around each layer."""

    def __init__(self, net, name, layer_line, pass_line, timer):
        self.name, self.layer_line, self.pass_line = name, layer_line, pass_line
        self._pass = getattr(net, name)
        self.layers = list(net.layer_dict)
        if len(self.layers) < len(net.layers):  # two layers of one name
            self.layers = [f"layer {index}" for index in range(len(net.layers))]
        self.per_layer = [0.0] * len(self.layers)
        self.whole = 0.0
        self._timer, self._whole_timer = timer(), timer()
        getattr(net, f"before_{name}")(lambda _: self._timer.start())
        getattr(net, f"after_{name}")(self._layer_done)

    def _layer_done(self, index):
        self._timer.stop()
        self.per_layer[index] += self._timer.ms

    def run(self):
        """Run the pass once and add its milliseconds to the sums."""
        self._whole_timer.start()
        self._pass()
        self._whole_timer.stop()
        self.whole += self._whole_timer.ms


def _loss(net):
    """Return the weighted sum of a net's losses after a forward pass."""
    weights = net.blob_loss_weights
    return sum(w * float(net.blobs[name].data.sum()) for name, w in weights.items() if w)


def _with_losses(net, options, phase):
    """Return the same net with a loss weight on its outputs.

    A net without a loss needs no gradients, so caffe computes none; BVLC's tool calls every
    layer's backward nevertheless (caffe.cpp, time).
    """
    definition = read_net(options.model)
    outputs = set(net.outputs)
    for layer in definition.layer:
        weights = [1.0 if top in outputs else 0.0 for top in layer.top]
        if layer.bottom and any(weights) and layer.type not in NO_GRADIENT:
            layer.loss_weight[:] = weights
    add_module_folders([options.model])  # the file below is elsewhere
    with as_file(definition) as model:
        return make_net(options, model, phase)


def _need_iterations(options):
    if options.iterations < 1:
        raise CommandError(f"-iterations must be at least 1, got {options.iterations}")
