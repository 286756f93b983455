"""The airlock in the other direction: a file from outside enters a room only as a request.

``states`` lists what can happen; ``permissions`` asks who, ``moments`` asks when, ``business`` alone writes;
``policy`` is the installation's choice. ``upload`` → ``examine`` (with ``scan``) → ``placing`` is the way of
the bytes; ``porter`` walks it.
"""
