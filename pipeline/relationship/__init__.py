"""One dyad over several meetings: what is disclosed, how rapport is built, which phase that suggests.

The product suggests and a researcher decides: only the decision is stored.
"""
