"""The one page the door makes itself: a sentence, and the way back."""

from __future__ import annotations

from html import escape


def sentence_page(status: int, sentence: str, hub_origin: str) -> str:
    """A small accessible HTML page, in the colours of the hub's; it loads nothing, so its style is in it."""
    return f"""<!doctype html>
<html lang="en-GB">
<head><meta charset="utf-8"><title>{status}: the door is closed · Lockedroom</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
body {{ font: 1.1875rem/1.5 system-ui, "Segoe UI", Arial, sans-serif; color: #212b32; background: #f0f4f5; margin: 0 }}
header {{ background: #14344a; border-bottom: 4px solid #3fb8a8; color: #fff; padding: 1rem 2rem; font-weight: 600 }}
main {{ max-width: 38rem; padding: 2rem }}
h1 {{ font-size: 2rem; line-height: 1.2; margin: 0 0 1.5rem }}
a {{ color: #005eb8 }}
a:focus {{ outline: 4px solid transparent; color: #212b32; background: #ffeb3b; box-shadow: 0 4px #212b32 }}
</style></head>
<body>
<header>Lockedroom</header>
<main>
<h1>The door is closed</h1>
<p>{escape(sentence)}</p>
<p><a href="{escape(hub_origin)}/hub/home">Back to your rooms</a></p>
</main>
</body></html>
"""
