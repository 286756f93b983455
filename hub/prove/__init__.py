"""The escape suite: what somebody who wants out of a room would try, tried, and whether the room held."""
