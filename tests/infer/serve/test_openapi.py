"""The service keeps to its own description, whatever schemathesis makes up to ask it."""

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from infer.serve.app import create_app
from tests.infer.serve.stub import Server, Stub, client

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    unsupported_method,
]


schema = schemathesis.openapi.from_dict(create_app().openapi())


@pytest.fixture(scope="module")
def service():
    server = Server(Stub)
    yield server
    server.stop()


@schema.parametrize()
@settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_every_answer_is_one_that_is_described(service, case):
    case.call_and_validate(base_url=service.url, checks=CHECKS)


def test_the_examples_in_the_description_are_answered():
    with client() as service:
        described = service.get("/openapi.json").json()
        assert {"/v1/label", "/v1/summarize", "/v1/analyze", "/healthz", "/readyz", "/metrics"} == set(
            described["paths"]
        )
        for name in ("Given", "Asked"):
            [example] = described["components"]["schemas"][name]["examples"]
            [result] = service.post("/v1/analyze", json=example).json()["results"]
            assert result["topics"] == ["gaza"]
