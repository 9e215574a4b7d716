"""Serving: trained systems in processes of their own, for the window."""
