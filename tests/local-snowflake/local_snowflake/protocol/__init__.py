"""The driver protocol over HTTP: login, sessions, statements, results, faults."""
