"""Engines: the same cell solved by PyBaMM (the reference) and, in the uniform limit, in closed form."""
