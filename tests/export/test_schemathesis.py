"""The REST API, driven from its OpenAPI file: whatever the file allows is answered as the file says."""

from __future__ import annotations

from typing import Any

import hypothesis
import pytest
import schemathesis
from django.contrib.auth.models import User
from django.core.wsgi import get_wsgi_application
from hypothesis import HealthCheck, Phase
from schemathesis.checks import CHECKS
from schemathesis.errors import FailureGroup

from binding_schema.resolve.authentication import make_token
from tests.conftest import Demo
from tests.export import world

pytestmark = pytest.mark.django_db(transaction=True)

#: What a file says of an answer. Whether wrong requests are refused is asked in tests/fuzz.
ASKED = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
)
#: Of each operation; with an `id`, each is asked again with one that is there.
EXAMPLES = 2
LIMITS = hypothesis.settings(
    max_examples=EXAMPLES, deadline=None, database=None, derandomize=True, phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)  # fmt: skip


class Driver:
    """Asks as the administrator, and counts the operations that were answered by 200."""

    def __init__(self, user: User) -> None:
        self.headers = {"Authorization": f"Bearer {make_token(user)}"}
        application = get_wsgi_application()
        self.schema = schemathesis.openapi.from_wsgi("/api/schema/?format=openapi", application, headers=self.headers)
        self.checks = [CHECKS.get_one(name) for name in ASKED]
        self.answered: set[str] = set()

    def operations(self) -> dict[str, Any]:
        found = (item.ok() for item in self.schema.get_all_operations())
        return {f"{item.method.upper()} {item.path}": item for item in found}

    def ask(self, case: Any) -> None:
        response = case.call(headers=self.headers)
        case.validate_response(response, checks=self.checks)
        if response.status_code == 200:
            self.answered.add(f"{case.method.upper()} {case.path}")


@pytest.fixture
def driver(demo: Demo, settings: Any) -> Driver:
    settings.BINDING_SCHEMA = {"MAX_REQUESTS_PER_SECOND": None}
    world.fill()
    return Driver(demo.admin)


def test_the_api_is_as_the_file_says(driver: Driver) -> None:
    known, operations = world.keys(), driver.operations()
    for operation in operations.values():

        @LIMITS
        @hypothesis.given(case=operation.as_strategy())
        def drive(case: Any) -> None:
            driver.ask(case)
            stream = case.path.split("/")[1]
            # By chance no key is met. Deletes would leave nothing for those that come after.
            if "id" in case.path_parameters and case.method != "DELETE":
                case.path_parameters["id"] = known[stream][0]
                driver.ask(case)

        drive()
    reads = {name for name in operations if name.startswith("GET ") and not name.endswith("/events/")}
    assert len(reads) > 50
    # Generated filters, orders and pages are ones that the server takes.
    assert len(reads & driver.answered) > len(reads) * 0.9, sorted(reads - driver.answered)
    assert {"PATCH /app.Specimen/{id}/", "POST /helpdesk.Ticket/", "POST /"} <= operations.keys()


def test_a_wrong_file_is_seen(driver: Driver) -> None:
    row = driver.schema.raw_schema["components"]["schemas"]["HelpdeskTicket"]
    row["properties"]["title"] = {"type": "integer"}
    operation = driver.operations()["GET /helpdesk.Ticket/list/"]
    case = operation.Case()
    with pytest.raises(FailureGroup):
        driver.ask(case)
