"""The door: the only way into a room, one small trusted process for each seat.

It fulfils JupyterHub's contract for a single-user server (sign-in by OAuth, version header, activity),
admits the seat's owner only, and takes every request and every answer apart before it builds its own.
"""
