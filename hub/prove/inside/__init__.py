"""What runs in the room: the standard library and nothing else, since a room has nothing else of ours.

The folder is copied to where the room can only read it. It does what it is asked and tells what happened; whether
that is as it should be is judged outside.
"""
