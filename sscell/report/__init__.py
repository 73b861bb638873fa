"""Tables, figures and the HTML page of a study: the only place that imports matplotlib, and only when it draws."""
