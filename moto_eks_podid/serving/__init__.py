"""The server's own part: connections, threads, access log, and the way to moto's application."""
