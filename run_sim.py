"""The Mark I simulator from a checkout: the same as `python -m marki`."""
# PYTHON_ARGCOMPLETE_OK

if __name__ == "__main__":
    from marki.__main__ import main

    raise SystemExit(main())
