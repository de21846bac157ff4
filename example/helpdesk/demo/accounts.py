"""Who works at the demo's helpdesk."""

from dataclasses import dataclass

from django.contrib.auth.hashers import PBKDF2PasswordHasher, get_hasher

TEAMS = ("Network", "Billing", "Hardware")


@dataclass(frozen=True)
class Account:
    """A demo user; the password is the username."""

    username: str
    teams: tuple[str, ...] = ()
    is_admin: bool = False

    @property
    def email(self) -> str:
        return f"{self.username}@helpdesk.example"


ACCOUNTS = (
    Account("admin", is_admin=True),
    Account("alice", ("Network",)),
    Account("bob", ("Billing",)),
    Account("carol", ("Network", "Billing")),
    Account("dave", ("Hardware",)),
)


def quick_hash(password: str) -> str:
    """A hash that Django accepts, made in a millisecond: with a full one for each user the load would take seconds.

    Django replaces it by a full one at the first login.
    """
    hasher = get_hasher()
    if isinstance(hasher, PBKDF2PasswordHasher):
        return hasher.encode(password, hasher.salt(), iterations=1_000)
    return hasher.encode(password, hasher.salt())
