"""Conversations on their way out of the program, in one of three forms, and into it from files of three programs.

session.Session ──► whole.write ────► .json   all there is; read back, it is the same
                ──► markdown.write ─► .md     for reading and for other programs
                ──► page.write ─────► .html   for a browser, with `prose` and `sheet`

whole.read   ◄── our own .json
chatgpt.read ◄── conversations.json of ChatGPT, also in its .zip       reading.read tells them apart
llm.read     ◄── logs.db of llm
"""
