"""A calibration as tables, figures and a page."""
