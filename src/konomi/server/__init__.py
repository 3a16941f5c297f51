"""The server and its page: a model answers over HTTP, on one machine, and nothing leaves it."""
