"""The hub's whole configuration: it reads the settings and says nothing twice."""

from hub import hub_config

hub_config.configure(get_config())  # noqa: F821 - given by JupyterHub
