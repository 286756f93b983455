"""The one kind of error that people see: a sentence that says what is wrong and what to do."""


class PlainError(Exception):
    """Wrong input or a wrong moment, told in one sentence for the person who caused it.

    Command lines print the sentence and leave with ``exit_code``; pages show it. Anything else that
    is raised is a fault of ours and keeps its traceback in the log.
    """

    exit_code: int = 3

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence
