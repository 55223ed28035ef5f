"""Stored procedures, triggers and user-defined functions, which V8 executes in another process."""
