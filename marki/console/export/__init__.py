"""Export: pictures, films, lab reports and sound."""
