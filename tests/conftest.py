"""What all tests share: no network, and an encoder and a topic model small enough to make on the spot."""

import os
import socket
import tempfile

import pytest

# Read when the libraries are imported, so they are set before any test is collected.
_caches = tempfile.TemporaryDirectory(prefix="mujaz-tests-")
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["HF_DATASETS_CACHE"] = _caches.name
os.environ["HF_DATASETS_DISABLE_PROGRESS_BARS"] = "1"

LOOPBACK = ("127.0.0.1", "::1")


@pytest.fixture(scope="session", autouse=True)
def no_network():
    """A name looked up or a connection to anywhere but this machine fails the test that tries it."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("connect", "connect_ex", "sendto"):
            patch.setattr(socket.socket, name, _refusing(getattr(socket.socket, name)))
        patch.setattr(socket, "getaddrinfo", _looking_up(socket.getaddrinfo))
        yield


def _refusing(method):
    def call(self, *args):
        here = isinstance(args[-1], tuple) and args[-1][0] in LOOPBACK
        if self.family in (socket.AF_INET, socket.AF_INET6) and not here:
            _refuse(*args)
        return method(self, *args)

    return call


def _looking_up(method):
    def call(host, *args, **options):
        if host not in LOOPBACK:
            _refuse(host, *args)
        return method(host, *args, **options)

    return call


def _refuse(*args, **_):
    raise RuntimeError(f"a test tried to reach the network: {args}")


# The two below import torch, which the tests of infer must not need for anything else.


@pytest.fixture(scope="session")
def tiny_backbone(tmp_path_factory):
    """Folder of a random encoder; see ``tiny.write_backbone``."""
    from tests.tiny import write_backbone

    return write_backbone(tmp_path_factory.mktemp("backbone") / "tiny")


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory):
    """Folder of an untrained topic model; see ``tiny.write_topic_model``. Copy it to change it."""
    from tests.tiny import write_topic_model

    return write_topic_model(tmp_path_factory.mktemp("model") / "tiny")
