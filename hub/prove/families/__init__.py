"""The attempts, one file a family. A family is added to the list in ``hub/prove/suite.py``."""
