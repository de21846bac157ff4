"""Word lists, and the tickets and comments that are made from them.

A text takes its `{slots}` from `WORDS`; each team has its own kinds of tickets.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

WORDS: dict[str, tuple[str, ...]] = {
    "app": ("the intranet", "the ticket shop", "the payroll portal", "the wiki", "the CRM", "the time sheet"),
    "colleague": ("Ms Okafor", "Mr Lindqvist", "Ms Tanaka", "Mr Duarte", "Ms Novak", "Mr Haddad", "Ms Ferrari"),
    "customer": ("Brightwater Ltd", "Hansen & Sons", "Clinic am Park", "Casa Verde", "Nordlicht AG", "Quill Press"),
    "day": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday"),
    "device": ("docking station", "printer", "monitor", "label printer", "projector", "barcode scanner"),
    "minutes": ("5", "10", "15", "20", "30", "45"),
    "number": ("2041", "2117", "2256", "2308", "2419", "2533", "2687", "2790"),
    "place": ("in the Lisbon office", "on floor 2", "on floor 3", "in the warehouse", "at the front desk"),
    "portable": ("laptop", "tablet", "phone"),
    "system": ("Windows 11", "macOS 15", "Ubuntu 24.04", "Android 15", "iOS 18"),
}

# Not from `strftime`, which follows the machine's language.
MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)

LABELS = {
    "outage": "#b91c1c",
    "security": "#9333ea",
    "refund": "#0f766e",
    "invoice": "#1d4ed8",
    "replacement": "#b45309",
    "onboarding": "#15803d",
    "question": "#475569",
    "vendor": "#be185d",
}


@dataclass(frozen=True)
class Kind:
    """One kind of ticket: its title, what the person who asked wrote, and the labels that fit."""

    title: str
    body: str
    labels: tuple[str, ...]


KINDS: dict[str, tuple[Kind, ...]] = {
    "Network": (
        Kind(
            "VPN drops every {minutes} minutes {place}",
            "Since {day} the VPN connection drops every {minutes} minutes. {colleague} sees the same on {system}.",
            ("outage", "vendor"),
        ),
        Kind(
            "No Wi-Fi {place}",
            "Nobody {place} gets on the Wi-Fi. It shows full signal, then says that it cannot get an address.",
            ("outage",),
        ),
        Kind(
            "{app} is slow {place}",
            "Opening {app} takes about {minutes} seconds {place}. From home it is instant.",
            ("question", "vendor"),
        ),
        Kind(
            "Firewall rule for {customer}",
            "{customer} moves to a new address on {day} and needs to reach {app}. The old rule can go afterwards.",
            ("security", "vendor"),
        ),
        Kind(
            "Certificate of {app} runs out in {minutes} days",
            "The browser will warn everyone from {day} on. {colleague} renewed it last time.",
            ("security",),
        ),
        Kind(
            "Network port for a new desk {place}",
            "{colleague} starts on {day} and sits {place}. The port {number} at the desk has no link.",
            ("onboarding",),
        ),
    ),
    "Billing": (
        Kind(
            "Invoice {number} has the wrong address",
            "{customer} asks for invoice {number} with its new address before the end of {month}.",
            ("invoice",),
        ),
        Kind(
            "{customer} was charged twice in {month}",
            "The bank shows two payments for invoice {number}. {customer} would like the second one back.",
            ("refund", "invoice"),
        ),
        Kind(
            "Refund for order {number}",
            "{customer} returned everything on {day}; the warehouse has confirmed it. No refund so far.",
            ("refund",),
        ),
        Kind(
            "Reminder sent to {customer} by mistake",
            "{customer} paid invoice {number} in {month} and still got a reminder on {day}.",
            ("invoice", "question"),
        ),
        Kind(
            "VAT number of {customer} is refused",
            "The form says that the number is not valid, but the tax office confirms it. {colleague} has the letter.",
            ("question", "vendor"),
        ),
        Kind(
            "Monthly statement of {month} is missing",
            "{customer} got no statement for {month}. The portal shows an empty page instead.",
            ("invoice",),
        ),
    ),
    "Hardware": (
        Kind(
            "The {device} {place} does not turn on",
            "It worked on {day}. Another cable and another socket make no difference.",
            ("replacement",),
        ),
        Kind(
            "New {portable} for {colleague}",
            "{colleague} starts on {day} {place} and works with {system}.",
            ("onboarding",),
        ),
        Kind(
            "The {device} makes a loud noise",
            "It starts about {minutes} minutes after switching on. Everyone {place} can hear it.",
            ("replacement", "vendor"),
        ),
        Kind(
            "Lost {portable} of {colleague}",
            "{colleague} left it on the train on {day}. The storage is encrypted. Number on the sticker: {number}.",
            ("security", "replacement"),
        ),
        Kind(
            "The {device} is not found after the {system} update",
            "Since the update on {day} the {device} no longer appears. Number on the sticker: {number}.",
            ("question", "vendor"),
        ),
        Kind(
            "Battery of a laptop lasts {minutes} minutes",
            "{colleague} can no longer work without the charger. Number on the sticker: {number}.",
            ("replacement",),
        ),
    ),
}

ENDINGS = (
    "Please call before you come by.",
    "It is not urgent, but it is annoying.",
    "We have a visitor on {day} and need it by then.",
    "Please answer by e-mail.",
    "The same happened last year.",
    "Thank you!",
)

REPLIES = (
    "Thank you for the report. I am looking into it.",
    "I could reproduce it {place}. More tomorrow.",
    "{colleague} confirms that it works again.",
    "Could you tell us since when, and whether it happens on {system} as well?",
    "We are waiting for an answer from {customer}.",
    "I have ordered a spare part; it should be here on {day}.",
    "I tried again after {minutes} minutes: same result.",
    "Done. Please tell us if it comes back.",
    "I talked to {colleague} on the phone; we will meet on {day}.",
    "The log shows an error at {minutes} past the hour, every hour.",
)

INTERNAL_NOTES = (
    "Third case {place} this month: let us look for the common cause.",
    "{customer} has a service contract; answer before {day}.",
    "The supplier takes it back only until {day}. Order number {number}.",
    "Do not promise a date yet: {colleague} is on leave until {day}.",
    "Cost goes to cost centre {number}.",
)


def draw(rng: Random, day: date) -> dict[str, str]:
    """A word for each slot. ``{month}`` is the month before ``day``."""
    words = {slot: rng.choice(choices) for slot, choices in WORDS.items()}
    return words | {"month": MONTHS[(day.replace(day=1) - timedelta(days=1)).month - 1]}


def fill(text: str, words: dict[str, str]) -> str:
    """The text with every slot filled and a capital letter first."""
    filled = text.format(**words)
    return filled[:1].upper() + filled[1:]
