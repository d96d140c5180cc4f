"""Owns the kind ``azure.database``: a PostgreSQL server, private, backed up and, where that counts, locked."""

from __future__ import annotations

from ipaddress import IPv4Address
from typing import TYPE_CHECKING, Final

from flowyml_infra.resources.azure_properties import (
    LOCKED,
    fixed,
    group_property,
    is_switched,
    key_faults,
    key_properties,
    lock_child,
    lock_property,
    machine_property,
    region_property,
    stack_output,
    subscription_property,
)
from flowyml_infra.resources.child import ChildType
from flowyml_infra.resources.cloud_kind import cloud_kind
from flowyml_infra.resources.cloud_properties import (
    flag,
    matching,
    name_property,
    number,
    tags_property,
    text,
    texts,
)
from flowyml_infra.resources.facts import azure_compute as facts
from flowyml_infra.resources.facts import azure_network as network
from flowyml_infra.resources.kind import Fault, Output
from flowyml_infra.resources.transition import Transition, changes, goes_back, shrinks

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from flowyml_infra.resources.values import Json, Value

_SOURCE = "terraform-provider-azurerm internal/services/postgres/postgresql_flexible_server_resource.go"
_RESTORE = "restore a backup into a new server"
_SIZES = (32, 64, 128, 256, 512, 1024, 2048, 4095, 4096, 8192, 16_384, 32_767)
_MANY = 65_536
_RESERVED = ("azure_superuser", "azure_pg_admin", "admin", "administrator", "root", "guest", "public")
_WORD = matching(r"[A-Za-z_][A-Za-z0-9_-]{0,62}", "1 to 63 letters, digits, _ and - are allowed, a letter first")
_VERSION = matching(r"1[1-9]|[2-9]\d", 'it reads "16", in quotes')


def _storage_problem(value: Json) -> str | None:
    if value in _SIZES or not isinstance(value, int):
        return None
    near = min(_SIZES, key=lambda size: (size < value, abs(size - value)))
    return f"is {value} GiB, which there is not; the next is {near}"


def _username_problem(value: Json) -> str | None:
    name = str(value).lower()
    if name in _RESERVED or name.startswith("pg_"):
        return f"is {value!r}, which PostgreSQL on Azure keeps for itself"
    return _WORD(value)


def _addresses(text: str) -> tuple[IPv4Address, IPv4Address] | None:
    """The first and the last address of ``FIRST-LAST`` or of one alone, or None."""
    first, _, last = text.partition("-")
    try:
        return IPv4Address(first), IPv4Address(last or first)
    except ValueError:
        return None


def _addresses_problem(value: Json) -> str | None:
    for item in value if isinstance(value, list) else []:
        found = _addresses(item) if isinstance(item, str) else None
        if found is None and isinstance(item, str):
            return f"has {item!r} in it; it reads FIRST-LAST, or one address"
        if found is not None and found[1] < found[0]:
            return f"has {item!r} in it, which ends before it begins"
    return None


def _wide(value: Json) -> str | None:
    for item in value if isinstance(value, list) else []:
        found = _addresses(item) if isinstance(item, str) else None
        # The address 0.0.0.0 stands for whatever runs in Azure, whoever's it is.
        if found is not None and (int(found[0]) == 0 or int(found[1]) - int(found[0]) >= _MANY):
            return f"has {item} in it, which lets in far more than one network"
    return None


def _has_own_names(properties: Mapping[str, Value]) -> bool:
    return bool(properties.get("subnet"))


def _check(properties: Mapping[str, Value]) -> Iterable[Fault]:
    size = properties.get("size")
    if isinstance(size, str) and not size.startswith(("Standard_B", "Standard_D", "Standard_E")):
        yield Fault("size", f"is {size!r}; those for databases are of the families B, D and E", "take Standard_D2ds_v5")
    if properties.get("multi_zone") is True and isinstance(size, str) and size.startswith("Standard_B"):
        # https://learn.microsoft.com/azure/reliability/reliability-postgresql-flexible-server
        yield Fault("multi_zone", f"is on, and {size} can have no standby", "take a size of family D or E")
    inside, public = properties.get("subnet"), properties.get("public_access") is True
    if inside and public:
        yield Fault(
            "public_access", "is on, and a server in a subnet is in no other", 'write subnet: "" if that is meant'
        )
    if inside and not properties.get("network"):
        yield Fault("network", "is missing, and the names in a subnet are those of its network", "write its id")
    if properties.get("allowed_addresses") and not public:
        yield Fault("allowed_addresses", "is there, and nobody gets in from the internet", "set public_access: true")
    yield from key_faults(properties)


KIND: Final = cloud_kind(
    "azure.database",
    "A PostgreSQL server.",
    properties=(
        name_property(
            facts.SERVER_NAME,
            "The server's name; its host begins with it.",
            feeds=(
                "server.server_name",
                "database.server_name",
                "firewall.server_name",
                "zone.private_zone_name",
                "link.private_zone_name",
            ),
        ),
        region_property("server"),
        subscription_property("server"),
        group_property("server", "database", "firewall", "zone", "link"),
        text(
            "engine_version",
            "The version of PostgreSQL, in quotes.",
            "server.version",
            default="16",
            check=_VERSION,
            transitions=(Transition("refuse", goes_back, "cannot go back", _RESTORE, _SOURCE),),
        ),
        machine_property(
            "size", "The size of the machine; its family says the tier.", "server.sku", default="Standard_B2s"
        ),
        number(
            "storage",
            "The size of its disk, a step of those that there are: 32, 64, 128, …",
            "server.storage.storage_size_gb",
            unit="GiB",
            bounds=(32, 32_767),
            default=32,
            check=_storage_problem,
            transitions=(
                Transition("refuse", shrinks, "cannot shrink", "leave it, or move the data to a new server", _SOURCE),
            ),
        ),
        flag("auto_grow", "Let the disk grow by itself.", "server.storage.auto_grow", default=True),
        flag("multi_zone", "Keep a standby in another zone.", "server.high_availability", default=False),
        stack_output(
            "network",
            "database_subnet",
            "server.network.delegated_subnet_resource_id",
            "server.network.private_dns_zone_arm_resource_id",
            name="subnet",
            kind="network",
            description="The id of the subnet it is in, which only databases may be in.",
            transitions=(Transition("refuse", changes, "can only be chosen when it is made", _RESTORE, _SOURCE),),
        ),
        stack_output(
            "network",
            "network",
            "link.virtual_network",
            name="network",
            kind="network",
            description="The id of the network whose machines find it by its name.",
        ),
        flag(
            "public_access",
            "Let it be reached over the internet, from allowed_addresses.",
            "server.network.public_network_access",
            default=False,
            weaker="is on, so it can be reached from the internet",
        ),
        texts(
            "allowed_addresses",
            "Who may reach it over the internet: addresses, or FIRST-LAST.",
            "firewall.start_ip_address",
            "firewall.end_ip_address",
            check=_addresses_problem,
            weakens=_wide,
        ),
        number(
            "backup_days",
            "How long backups are kept.",
            "server.backup.backup_retention_days",
            unit="days",
            bounds=(7, 35),
            default=7,
        ),
        flag(
            "geo_redundant_backup",
            "Keep backups in another region too.",
            "server.backup.geo_redundant_backup",
            default=False,
            transitions=(fixed(_RESTORE, _SOURCE),),
        ),
        text(
            "database",
            "The database that is made on it.",
            "database.database_name",
            default="flowyml",
            check=_WORD,
            transitions=(LOCKED,),
        ),
        text(
            "username",
            "The administrator; the password is made up and kept as a secret.",
            "server.administrator_login",
            default="flowyml",
            check=_username_problem,
        ),
        *key_properties(
            "server",
            "data_encryption",
            transitions=(
                Transition("refuse", is_switched, "can only be chosen, or not, when it is made", _RESTORE, _SOURCE),
            ),
        ),
        lock_property(),
        tags_property("azure", feeds=("server.tags", "zone.tags", "link.tags")),
    ),
    outputs=(
        Output(
            "uri",
            "string",
            "The URL as SQLAlchemy takes it, with the password.",
            sensitive=True,
            follows=("database",),
        ),
        Output("host", "string", "Its host."),
        Output("port", "integer", "The port."),
        Output("name", "string", "The server's name.", echoes="name"),
        Output("id", "string", "The server's id."),
    ),
    children=(
        ChildType("server", facts.SERVER, primary=True, stateful=True, given=("administrator_login_password",)),
        ChildType("database", facts.DATABASE, stateful=True),
        ChildType(
            "firewall", facts.FIREWALL_RULE, made_if=lambda properties: bool(properties.get("allowed_addresses"))
        ),
        ChildType("zone", network.ZONE, given=("location",), made_if=_has_own_names),
        ChildType("link", network.ZONE_LINK, given=("location",), made_if=_has_own_names),
        lock_child(),
    ),
    stateful=True,
    identity=("name",),
    check=_check,
)
