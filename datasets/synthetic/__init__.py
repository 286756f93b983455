"""Synthetic sets: data in the shape of a source that describe nobody."""

from datasets.synthetic.write import Synthesised, synthesise

__all__ = ["Synthesised", "synthesise"]
