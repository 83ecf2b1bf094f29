"""The catalogue: what must be true of every deployment (``platform``), and what a service definition can get wrong
(``deployment``)."""

from .deployment import deployment_properties
from .platform import platform_properties

__all__ = ["deployment_properties", "platform_properties"]
