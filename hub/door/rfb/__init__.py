"""RFB 3.8 between a window and a browser: the door ends both conversations and joins them by what it understood.

Nothing is handed through. What either side says is read to the last byte, and what the other side hears is
built anew from the values. The window may say: updates of raw pixels, of the pointer's picture and of the
screen's size. The browser may say: its format and encodings (of which there is one each), requests for
updates, keys, pointer, size. A bell is dropped. Cut text in either direction, and whatever is not named here,
ends the connection.

No input or output happens here and no clock is read: bytes in, :class:`~hub.door.rfb.steps.Piece` out.
Source of the messages: RFC 6143, and the RFB community's list of extensions for types 251, -308, -239, -224
and encoding 7.
"""
