"""What the host sees of a seat's processes. What they cannot do, the escape suite tries."""

from __future__ import annotations

from tests.isolation.world import SeatUnderTest, read_proc


def test_the_host_sees_the_same_of_every_process_of_the_room(alice_one: SeatUnderTest) -> None:
    pids = alice_one.processes()
    assert len(pids) >= 2, "the server and its kernel"
    for pid in pids:
        lines = (line.partition(":") for line in read_proc(pid, "status").decode().splitlines())
        status = {name: value.strip() for name, _, value in lines}
        assert set(status["Uid"].split()) == {str(alice_one.uid)}
        assert int(status["CapBnd"], 16) == int(status["CapEff"], 16) == 0
        assert (status["NoNewPrivs"], status["Seccomp"]) == ("1", "2")
