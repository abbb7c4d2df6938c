"""The installed command as a person meets it: on a real pseudo-terminal, against a real server on the loopback."""
