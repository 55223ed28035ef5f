"""The SQL of insights: functions that return statements, and functions that read their rows.

The SQL consists only of text of this package. All values of a query, including the paths of
properties, are parameters.
"""
