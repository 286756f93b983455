"""What a hostile notebook would run. Each function is sent as text to a kernel in a room and runs there,

so each stands alone: it imports what it needs, and takes and returns what JSON can carry.
"""
