"""Rooms: from a description that is pure data to something that runs, isolated, and ends when told to."""
