"""Architecture notes, and the script that builds the documentation of the library."""
