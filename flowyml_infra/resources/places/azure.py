"""Owns the regions of Azure that this version knows; see https://learn.microsoft.com/azure/reliability/regions-list."""

from __future__ import annotations

_REGIONS = """
australiacentral australiacentral2 australiaeast australiasoutheast austriaeast belgiumcentral brazilsouth
brazilsoutheast canadacentral canadaeast centralindia centralus chilecentral chinaeast chinaeast2 chinaeast3 chinanorth
chinanorth2 chinanorth3 eastasia eastus eastus2 francecentral francesouth germanynorth germanywestcentral
indonesiacentral israelcentral italynorth japaneast japanwest jioindiacentral jioindiawest koreacentral koreasouth
malaysiawest mexicocentral newzealandnorth northcentralus northeurope norwayeast norwaywest polandcentral qatarcentral
southafricanorth southafricawest southcentralus southeastasia southindia spaincentral swedencentral swedensouth
switzerlandnorth switzerlandwest uaecentral uaenorth uksouth ukwest usdodcentral usdodeast usgovarizona usgovtexas
usgovvirginia westcentralus westeurope westindia westus westus2 westus3
"""
REGIONS = frozenset(_REGIONS.split())
"""The regions in the spelling of the API, those of China and of the government of the USA among them."""


def region_name(text: str) -> str:
    """A region in the spelling of the API: ``West Europe`` is ``westeurope``."""
    return text.replace(" ", "").lower()
