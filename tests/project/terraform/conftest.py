from tests.support.terraform import terraform

__all__ = ["terraform"]
