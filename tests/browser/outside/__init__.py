"""What reaches an author's browser outside the room: tapped as bytes, and searched for what was chosen inside."""
