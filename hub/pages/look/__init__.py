"""What the hub's pages and the desk's look like: one style sheet, one frame, and the NHS design system's components."""

from hub.pages.look.assets import Addresses, Asset, Look, StyleNotBuilt, load_look
from hub.pages.look.components import NHS, TEMPLATES

__all__ = ["NHS", "TEMPLATES", "Addresses", "Asset", "Look", "StyleNotBuilt", "load_look"]
