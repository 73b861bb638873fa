"""Engines: the same cell by PyBaMM (the reference), in JAX (the fast one) and, in the uniform limit, in closed form."""
