"""Staging: how a person in the room puts files at the airlock's hatch, and reads its replies.

Runs in the room: standard library and pydantic only. What is written here is a *proposal*. The
airlock on the other side trusts none of it and looks again.

    from output_checker.staging import stage, replies
    stage(["table1.csv"], context="Casualties by severity, table 1 of the paper")
    replies()

In a notebook: ``%load_ext output_checker.staging``, then ``%stage table1.csv`` and ``%replies``.
"""

from output_checker.staging.magic import load_ipython_extension, unload_ipython_extension
from output_checker.staging.reply import Reply, replies
from output_checker.staging.writing import stage

__all__ = ["Reply", "load_ipython_extension", "replies", "stage", "unload_ipython_extension"]
