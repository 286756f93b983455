"""Linked records: police casualties, ambulance patients, admissions and persons, brought together.

``link_sources`` is in ``make``.
"""
