"""Teaching: lessons, worksheets, votes and a narration of what the machine does; knows no window."""
