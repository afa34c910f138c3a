"""The storage of printers, reached by FTPS: send, fetch, list, measure and delete files."""
