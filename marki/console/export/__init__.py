"""Export: pictures, films, lab reports and sound that leave the window."""
