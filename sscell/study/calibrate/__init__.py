"""One parameter set behind cycling and impedance of many samples, with its uncertainty."""
