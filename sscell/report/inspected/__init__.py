"""What is in measured files: on the terminal, as a picture and as a record."""
