"""The one page the door makes itself: a sentence, and the way back."""

from __future__ import annotations

from html import escape


def sentence_page(status: int, sentence: str, hub_origin: str) -> str:
    """A small accessible HTML page."""
    return f"""<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>{status}: the door is closed</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
body {{ font: 1.1rem/1.5 system-ui, sans-serif; color: #212b32; background: #f0f4f5; margin: 0 }}
main {{ max-width: 38rem; margin: 12vh auto; padding: 2rem; background: #fff; border-top: 6px solid #005eb8 }}
a {{ color: #005eb8 }}
</style></head>
<body><main>
<h1>The door is closed</h1>
<p>{escape(sentence)}</p>
<p><a href="{escape(hub_origin)}/hub/home">Back to your rooms</a></p>
</main></body></html>
"""
