"""Tiny data sets in their original formats, and a web server that misbehaves on demand."""

import http.server
import threading

import numpy as np
import pytest
import scipy.io
from customkit import NAMES
from PIL import Image

from data import fetch, palette


class Site:
    """What the server holds and how it behaves; `log` has (path, Range header) of each request."""

    def __init__(self):
        self.files, self.log = {}, []
        self.ranges = True  # answer Range requests
        self.breaks = []  # bytes after which the next answers break off, used up in turn
        self.etag = '"one"'
        self.html = set()  # paths answered with a web page
        self.redirects = {}

    def url(self, path):
        return f"http://127.0.0.1:{self.port}/{path}"


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.0"

    def log_message(self, *args):
        pass

    def do_GET(self):
        site, path = self.server.site, self.path.lstrip("/")
        wanted = self.headers.get("Range")
        site.log.append((path, wanted))
        if path in site.redirects:
            self.send_response(302)
            self.send_header("Location", site.redirects[path])
            self.end_headers()
            return
        if path not in site.files:
            self.send_error(404)
            return
        body, start = site.files[path], 0
        current = self.headers.get("If-Range") in (None, site.etag)
        if wanted and site.ranges and current:
            start = int(wanted.removeprefix("bytes=").rstrip("-"))
            if start >= len(body):
                self.send_error(416)
                return
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")
        else:
            self.send_response(200)
        self.send_header("Content-Type", "text/html" if path in site.html else "application/x-tar")
        self.send_header("Content-Length", str(len(body) - start))
        self.send_header("ETag", site.etag)
        self.end_headers()
        sent = body[start:]
        if site.breaks:
            sent = sent[: site.breaks.pop(0)]
        self.wfile.write(sent)


class _Server(http.server.ThreadingHTTPServer):
    def handle_error(self, request, address):
        """Clients that hang up, as ours does on a wrong size, are no error here."""


@pytest.fixture
def site(monkeypatch):
    monkeypatch.setattr(fetch, "PAUSE", 0.0)
    site = Site()
    server = _Server(("127.0.0.1", 0), _Handler)
    server.site, site.port = site, server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs=dict(poll_interval=0.02))
    thread.start()
    yield site
    server.shutdown()
    server.server_close()
    thread.join()


class Maker:
    """Writes pictures and label maps; every one from the same random state."""

    def __init__(self):
        self.random = np.random.RandomState(0)

    def jpeg(self, path, size=(32, 40)):
        path.parent.mkdir(parents=True, exist_ok=True)
        pixels = self.random.randint(0, 256, (*size, 3)).astype(np.uint8)
        Image.fromarray(pixels).save(path)  # by the suffix: JPEG or PNG
        return pixels

    def labels(self, classes, size=(32, 40), void=True):
        """uint8 map of blocks of 0 to classes - 1, and 255 where `void`."""
        label = self.random.randint(0, classes, (size[0] // 8, size[1] // 8))
        label = label.repeat(8, 0).repeat(8, 1).astype(np.uint8)
        label[0, :5] = 255 if void else 0
        label[-1, -classes:] = np.arange(classes)[-size[1] :]
        return label

    def png(self, path, label, colours=True):
        path.parent.mkdir(parents=True, exist_ok=True)
        if colours:
            with open(path, "wb") as stream:
                palette.save_label(stream, label)
        else:
            Image.fromarray(label).save(path)

    def mat(self, path, **content):
        path.parent.mkdir(parents=True, exist_ok=True)
        scipy.io.savemat(path, content, do_compression=True)

    def lines(self, path, names):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(f"{name}\n" for name in names))

    def voc(self, root, splits, classes=21, listing="ImageSets/Segmentation"):
        """A VOC year folder with these {split: ids}; returns {id: label}."""
        made = {}
        for name in sorted({i for ids in splits.values() for i in ids}):
            self.jpeg(root / f"JPEGImages/{name}.jpg")
            made[name] = self.labels(classes)
            self.png(root / f"SegmentationClass/{name}.png", made[name])
        for split, ids in splits.items():
            self.lines(root / f"{listing}/{split}.txt", ids)
        return made

    def sbd(self, root, splits):
        """SBD's `dataset` folder; returns {id: label}."""
        made = {}
        for name in sorted({i for ids in splits.values() for i in ids}):
            self.jpeg(root / f"img/{name}.jpg")
            made[name] = self.labels(21)
            for kind in ("cls", "inst"):
                inner = {"Segmentation": made[name], "Boundaries": np.zeros((3, 1))}
                self.mat(root / f"{kind}/{name}.mat", **{f"GT{kind}": inner})
        for split, ids in splits.items():
            self.lines(root / f"{split}.txt", ids)
        return made


@pytest.fixture
def make():
    return Maker()


@pytest.fixture
def said():
    """A `log` that records its lines: said.lines, and said.text."""

    class Recorder:
        lines = []

        def __call__(self, line):
            self.lines.append(line)

        @property
        def text(self):
            return "\n".join(self.lines)

    Recorder.lines = []
    return Recorder()


@pytest.fixture
def loaded(tmp_path, monkeypatch):
    """Run a data layer `count` times on the data folder; returns a dict of tops for each."""
    monkeypatch.setenv("FCN_DATA", str(tmp_path / "data"))

    def load(module, layer, count, outputs=("data", "label"), **params):
        import caffe

        spec = tmp_path / "layer.prototxt"
        named = "".join(f' top: "{top}"' for top in outputs)
        spec.write_text(
            f'layer {{ name: "data" type: "Python"{named} python_param {{ '
            f'module: "layers.{module}" layer: "{layer}" param_str: "{params}" }} }}'
        )
        net = caffe.Net(str(spec), caffe.TEST)
        return [{k: v.copy() for k, v in net.forward().items()} for _ in range(count)]

    return load


@pytest.fixture
def folders(make, tmp_path):
    """Ten colour pictures with plain index masks; (pictures, masks, class file, {stem: label})."""
    made = {}
    for k in range(10):
        make.jpeg(tmp_path / f"in/p{k}.jpg")
        made[f"p{k}"] = make.labels(3)
        make.png(tmp_path / f"masks/p{k}.png", made[f"p{k}"], colours=k % 2 == 0)
    make.lines(tmp_path / "classes.txt", NAMES)
    return tmp_path / "in", tmp_path / "masks", tmp_path / "classes.txt", made
