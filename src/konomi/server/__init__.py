"""The HTTP server and its page, for one model on one machine."""
