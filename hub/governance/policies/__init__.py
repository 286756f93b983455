"""When something can be done: in which state of an account, a project, a membership. Pure functions in pairs."""
