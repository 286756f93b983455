"""The escape suite's own parts: judgements, the conversation with the room, the command."""
