"""The measure of other tests: it tells work that grows faster than its input."""

import pytest

from tests import growth
from tests.growth import assert_linear


@pytest.fixture(autouse=True)
def _always_at_two_sizes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(growth, "AT_ONCE", 0)


def test_work_that_grows_with_the_square_of_its_input_is_told() -> None:
    with pytest.raises(AssertionError, match="1000"):
        assert_linear(lambda size: sum(1 for _ in range(size) for _ in range(size)), 1_000)


def test_slow_work_in_proportion_is_none() -> None:
    assert_linear(lambda size: sum(range(size)), 4_000_000)


def test_a_length_that_changes_the_way_once_is_no_growth() -> None:
    assert_linear(lambda size: sum(range(size if size < 100_000 else 40 * size)), 200_000)
