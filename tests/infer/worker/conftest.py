from tests.infer.queues.conftest import redis, url

__all__ = ["redis", "url"]
