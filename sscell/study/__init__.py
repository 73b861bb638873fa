"""Studies: a scenario file, its jobs, its facts and its results folder."""
