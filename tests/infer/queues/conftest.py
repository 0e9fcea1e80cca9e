import pytest

from tests.infer.queues.stores import opened, redis_server

NAMES = iter(range(1000))


@pytest.fixture(scope="session")
def redis(tmp_path_factory):
    with redis_server(tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture(params=["sqlite", "redis"])
def url(request, tmp_path):
    """A queue of its own in either store."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/queue.db"
    return f"{request.getfixturevalue('redis').url}?queue=test-{next(NAMES)}"


@pytest.fixture
def queue(url):
    queue = opened(url)
    yield queue
    queue.close()
