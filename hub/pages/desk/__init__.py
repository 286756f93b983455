"""The desk: where authors submit and download, and output checkers decide.

A tornado application that JupyterHub manages as an OAuth service: ``python -m hub.pages.desk``.
"""

from hub.pages.desk.app import Desk, make_app

__all__ = ["Desk", "make_app"]
