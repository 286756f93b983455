"""How well the text of an element can be read: WCAG 2.2 contrast, as the browser draws it."""

from __future__ import annotations

from dataclasses import dataclass

from playwright.sync_api import Locator

# Success criterion 1.4.3 (AA) for text of ordinary size.
ENOUGH = 4.5

# Colours are drawn over one another from the page's root to the text, as the browser does, and read back.
_MEASURE = """
root => {
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = 1;
  const pen = canvas.getContext('2d', { willReadFrequently: true });
  const over = (colour) => { pen.fillStyle = colour; pen.fillRect(0, 0, 1, 1); };
  const seen = () => [...pen.getImageData(0, 0, 1, 1).data].slice(0, 3);
  const luminance = (rgb) => {
    const [r, g, b] = rgb.map(v => v / 255).map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const found = [];
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode;
    const element = node.parentElement;
    if (node.data.trim() === '' || !element.checkVisibility()) continue;
    const chain = [];
    for (let at = element; at !== null; at = at.parentElement) chain.unshift(at);
    over('white');
    for (const part of chain) over(getComputedStyle(part).backgroundColor);
    const behind = luminance(seen());
    over(getComputedStyle(element).color);
    const text = luminance(seen());
    const ratio = (Math.max(text, behind) + 0.05) / (Math.min(text, behind) + 0.05);
    found.push([node.data.trim(), ratio]);
  }
  return found;
}
"""


@dataclass(frozen=True)
class Contrast:
    """A piece of text and its contrast with what lies behind it, from 1 to 21."""

    text: str
    ratio: float


def contrasts(element: Locator) -> list[Contrast]:
    """The contrast of every visible piece of text below ``element``."""
    return [Contrast(text, ratio) for text, ratio in element.evaluate(_MEASURE)]


def too_faint(element: Locator) -> list[Contrast]:
    """Text below ``element`` that AA asks to be stronger."""
    return [found for found in contrasts(element) if found.ratio < ENOUGH]
