"""What lies in the place of the room's socket is not JupyterLab."""
