"""caffe test, time and device_query: scores, times and devices."""

from .common import CommandError, choose_device, devices_of, make_net, phase_of, query_devices, say


def test(flags):
    """Score a model."""
    import caffe

    if not flags.model:
        raise CommandError("need a model definition to score: -model FILE")
    if not flags.weights:
        raise CommandError("need model weights to score: -weights FILE")
    _need_iterations(flags)
    choose_device(flags, 262, 275)
    net = make_net(flags, flags.model, caffe.TEST, flags.weights)
    say(f"Running for {flags.iterations} iterations.", 281)
    loss, sums = 0.0, {}
    for batch in range(flags.iterations):
        loss += net._forward(0, len(net.layers) - 1)
        for name in net.outputs:
            values = net.blobs[name].data.ravel()
            for value in values:
                say(f"Batch {batch}, {name} = {value:g}", 304)
            sums[name] = sums.get(name, 0.0) + values
    say(f"Loss: {loss / flags.iterations:g}", 309)
    for name, total in sums.items():
        weight = net.blob_loss_weights[name]
        for mean in total / flags.iterations:
            part = f" (* {weight:g} = {weight * mean:g} loss)" if weight else ""
            say(f"{name} = {mean:g}{part}", 321)


def time(flags):
    """Benchmark a model's passes, as a whole and layer by layer."""
    import caffe

    if not flags.model:
        raise CommandError("need a model definition to time: -model FILE")
    _need_iterations(flags)
    phase = phase_of(flags, caffe.TRAIN)
    choose_device(flags, 340, 343)
    net = make_net(flags, flags.model, phase, flags.weights)
    order = range(len(net.layers))
    say("Performing Forward", 351)
    say(f"Initial loss: {net._forward(0, len(order) - 1):g}", 356)
    if not flags.forward_only:
        say("Performing Backward", 357)
        for layer in order[::-1]:
            net._backward_layer(layer)
    say("*** Benchmark begins ***", 365)
    say(f"Testing for {flags.iterations} iterations.", 366)
    passes = {"forward": (lambda i: net._forward(i, i), order)}
    if not flags.forward_only:
        # Every layer's, as in BVLC, in nets without a loss too.
        passes["backward"] = (net._backward_layer, order[::-1])
    spent = {name: [0.0] * len(order) for name in passes}
    whole = dict.fromkeys(passes, 0.0)
    total = 0.0
    for iteration in range(flags.iterations):
        lap = 0.0
        for name, (act, layers) in passes.items():
            took = _clock_layers(act, layers, spent[name])
            whole[name] += took
            lap += took
        total += lap
        say(f"Iteration: {iteration + 1} {'-'.join(passes)} time: {lap:g} ms.", 394)
    _report_times(net, flags.iterations, spent, whole, total)


def _clock_layers(act, layers, spent):
    """Run a pass layer by layer; add each one's milliseconds to ``spent``, return their sum."""
    import caffe

    timer, took = caffe.Timer(), 0.0
    for layer in layers:
        timer.start()
        act(layer)
        timer.stop()
        spent[layer] += timer.ms
        took += timer.ms
    return took


def _report_times(net, iterations, spent, whole, total):
    say("Average time per layer: ", 397)
    for index, name in enumerate(net._layer_names):
        for which, times in spent.items():
            line = 400 if which == "forward" else 403
            say(f"{name:>10}\t{which}: {times[index] / iterations:g} ms.", line)
    for which, milliseconds in whole.items():
        line = 408 if which == "forward" else 410
        say(f"Average {which.title()} pass: {milliseconds / iterations:g} ms.", line)
    if len(whole) > 1:
        say(f"Average Forward-Backward: {total / iterations:g} ms.", 412)
    say(f"Total Time: {total:g} ms.", 414)
    say("*** Benchmark ends ***", 415)


def _need_iterations(flags):
    if flags.iterations < 1:
        raise CommandError(f"-iterations must be at least 1, got {flags.iterations}")


def device_query(flags):
    """Show what the driver knows of the devices that -gpu names (default: all)."""
    fields = {
        "index": "Device id",
        "name": "Name",
        "compute_cap": "Compute capability",
        "memory.total": "Total global memory",
        "memory.free": "Free global memory",
        "clocks.max.sm": "Clock rate",
        "driver_version": "Driver version",
    }
    say(f"Querying GPUs {flags.gpu}", 138)
    wanted = None if flags.gpu in ("", "all") else devices_of(flags.gpu)
    rows = {int(row[0]): row for row in query_devices(list(fields))}
    for index in rows if wanted is None else wanted:
        if index not in rows:
            raise CommandError(f"there is no GPU {index}; the driver lists {sorted(rows)}")
        for text, value in zip(fields.values(), rows[index], strict=True):
            say(f"{text + ':':32}{value}", 145)
