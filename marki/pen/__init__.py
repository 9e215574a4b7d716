"""The pen language: short programs that draw on the lamp panel; `docs/pen_language.md` is its grammar (*modern*)."""
