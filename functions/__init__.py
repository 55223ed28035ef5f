"""The entry points of the serverless functions.

`manifest.json` lists what each function requires.
"""
