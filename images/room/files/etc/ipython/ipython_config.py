# Every kernel in the room knows %stage and %replies without being told.
c = get_config()  # noqa: F821
c.InteractiveShellApp.extensions = ["output_checker.staging"]
c.HistoryManager.enabled = True
