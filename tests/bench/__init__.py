"""Measurements, side by side in one run: ``make bench``. One file for each; none asserts how fast anything is."""
