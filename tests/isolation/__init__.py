"""The escape suite: real attempts to get out of a room, made from a notebook kernel inside it."""
