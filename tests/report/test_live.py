"""The live page: what it shows of a run folder, and what it does not give away."""

import http.client
import os
import threading
import time

import pytest
from PIL import Image

import experiments
from data.errors import DataError
from report import live
from training import run_dir

NAME = "demo-fcn8s"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A run folder in the middle of training, with pictures, and a secret beside it."""
    monkeypatch.setenv("FCN_RUNS", str(tmp_path / "runs"))
    made = run_dir.folder(NAME)
    (made / "infer").mkdir(parents=True)
    log = run_dir.Log(NAME)
    log.write("start", experiment=NAME, init="x", iter=0, steps=200, command="solve.py demo-fcn8s")
    for i in (20, 40):
        log.write("train", iter=i, loss=9.0, pixel_loss=1.0 / i, lr=0.01, images_per_s=3.25, time=i)
    log.write("score", iter=40, time=40, heads={"score": dict(mean_iu=0.5)}, best=True)
    log.write("warning", iter=40, text="the loss <rises>")
    Image.new("RGB", (40, 30), "red").save(made / "infer" / "a b.png")
    Image.new("RGB", (9, 9)).save(tmp_path / "secret.png")
    (tmp_path / "runs" / f"{NAME}-other").mkdir()
    Image.new("RGB", (9, 9)).save(tmp_path / "runs" / f"{NAME}-other" / "x.png")
    (made / "link.png").symlink_to(tmp_path / "secret.png")
    (made / "out").symlink_to(tmp_path)
    (made / "loop.png").symlink_to(made / "loop.png")
    return made


@pytest.fixture
def ask(folder):
    """A function that asks the running server: (status, content type, body)."""
    with live.server_of(NAME, 0) as server:
        threading.Thread(target=server.serve_forever, args=[0.02], daemon=True).start()
        port = server.server_address[1]
        assert server.server_address[0] == "127.0.0.1"

        def ask(path, method="GET", host=f"127.0.0.1:{port}"):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
            connection.putrequest(method, path, skip_host=True)
            connection.putheader("Host", host)
            connection.endheaders()
            answer = connection.getresponse()
            found = answer.status, answer.headers["Content-Type"], answer.read()
            connection.close()
            return found

        ask.port = port
        yield ask
        server.shutdown()


def test_it_shows_the_run_and_follows_it(ask, folder):
    status, kind, page = ask("/")
    assert status == 200 and kind == "text/html; charset=utf-8"
    text = page.decode()
    for shown in ("40</b><span>of 200 iterations", "0.025</b><span>loss per pixel", "3.25</b>",
                  "50.0</b><span>best mean IU", "the loss &lt;rises&gt;", 'alt="infer/a b.png"',
                  "2 min 40 s</b>", "data:image/svg+xml"):  # fmt: skip
        assert shown in text, shown
    assert "secret" not in text and "link.png" not in text
    run_dir.Log(NAME).write("train", iter=60, pixel_loss=None, lr=0.01, images_per_s=3.0, time=60)
    body = ask("/body")[2].decode()
    assert "60</b><span>of 200 iterations" in body and "\N{EN DASH}</b><span>loss" in body
    run_dir.Log(NAME).write("end", iter=60, time=60)
    assert "trained to its end" in ask("/body")[2].decode()


def test_pictures_of_the_run_folder_are_served(ask, folder):
    status, kind, content = ask("/files/infer/a%20b.png?1")
    assert (status, kind) == (200, "image/png")
    assert content == (folder / "infer" / "a b.png").read_bytes()


@pytest.mark.parametrize(
    "path",
    ["/files/../../secret.png", "/files/%2e%2e/%2e%2e/secret.png", "/files/..%2f..%2fsecret.png",
     "/files/infer/../../../secret.png", "/files/%252e%252e/secret.png", "/files/link.png",
     "/files/out/secret.png", "/files/loop.png", "/files//etc/hostname", "/files/%00.png",
     "/files/..%5c..%5csecret.png", f"/files/../{NAME}-other/x.png", "/files/scalars.jsonl",
     "/files/", "/files/infer", "/scalars.jsonl", "/../secret.png"],
)  # fmt: skip
def test_nothing_else_is(ask, path):
    assert ask(path)[0] == 404


def test_an_absolute_path_is_not_either(ask, tmp_path):
    assert ask(f"/files/{tmp_path}/secret.png")[0] == 404
    assert ask(f"/files//{str(tmp_path).strip('/')}/secret.png")[0] == 404


def test_it_is_read_only_and_this_machine_s(ask):
    for method in ("POST", "PUT", "DELETE"):
        assert ask("/", method)[0] == 501
    assert ask("/", host="example.com")[0] == 403
    assert ask("/", host=f"localhost:{ask.port}")[0] == 200
    with pytest.raises(DataError, match=f"port {ask.port} of 127.0.0.1: .*--port names another"):
        live.server_of(NAME, ask.port)
    with pytest.raises(DataError, match="port 99999 of 127.0.0.1: expected 0 to 65535"):
        live.server_of(NAME, 99999)


def test_before_and_long_after(tmp_path, monkeypatch):
    monkeypatch.setenv("FCN_RUNS", str(tmp_path))
    assert "scalars.jsonl yet" in live.LivePage(NAME).page()
    run_dir.folder(NAME).mkdir()
    run_dir.Log(NAME).write("start", iter=0, steps=9, command="solve.py")
    then = time.time() - 10 * live.SILENT
    os.utime(run_dir.Log(NAME).path, (then, then))
    assert "it may have stopped" in live.LivePage(NAME).page()
    with pytest.raises(experiments.ExperimentError, match="no experiment 'demo-fcn9s'"):
        live.LivePage("demo-fcn9s")


def test_edges_are_told_by_their_ods(tmp_path, monkeypatch):
    monkeypatch.setenv("FCN_RUNS", str(tmp_path))
    run_dir.folder("bsds-hed").mkdir()
    log = run_dir.Log("bsds-hed")
    log.write("start", iter=0, steps=9, command="solve.py")
    for i, ods in ((3, 0.5), (6, 0.75)):
        log.write("score", iter=i, time=1.0, heads={"sigmoid-fuse": dict(ods=ods)})
    text = live.LivePage("bsds-hed").page()
    assert "<b>75.0</b><span>best ODS</span>" in text and "mean IU" not in text.lower()
