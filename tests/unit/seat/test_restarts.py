"""What ends again and again is given up."""

from __future__ import annotations

import pytest

from hub.restarts import Restarts


@pytest.mark.parametrize(("later", "may"), [(59.9, False), (60, True), (60.1, True)])
def test_so_many_starts_in_so_long(later: float, may: bool) -> None:
    restarts = Restarts(most=2, within_s=60)
    assert [restarts.may_start(0), restarts.may_start(1)] == [True, True]
    assert restarts.may_start(later) is may
    assert restarts.may_start(later) is False
