"""Rooms with one wall left out, so that the escape suite is seen to fail."""
