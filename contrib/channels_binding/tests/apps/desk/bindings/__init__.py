"""A package: each module in it is looked into."""
