"""Tables, figures and the HTML page of fits to measured spectra."""
