"""Every network of the examples, looked into."""

import pytest

from tests.cnn_core.insight.examples import CASES, Looked, looked_at


@pytest.fixture(params=CASES, scope="session")
def looked(request: pytest.FixtureRequest) -> Looked:
    return looked_at(request.param)
