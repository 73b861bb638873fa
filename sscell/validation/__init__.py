"""Can a measured spectrum be trusted: the linear Kramers-Kronig test and Z-HIT."""

from sscell.validation.kramers_kronig import kramers_kronig
from sscell.validation.result import KramersKronigResult
from sscell.validation.z_hit import ZHitResult, z_hit

__all__ = ["KramersKronigResult", "ZHitResult", "kramers_kronig", "z_hit"]
