"""Arguments of the form NAME=VALUE."""


def parse_pairs(texts: list[str], option: str, value: str) -> dict[str, str]:
    """Splits NAME=VALUE arguments.

    Raises:
        ValueError: one is not of that form, or a name stands twice.
    """
    pairs: dict[str, str] = {}
    for text in texts:
        name, sign, given = text.partition("=")
        if not name or not sign or not given:
            raise ValueError(f"{option}: got {text!r}, expected NAME={value}")
        if name in pairs:
            raise ValueError(f"{option}: got {name} twice, expected each name once")
        pairs[name] = given
    return pairs
