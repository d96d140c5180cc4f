"""Lets ``python -m flowyml_infra`` do what the command does."""

from flowyml_infra.cli.main import main

if __name__ == "__main__":
    main()
