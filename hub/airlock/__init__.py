"""The only way out: bundles taken from the outboxes, checked, decided on by two people, released once.

The way in is the package ``ingress``.

``states`` lists what can happen; ``permissions`` asks who, ``policies`` asks when, ``business`` alone writes.
``outbox`` → ``quarantine`` → ``check`` → ``release`` is the way of the bytes; ``intake`` walks it.
"""
